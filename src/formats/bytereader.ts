/** Takes bytes off the front of a stream, as many as a format asks for. */

export type Bytes = AsyncIterable<Uint8Array>;

/** The bytes are no archive as they claim to be; `message` completes `NAME is damaged: `. */
export class MalformedArchive extends Error {}

export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);
  #taken = 0;

  constructor(source: Bytes) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Up to `length` bytes, left where they are; fewer at the end of the stream. */
  async peek(length: number): Promise<Buffer> {
    if (this.#held.length >= length) return this.#held.subarray(0, length);
    const parts = [this.#held];
    let size = this.#held.length;
    while (size < length) {
      const next = await this.#source.next();
      if (next.done) break;
      parts.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength));
      size += next.value.length;
    }
    if (parts.length > 1) this.#held = Buffer.concat(parts);
    return this.#held.subarray(0, length);
  }

  async take(length: number): Promise<Buffer> {
    const bytes = await this.peek(length);
    this.#held = this.#held.subarray(bytes.length);
    this.#taken += bytes.length;
    return bytes;
  }

  async skip(length: number): Promise<void> {
    for await (const _ of this.piece(length));
  }

  /** The position that `length` bytes from here end at. */
  positionAfter(length: number): number {
    return this.#taken + length;
  }

  unread(end: number): number {
    return end - this.#taken;
  }

  rest(): Bytes {
    return this.piece(Number.POSITIVE_INFINITY);
  }

  /** The next bytes as they come; a stream that has fewer is malformed. */
  async *piece(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0; ) {
      if (this.#held.length === 0) await this.peek(1);
      if (this.#held.length === 0) {
        if (left === Number.POSITIVE_INFINITY) return;
        throw new MalformedArchive(`it ends ${left} bytes too early`);
      }
      const chunk = this.#held.subarray(0, Math.min(left, this.#held.length));
      this.#held = this.#held.subarray(chunk.length);
      this.#taken += chunk.length;
      left -= chunk.length;
      yield chunk;
    }
  }

  /** Ends the stream early, so that who feeds it can close its file. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
