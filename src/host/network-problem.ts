/** What can go wrong on the network, as letters to the reader: address, cause, and the setting that helps. */
import { error, Failure } from '../diagnostic/diagnostic.ts';
import { asFailure } from './file-problem.ts';
import type { Wanted } from './network.ts';

/** A request that failed. `status` is the answer of an HTTP server; a missing local file counts as 404. */
export class NetworkFailure extends Failure {
  readonly status: number | undefined;
  readonly mayRetry: boolean;
  /** Milliseconds that the server asked us to wait. */
  readonly retryAfter: number | undefined;

  constructor(
    wanted: Pick<Wanted, 'url' | 'what' | 'setting' | 'verb'>,
    problem: {
      cause: string;
      mayRetry: boolean;
      status?: number;
      retryAfter?: number | undefined;
      help?: string;
    },
  ) {
    super(
      error('network/failed', {
        what: `${wanted.what} could not be ${wanted.verb ?? 'fetched from'} ${withoutPassword(wanted.url)}`,
        why: problem.cause,
        help: problem.help ?? `check that address from this machine, or name another one: ${wanted.setting}`,
      }),
    );
    this.name = 'NetworkFailure';
    this.status = problem.status;
    this.mayRetry = problem.mayRetry;
    this.retryAfter = problem.retryAfter;
  }
}

/** Whether a failure says that the thing does not exist there (or may not be had), rather than that asking failed. */
export function isAbsent(problem: unknown): boolean {
  return problem instanceof NetworkFailure && [401, 403, 404, 410].includes(problem.status ?? 0);
}

/** Turns what the HTTP client threw into a NetworkFailure; exceptions of other kinds pass unchanged. */
export function explainNetworkProblem(problem: unknown, wanted: Wanted, attempt: number): unknown {
  if (problem instanceof Failure) return problem;
  const { code = '', message = '' } = rootCause(problem);
  const tried = attempt > 1 ? ` (tried ${attempt} times)` : '';
  const host = new URL(wanted.url).host;
  const known = explain(code, message, host);
  if (!known) return asFailure(problem, wanted.url);
  return new NetworkFailure(wanted, { ...known, cause: `${known.cause}${tried}` });
}

function explain(
  code: string,
  message: string,
  host: string,
): { cause: string; mayRetry: boolean; help?: string } | undefined {
  if (/^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY))/.test(code)) {
    return {
      cause: `the certificate of ${host} is not trusted: ${code}`,
      mayRetry: false,
      help: 'when a proxy of your company signs connections, give its certificate: SSL_CERT_FILE or NODE_EXTRA_CA_CERTS names a PEM file',
    };
  }
  if (/proxy response \(407\)|\b407\b/i.test(message)) {
    return {
      cause: 'the HTTP proxy wants a name and password (407)',
      mayRetry: false,
      help: 'put them into the address: HTTPS_PROXY=http://NAME:PASSWORD@PROXY:PORT',
    };
  }
  switch (code) {
    case 'ENOTFOUND':
      return { cause: `the name ${host} does not resolve`, mayRetry: false };
    case 'EAI_AGAIN':
      return { cause: `the name server did not answer for ${host}`, mayRetry: true };
    case 'ECONNREFUSED':
      return { cause: `${host} refuses connections`, mayRetry: true };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return { cause: `the connection to ${host} broke: ${message}`, mayRetry: true };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { cause: `there is no route to ${host}`, mayRetry: true };
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return { cause: `${host} did not accept a connection in time`, mayRetry: true };
    case 'UND_ERR_HEADERS_TIMEOUT':
      return { cause: `${host} accepted the request and did not answer in time`, mayRetry: true };
    case 'UND_ERR_BODY_TIMEOUT':
      return { cause: `${host} stopped sending in the middle`, mayRetry: true };
    default:
      return /^(UND_ERR|HPE_|ERR_SSL|ERR_TLS|EPROTO)/.test(code)
        ? { cause: `${message || code}`, mayRetry: false }
        : undefined;
  }
}

function rootCause(problem: unknown): { code?: string; message?: string } {
  let current = problem as { code?: unknown; message?: unknown; cause?: unknown; errors?: unknown[] };
  for (let depth = 0; depth < 5; depth++) {
    const inner = (current?.errors?.[0] ?? current?.cause) as typeof current | undefined;
    if (!inner) break;
    current = inner;
  }
  const { code, message } = current ?? {};
  return {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof message === 'string' ? { message } : {}),
  };
}

/** An address as it may be shown: the password in it becomes `***`. */
export function withoutPassword(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^/@:]*):[^/@]*@/i, '$1:***@');
}
