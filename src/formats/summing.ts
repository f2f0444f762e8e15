/** Digests of bytes on their way, so that nobody reads them again. */
import { createHash } from 'node:crypto';
import type { Digest } from './digest.ts';

/** SHA-256 and length of a stream that goes through. */
export class Summing {
  readonly #sum = createHash('sha256');
  #hex: Digest | undefined;
  size = 0;

  async *through(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#add(chunk);
      yield chunk;
    }
  }

  /** As `through`, of what needs no waiting. */
  *passing(source: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const chunk of source) {
      this.#add(chunk);
      yield chunk;
    }
  }

  #add(chunk: Uint8Array): void {
    this.#sum.update(chunk);
    this.size += chunk.length;
  }

  /** Once all has gone through. */
  get hex(): Digest {
    this.#hex ??= this.#sum.digest('hex');
    return this.#hex;
  }

  /** As registries write it: `sha256:…`. */
  get digest(): string {
    return `sha256:${this.hex}`;
  }
}
