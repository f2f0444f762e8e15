/** Where the bytes of an answer go: memory or a file; and the reading of file:// addresses into it. */
import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { asFailure } from './file-problem.ts';
import type { Wanted } from './network.ts';
import { NetworkFailure } from './network-problem.ts';

/** Receives the bytes of one answer; `restart` drops what came before, when a server cannot resume. */
export interface Sink {
  readonly received: () => number;
  restart(): Promise<void>;
  write(chunk: Uint8Array): Promise<void>;
}

/** Copies a local file as if a server had sent it; a missing one counts as 404. */
export async function readLocal(url: URL, wanted: Wanted, sink: Sink): Promise<void> {
  try {
    for await (const chunk of createReadStream(fileURLToPath(url))) {
      if (sink.received() + chunk.length > wanted.limitBytes) {
        const cause = `it holds more than the ${wanted.limitBytes} bytes that are allowed`;
        throw new NetworkFailure(wanted, { cause, mayRetry: false });
      }
      await sink.write(chunk);
    }
  } catch (problem) {
    const code = (problem as NodeJS.ErrnoException).code;
    if (code === undefined) throw problem;
    const cause =
      code === 'ENOENT' || code === 'ENOTDIR' ? 'there is no such file' : `it cannot be read: ${code}`;
    throw new NetworkFailure(wanted, {
      ...(code === 'ENOENT' ? { status: 404 } : {}),
      cause,
      mayRetry: false,
    });
  }
}

/** A file that is written as the bytes come; it exists even when none came. */
export class FileSink implements Sink {
  readonly #path: string;
  #stream: WriteStream | undefined;
  #problem: Error | undefined;
  #size = 0;

  constructor(path: string) {
    this.#path = path;
  }

  received = (): number => this.#size;

  async restart(): Promise<void> {
    await this.close();
    this.#stream = undefined;
    this.#size = 0;
  }

  async write(chunk: Uint8Array): Promise<void> {
    const stream = this.#open();
    this.#size += chunk.length;
    if (!stream.write(chunk)) await once(stream, 'drain').catch(() => {});
    if (this.#problem) throw asFailure(this.#problem, this.#path);
  }

  async end(): Promise<void> {
    this.#open();
    await this.close();
    if (this.#problem) throw asFailure(this.#problem, this.#path);
  }

  #open(): WriteStream {
    this.#stream ??= createWriteStream(this.#path, { mode: 0o600 }).on('error', (problem) => {
      this.#problem = problem;
    });
    return this.#stream;
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    if (!stream || stream.closed) return;
    stream.end();
    if (!stream.closed) await once(stream, 'close').catch(() => {});
  }
}

/** Bytes kept in memory. */
export class MemorySink implements Sink {
  #chunks: Uint8Array[] = [];
  #size = 0;

  received = (): number => this.#size;

  async restart(): Promise<void> {
    this.#chunks = [];
    this.#size = 0;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
