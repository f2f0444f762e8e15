/** Requests of the Docker Engine API: the version that both sides know, JSON, and errors as letters. */
import type { EngineAnswer, EngineConnection, EngineStream } from '../host/engine-connection.ts';
import { explainConnection, refusal } from './problems.ts';

export interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Below the version: `/containers/json`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is: an archive. */
  readonly bytes?: AsyncIterable<Uint8Array> | Uint8Array;
  /** Completes `the engine could not …`. */
  readonly what: string;
  /** Answers that are no error besides 2xx. */
  readonly accept?: readonly number[];
  readonly firstByteMilliseconds?: number;
  readonly signal?: AbortSignal | undefined;
}

/** The newest version of the API that this client was tried with; an older engine is spoken to in its own. */
const NEWEST = [1, 51] as const;
const LIMIT_JSON = 64 << 20;
const LIMIT_ERROR = 64 << 10;

export class EngineApi {
  readonly connection: EngineConnection;
  readonly #signal: AbortSignal | undefined;
  #prefix: Promise<string> | undefined;

  constructor(connection: EngineConnection, signal?: AbortSignal) {
    [this.connection, this.#signal] = [connection, signal];
  }

  /** The answer of a call that was not refused. */
  async call(asked: Call): Promise<EngineAnswer> {
    const answer = await this.#translated(async () =>
      this.connection.request(this.#request(asked, await this.#version())),
    );
    if (isGood(answer.status) || asked.accept?.includes(answer.status)) return answer;
    throw refusal(this.connection.address, asked.what, answer.status, await this.#words(answer));
  }

  /** The JSON of an answer; undefined for an accepted error, and for an answer without a body. */
  async json<T>(asked: Call): Promise<T | undefined> {
    const answer = await this.call(asked);
    const text = await this.text(answer, LIMIT_JSON);
    return isGood(answer.status) && text.trim() !== '' ? (JSON.parse(text) as T) : undefined;
  }

  /** Each line of JSON of a long answer, as it comes. */
  async *lines<T>(asked: Call): AsyncGenerator<T> {
    const answer = await this.call(asked);
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of this.body(answer)) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim()) yield JSON.parse(line) as T;
    }
    if (rest.trim()) yield JSON.parse(rest) as T;
  }

  /** A raw stream in both directions. */
  async stream(asked: Call): Promise<EngineStream> {
    const answer = await this.#translated(async () =>
      this.connection.upgrade(this.#request(asked, await this.#version())),
    );
    if (!('status' in answer)) return answer;
    throw refusal(this.connection.address, asked.what, answer.status, await this.#words(answer));
  }

  /** The bytes of an answer; a connection that breaks on the way is a letter too. */
  async *body(answer: EngineAnswer): AsyncGenerator<Uint8Array> {
    try {
      yield* answer.body;
    } catch (problem) {
      throw explainConnection(problem, this.connection);
    }
  }

  /** An answer as text, cut at a limit. */
  async text(answer: EngineAnswer, limit: number): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.body(answer)) {
      if (size < limit) chunks.push(chunk);
      size += chunk.length;
      if (size > LIMIT_JSON) break;
    }
    return Buffer.concat(chunks).toString('utf8').slice(0, limit);
  }

  /** `/v1.41`, asked for once; an engine that names no version is asked without one. */
  #version(): Promise<string> {
    this.#prefix ??= this.#ask();
    return this.#prefix;
  }

  async #ask(): Promise<string> {
    const signal = this.#signal ? { signal: this.#signal } : {};
    const answer = await this.connection.request({
      ...{ method: 'GET', path: '/_ping', firstByteMilliseconds: 30_000, ...signal },
    });
    const words = await this.text(answer, LIMIT_ERROR);
    if (!isGood(answer.status))
      throw refusal(this.connection.address, 'say that it is there', answer.status, wordsOf(words));
    const said = /^(\d+)\.(\d+)$/.exec(String(answer.headers['api-version'] ?? ''));
    if (!said) return '';
    const theirs = [Number(said[1]), Number(said[2])] as const;
    const isNewer = theirs[0] > NEWEST[0] || (theirs[0] === NEWEST[0] && theirs[1] > NEWEST[1]);
    return `/v${(isNewer ? NEWEST : theirs).join('.')}`;
  }

  #request(asked: Call, prefix: string) {
    const signal = asked.signal ?? this.#signal;
    const body = asked.json === undefined ? asked.bytes : JSON.stringify(asked.json);
    const type = asked.json === undefined ? 'application/x-tar' : 'application/json';
    const length = typeof body === 'string' ? { 'content-length': String(Buffer.byteLength(body)) } : {};
    return {
      method: asked.method,
      path: `${prefix}${asked.path}${queryText(asked.query ?? {})}`,
      headers: body === undefined ? {} : { 'content-type': type, ...length },
      ...(body === undefined ? {} : { body }),
      ...(asked.firstByteMilliseconds === undefined
        ? {}
        : { firstByteMilliseconds: asked.firstByteMilliseconds }),
      ...(signal ? { signal } : {}),
    };
  }

  async #words(answer: EngineAnswer): Promise<string> {
    return wordsOf(await this.text(answer, LIMIT_ERROR));
  }

  async #translated<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (problem) {
      this.#signal?.throwIfAborted();
      throw explainConnection(problem, this.connection);
    }
  }
}

function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}

function wordsOf(text: string): string {
  try {
    const { message, cause } = JSON.parse(text) as { message?: unknown; cause?: unknown };
    return typeof message === 'string' ? message : String(cause ?? text);
  } catch {
    return text.trim();
  }
}

function queryText(query: NonNullable<Call['query']>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : (Array.isArray(value) ? value : [value]).map((one) => [name, String(one)]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs as [string, string][]).toString()}`;
}

/** Filters as the API wants them: JSON of lists by name. */
export function filters(named: Readonly<Record<string, readonly string[]>>): string {
  return JSON.stringify(named);
}
