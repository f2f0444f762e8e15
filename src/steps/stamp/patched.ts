/** A file with a few of its bytes replaced, as it would be read. Pure. */
import type { FillingSource } from '../../formats/binary/bytes.ts';

export interface Patch {
  readonly at: number;
  readonly bytes: Buffer;
}

/** A piece stays in the second cache of a core while it is read, hashed and written: a megabyte takes four times as long to read. */
export const PIECE_BYTES = 1 << 18;

export class Patched {
  readonly #source: FillingSource;
  readonly #memory: Buffer;
  readonly #patches: Patch[];

  /** `memory` holds one piece after the other. */
  constructor(source: FillingSource, memory: Buffer, patches: readonly Patch[]) {
    this.#source = source;
    this.#memory = memory;
    this.#patches = [...patches];
  }

  /** From now on. */
  add(patch: Patch): void {
    this.#patches.push(patch);
  }

  /** The bytes from one place to another; each piece holds until the next is asked for. */
  *pieces(from = 0, to = this.#source.size): Generator<Buffer> {
    for (let at = from; at < to; ) {
      const piece = this.#source.fill(this.#memory.subarray(0, to - at), at);
      if (piece.length === 0) return;
      for (const patch of this.#patches) lay(patch, piece, at);
      yield piece;
      at += piece.length;
    }
  }
}

/** What of a patch lies in the piece that begins at `start`. */
function lay({ at, bytes }: Patch, piece: Buffer, start: number): void {
  const [from, to] = [Math.max(at, start), Math.min(at + bytes.length, start + piece.length)];
  if (from < to) bytes.copy(piece, from - start, from - at, to - at);
}
