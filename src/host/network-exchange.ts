/** Requests of protocols over HTTP: any method, any answer. Repeated only where that is safe. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import type { NetworkLimits, Wanted } from './network.ts';
import { retryAfter } from './network-answer.ts';
import { explainNetworkProblem, NetworkFailure } from './network-problem.ts';

export interface Exchange extends Wanted {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes, or what opens a stream of them: once for every try. */
  readonly body?: Uint8Array | (() => AsyncIterable<Uint8Array>);
  /** Bytes of a streamed body. */
  readonly bodyBytes?: number;
  /** Whether sending it twice does no harm (reliability R6.2). */
  readonly mayRepeat: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Where it came from, redirects followed. */
  readonly url: string;
}

const REDIRECTS = 5;
const LONGEST_DELAY = 20_000;

interface Client {
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
  readonly limits: NetworkLimits;
  readonly retriedStatus: ReadonlySet<number>;
}

/** Sends a request and reads its answer; tries again what may be repeated. Throws NetworkFailure. */
export async function exchangeWith(client: Client, asked: Exchange): Promise<Answer> {
  const { limits, signal } = client;
  for (let attempt = 1; ; attempt++) {
    let wait = 0;
    try {
      const answer = await once(client, asked);
      const isLast = attempt >= limits.tries || !asked.mayRepeat;
      if (isLast || !client.retriedStatus.has(answer.status)) return answer;
      wait = retryAfter(answer.headers['retry-after']) ?? 0;
    } catch (problem) {
      if (signal.aborted) throw problem;
      const failure = explainNetworkProblem(problem, asked, attempt);
      if (!(failure instanceof NetworkFailure) || !failure.mayRetry || !asked.mayRepeat) throw failure;
      if (attempt >= limits.tries) throw failure;
    }
    const backoff = Math.min(LONGEST_DELAY, limits.firstDelay * 2 ** (attempt - 1)) * Math.random();
    await sleep(Math.max(backoff, wait), undefined, { signal });
  }
}

/** Follows redirects of reads: at most five, never from https to http; authorization to nobody else. */
async function once(client: Client, asked: Exchange): Promise<Answer> {
  const start = new URL(asked.url);
  let url = start;
  for (let hops = 0; ; hops++) {
    const answer = await send(client, asked, url, url.origin === start.origin);
    const location = answer.headers['location'];
    const isRead = asked.method === 'GET' || asked.method === 'HEAD';
    if (!isRead || answer.status < 300 || answer.status > 399 || location === undefined) return answer;
    const next = new URL(location, url);
    const isDowngrade =
      next.protocol !== 'https:' && (url.protocol === 'https:' || next.protocol !== 'http:');
    if (hops >= REDIRECTS || isDowngrade) {
      const cause = isDowngrade
        ? `it redirects from ${url.protocol}// to ${next.protocol}//, which is not followed`
        : `more than ${REDIRECTS} redirects`;
      throw new NetworkFailure(asked, { cause, mayRetry: false });
    }
    url = next;
  }
}

async function send(client: Client, asked: Exchange, url: URL, isOwnHost: boolean): Promise<Answer> {
  const { authorization, ...others } = asked.headers ?? {};
  const body = typeof asked.body === 'function' ? asked.body() : asked.body;
  const response = await request(url, {
    ...{ method: asked.method, dispatcher: client.dispatcher, signal: client.signal },
    ...{ headersTimeout: client.limits.firstByte, bodyTimeout: client.limits.idle },
    headers: {
      ...{ 'user-agent': 'kubewright', 'accept-encoding': 'identity', ...others },
      ...(authorization && isOwnHost ? { authorization } : {}),
      ...(asked.bodyBytes === undefined ? {} : { 'content-length': String(asked.bodyBytes) }),
    },
    ...(body === undefined ? {} : { body: body as Uint8Array }),
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > asked.limitBytes) {
      response.body.on('error', () => {}).destroy();
      const cause = `the answer holds more than the ${asked.limitBytes} bytes that are allowed`;
      throw new NetworkFailure(asked, { cause, mayRetry: false });
    }
    chunks.push(chunk);
  }
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  return { status: response.statusCode, headers, body: Buffer.concat(chunks), url: url.href };
}
