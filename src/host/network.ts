/**
 * The one network client: downloads with limits, retries, resume and redirects, through the proxies and
 * certificate authorities that the environment names. Import it dynamically: a build that needs no network
 * must not pay for it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates } from 'node:tls';
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { error, Failure } from '../diagnostic/diagnostic.ts';
import type { Host } from './host.ts';
import {
  bare,
  basicAuthorization,
  drop,
  firstBytes,
  looksLikeText,
  resumesAt,
  retryAfter,
  validatorOf,
} from './network-answer.ts';
import { type Answer, type Exchange, exchangeWith } from './network-exchange.ts';
import { explainNetworkProblem, NetworkFailure, withoutPassword } from './network-problem.ts';
import { FileSink, MemorySink, readLocal, type Sink } from './network-sink.ts';

/** One thing to fetch, and for whom: both are named when it fails. */
export interface Wanted {
  /** http, https or file; user and password in it are sent as basic authentication. */
  readonly url: string;
  /** What it is, for messages: `the list of Go versions`. */
  readonly what: string;
  /** The settings that name another address: `GOPROXY, or toolchain.proxy in kubewright.yaml`. */
  readonly setting: string;
  /** More bytes than this are refused. */
  readonly limitBytes: number;
  /** Sent to the host of `url` and to nobody a redirect names. */
  readonly authorization?: string;
  /** More headers that prove who we are; sent to that host alone as well. */
  readonly signedHeaders?: Readonly<Record<string, string>>;
  /** What failed when it fails; default `fetched from`. */
  readonly verb?: 'fetched from' | 'sent to';
}

/** Limits of the client, milliseconds. */
export interface NetworkLimits {
  readonly connect: number;
  readonly firstByte: number;
  readonly idle: number;
  readonly tries: number;
  readonly firstDelay: number;
}

const LIMITS: NetworkLimits = { connect: 10_000, firstByte: 60_000, idle: 60_000, tries: 6, firstDelay: 250 };
const LONGEST_DELAY = 20_000;
const REDIRECTS = 5;
const RETRIED_STATUS = new Set([408, 429, 499, 500, 502, 503, 504, 522]);

export class Network {
  readonly #dispatcher: Dispatcher;
  readonly #offline: boolean;
  readonly #signal: AbortSignal;
  readonly #limits: NetworkLimits;

  constructor(
    dispatcher: Dispatcher,
    options: { offline: boolean; signal: AbortSignal; limits: NetworkLimits },
  ) {
    this.#dispatcher = dispatcher;
    this.#offline = options.offline;
    this.#signal = options.signal;
    this.#limits = options.limits;
  }

  /** A whole answer as text. Throws NetworkFailure. */
  async getText(wanted: Wanted): Promise<string> {
    return (await this.getBytes(wanted)).toString('utf8');
  }

  /** A whole answer, held in memory. Throws NetworkFailure. */
  async getBytes(wanted: Wanted): Promise<Buffer> {
    const sink = new MemorySink();
    await this.#get(wanted, sink);
    return sink.bytes();
  }

  /**
   * Downloads to a new file, resuming where the connection broke. The caller checks the bytes and gives them
   * their name; on failure the file is the caller's to remove. `onProgress` gets bytes so far and in all.
   */
  async download(
    wanted: Wanted,
    path: string,
    onProgress?: (bytes: number, total: number | undefined) => void,
  ): Promise<void> {
    const file = new FileSink(path);
    try {
      await this.#get(wanted, file, onProgress);
      await file.end();
    } finally {
      await file.close();
    }
  }

  /** One request of a protocol over HTTP: every answer comes back, whatever its status. Throws NetworkFailure. */
  async exchange(asked: Exchange): Promise<Answer> {
    parseUrl(asked);
    if (this.#offline) throw offline(asked);
    return exchangeWith(
      {
        ...{ dispatcher: this.#dispatcher, signal: this.#signal, limits: this.#limits },
        retriedStatus: RETRIED_STATUS,
      },
      asked,
    );
  }

  /** Closes idle connections. */
  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #get(
    wanted: Wanted,
    sink: Sink,
    onProgress?: (bytes: number, total?: number) => void,
  ): Promise<void> {
    const url = parseUrl(wanted);
    if (url.protocol === 'file:') return readLocal(url, wanted, sink);
    if (this.#offline) throw offline(wanted);
    let validator: string | undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        const resume = validator && sink.received() > 0 ? { from: sink.received(), validator } : undefined;
        const answer = await this.#follow(url, wanted, resume);
        if (answer.statusCode === 206 && resume && !resumesAt(answer, resume.from)) {
          drop(answer);
          validator = undefined;
          throw new NetworkFailure(wanted, {
            cause: 'it resumed at another byte than asked',
            mayRetry: true,
          });
        }
        if (answer.statusCode !== 206 && sink.received() > 0) await sink.restart();
        validator = validatorOf(answer);
        await this.#receive(answer, wanted, sink, onProgress);
        return;
      } catch (problem) {
        if (this.#signal.aborted) throw problem;
        const failure = explainNetworkProblem(problem, wanted, attempt);
        if (!(failure instanceof NetworkFailure) || !failure.mayRetry || attempt >= this.#limits.tries)
          throw failure;
        const backoff = Math.min(LONGEST_DELAY, this.#limits.firstDelay * 2 ** (attempt - 1)) * Math.random();
        await sleep(Math.max(backoff, failure.retryAfter ?? 0), undefined, { signal: this.#signal });
      }
    }
  }

  /** Sends the request and follows redirects: at most five, never from https to http, credentials to nobody else. */
  async #follow(
    start: URL,
    wanted: Wanted,
    resume: { from: number; validator: string } | undefined,
  ): Promise<Dispatcher.ResponseData> {
    const authorization = wanted.authorization ?? basicAuthorization(start);
    let url = bare(start);
    for (let hops = 0; ; hops++) {
      const answer = await request(url, {
        dispatcher: this.#dispatcher,
        signal: this.#signal,
        headersTimeout: this.#limits.firstByte,
        bodyTimeout: this.#limits.idle,
        headers: {
          'user-agent': 'kubewright',
          'accept-encoding': 'identity',
          ...(authorization && url.origin === start.origin ? { authorization } : {}),
          ...(url.origin === start.origin ? wanted.signedHeaders : {}),
          ...(resume ? { range: `bytes=${resume.from}-`, 'if-range': resume.validator } : {}),
        },
      });
      const { statusCode, headers } = answer;
      if (statusCode === 200 || (statusCode === 206 && resume)) return answer;
      const location = statusCode >= 300 && statusCode < 400 ? headers['location'] : undefined;
      const head = await firstBytes(answer);
      if (typeof location !== 'string') {
        throw new NetworkFailure(wanted, {
          status: statusCode,
          cause: `the server answered ${statusCode}${looksLikeText(head)}`,
          mayRetry: RETRIED_STATUS.has(statusCode),
          retryAfter: retryAfter(headers['retry-after']),
        });
      }
      const next = new URL(location, url);
      if (hops >= REDIRECTS) {
        throw new NetworkFailure(wanted, { cause: `more than ${REDIRECTS} redirects`, mayRetry: false });
      }
      if (next.protocol !== 'https:' && (url.protocol === 'https:' || next.protocol !== 'http:')) {
        const cause = `it redirects from ${url.protocol}// to ${next.protocol}//, which is not followed`;
        throw new NetworkFailure(wanted, { cause, mayRetry: false });
      }
      url = bare(next);
    }
  }

  async #receive(
    answer: Dispatcher.ResponseData,
    wanted: Wanted,
    sink: Sink,
    onProgress?: (bytes: number, total?: number) => void,
  ): Promise<void> {
    const length = Number(answer.headers['content-length'] ?? Number.NaN);
    const total = Number.isFinite(length) ? sink.received() + length : undefined;
    const tooLarge = (bytes: number) =>
      new NetworkFailure(wanted, {
        cause: `it holds ${bytes} bytes or more, and ${wanted.limitBytes} are allowed`,
        mayRetry: false,
      });
    if (total !== undefined && total > wanted.limitBytes) {
      drop(answer);
      throw tooLarge(total);
    }
    for await (const chunk of answer.body) {
      if (sink.received() + chunk.length > wanted.limitBytes) throw tooLarge(sink.received() + chunk.length);
      await sink.write(chunk);
      onProgress?.(sink.received(), total);
    }
    if (total !== undefined && sink.received() < total) {
      const cause = `the answer ended after ${sink.received()} of ${total} bytes`;
      throw new NetworkFailure(wanted, { cause, mayRetry: true });
    }
  }
}

/** Opens the client with the proxies and certificate authorities of the environment. */
export function openNetwork(
  host: Host,
  options: { offline: boolean; signal: AbortSignal; limits?: Partial<NetworkLimits> },
): Network {
  const limits = { ...LIMITS, ...options.limits };
  const environment = host.environment;
  const either = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const all = either('ALL_PROXY');
  const dispatcher = new EnvHttpProxyAgent({
    httpProxy: either('HTTP_PROXY') ?? all ?? '',
    httpsProxy: either('HTTPS_PROXY') ?? all ?? '',
    noProxy: either('NO_PROXY') ?? '',
    connect: { timeout: limits.connect, ...authorities(host) },
    requestTls: { timeout: limits.connect, ...authorities(host) },
    keepAliveTimeout: 4_000,
  });
  return new Network(dispatcher, { offline: options.offline, signal: options.signal, limits });
}

/** Node reads NODE_EXTRA_CA_CERTS itself; SSL_CERT_FILE, which Go and curl honour, is added here. */
function authorities(host: Host): { ca?: string[] } {
  const path = host.environment['SSL_CERT_FILE'];
  if (!path || !host.files.isFile(path)) return {};
  return { ca: [...getCACertificates('default'), host.files.readText(path)] };
}

function parseUrl(wanted: Wanted): URL {
  if (URL.canParse(wanted.url)) {
    const url = new URL(wanted.url);
    if (['http:', 'https:', 'file:'].includes(url.protocol)) return url;
  }
  const cause = 'it is no http, https or file address';
  throw new NetworkFailure(wanted, { cause, mayRetry: false });
}

function offline(wanted: Wanted): Failure {
  return new Failure(
    error('network/offline', {
      what: `${wanted.what} is not on this machine, and --offline forbids to ask ${withoutPassword(wanted.url)}`,
      why: 'the work cannot go on without it',
      help: `run the same command once without --offline, or name a file:// mirror: ${wanted.setting}`,
    }),
  );
}
