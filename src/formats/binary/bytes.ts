/** Reading of binary formats: positioned reads of a file that may be large, damaged or something else altogether. */

/** A file, or bytes in memory. What lies behind the end is cut off, not an error. */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Buffer;
}

/** The format's own words do not hold: cut short, or never of this format. */
export class MalformedBinary extends Error {
  readonly kind: 'truncated' | 'malformed';

  constructor(kind: 'truncated' | 'malformed', message: string) {
    super(message);
    this.kind = kind;
  }
}

// Nothing that is read whole (headers, names, symbols) comes near; a damaged length must not ask for gigabytes.
const LARGEST_READ = 256 << 20;

/** As above, also into memory that is there already. */
export interface FillingSource extends ByteSource {
  /** The part of `memory` that was filled with what stands at `offset`. */
  fill(memory: Buffer, offset: number): Buffer;
}

export function sourceOfBytes(bytes: Buffer): FillingSource {
  return {
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
    fill: (memory, offset) => memory.subarray(0, bytes.copy(memory, 0, offset)),
  };
}

/** Exactly these bytes, or MalformedBinary; `what` says which part is missing. */
export function readExactly(source: ByteSource, offset: number, length: number, what: string): Buffer {
  if (length > LARGEST_READ) throw new MalformedBinary('malformed', `${what} would be ${length} bytes long`);
  requireWithin(source, offset, length, what);
  return source.read(offset, length);
}

/** MalformedBinary when a part lies, in whole or in part, behind the end of the file. */
export function requireWithin(source: ByteSource, offset: number, length: number, what: string): void {
  if (offset + length <= source.size) return;
  throw new MalformedBinary(
    'truncated',
    `${what} ends at byte ${offset + length}, and the file has ${source.size}`,
  );
}

/** Numbers in the byte order and word size of one file. */
export class Fields {
  readonly bytes: Buffer;
  readonly #isLittleEndian: boolean;
  readonly #is64: boolean;

  constructor(bytes: Buffer, layout: Layout) {
    this.bytes = bytes;
    this.#isLittleEndian = layout.isLittleEndian;
    this.#is64 = layout.is64;
  }

  u16(offset: number): number {
    return this.#isLittleEndian ? this.bytes.readUInt16LE(offset) : this.bytes.readUInt16BE(offset);
  }

  u32(offset: number): number {
    return this.#isLittleEndian ? this.bytes.readUInt32LE(offset) : this.bytes.readUInt32BE(offset);
  }

  /** Addresses above 2^53 lose their lowest bits; no file of ours is that long, so a bounds check refuses them. */
  u64(offset: number): number {
    return Number(
      this.#isLittleEndian ? this.bytes.readBigUInt64LE(offset) : this.bytes.readBigUInt64BE(offset),
    );
  }

  /** A number of the width of a pointer. */
  word(offset: number): number {
    return this.#is64 ? this.u64(offset) : this.u32(offset);
  }
}

export interface Layout {
  readonly is64: boolean;
  readonly isLittleEndian: boolean;
}

/** The text up to the next zero byte. */
export function zeroTerminated(bytes: Buffer, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return bytes.toString('latin1', offset, end < 0 ? bytes.length : end);
}

/** Where a pattern first stands between two offsets, read in pieces; -1 when nowhere. */
export function find(source: ByteSource, pattern: Buffer, start: number, end: number): number {
  const step = 1 << 20;
  for (let offset = start; offset < Math.min(end, source.size); offset += step) {
    const at = source.read(offset, Math.min(step + pattern.length - 1, end - offset)).indexOf(pattern);
    if (at >= 0) return offset + at;
  }
  return -1;
}
