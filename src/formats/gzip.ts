/**
 * Compresses on several threads into one gzip member (RFC 1952). The input is cut into blocks; each is
 * deflated on its own, with the 32 KiB before it as dictionary, and ends on a byte (a sync flush), so that the results
 * joined are one deflate stream (RFC 1951). The bytes depend on the input and the zlib, never on the number of threads.
 */
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';

export interface GzipOptions {
  /** 1 (fast) to 9 (small); 6, as gzip's own. */
  readonly level?: number;
  /** Blocks that are compressed at the same time; 4, as many as Node has threads for it. */
  readonly threads?: number;
  /** Bytes of a block; 1 MiB. Larger ones cost less on the way, and more memory. Other bytes come out. */
  readonly blockBytes?: number;
}

/** A part of a deflate stream that needs nothing of what stood before it and ends on a byte. */
export interface Deflated {
  readonly bytes: Uint8Array;
  /** CRC-32 and length of the bytes that it stands for. */
  readonly crc: number;
  readonly length: number;
}

/** A gzip file of all that comes. Holds a few blocks, however long the input is. */
export async function* gzip(
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: GzipOptions = {},
): AsyncGenerator<Uint8Array> {
  yield* gzipOf(deflated(source, options), options.level);
}

/** A gzip file of parts that are deflated already. */
export async function* gzipOf(
  parts: Iterable<Deflated> | AsyncIterable<Deflated>,
  level = DEFAULT_LEVEL,
): AsyncGenerator<Uint8Array> {
  yield gzipHeader(level);
  let crc = 0;
  let length = 0;
  for await (const part of parts) {
    crc = combinedCrc(crc, part.crc, part.length);
    length += part.length;
    yield part.bytes;
  }
  yield gzipTrailer(crc, length);
}

/** The input deflated block by block, in its order. The first block starts afresh. */
export async function* deflated(
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { level = DEFAULT_LEVEL, threads = DEFAULT_THREADS, blockBytes = BLOCK_BYTES }: GzipOptions = {},
): AsyncGenerator<Deflated> {
  const running: Promise<Deflated>[] = [];
  // Blocks are used again: memory that comes and goes outside of V8's heap makes it collect garbage all the time.
  const spare: Buffer[] = [];
  let dictionary: Buffer | undefined;
  for await (const block of blocks(source, blockBytes, spare)) {
    const work = deflateBlock(block, dictionary, { level, blockBytes });
    // Failures are met where the result is awaited, in its turn.
    work.then(
      () => block.length === blockBytes && spare.push(block),
      () => {},
    );
    running.push(work);
    dictionary = Buffer.from(block.subarray(-DICTIONARY_BYTES));
    // One more than there are threads: none waits while the result before is written.
    if (running.length > threads) yield (await running.shift()) as Deflated;
  }
  for (const work of running) yield await work;
}

/**
 * A content that is deflated once and put into several archives, as a file: the deflated bytes, then CRC-32 and length
 * of what they stand for.
 */
export async function* deflatedFile(parts: AsyncIterable<Deflated>): AsyncGenerator<Uint8Array> {
  let crc = 0;
  let length = 0;
  for await (const part of parts) {
    crc = combinedCrc(crc, part.crc, part.length);
    length += part.length;
    yield part.bytes;
  }
  const trailer = Buffer.alloc(DEFLATED_TRAILER_BYTES);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeBigUInt64LE(BigInt(length), 4);
  yield trailer;
}

export const DEFLATED_TRAILER_BYTES = 12;

/** What the end of such a file tells. */
export function deflatedTrailer(trailer: Buffer): { readonly crc: number; readonly length: number } {
  return { crc: trailer.readUInt32LE(0), length: Number(trailer.readBigUInt64LE(4)) };
}

const DEFAULT_LEVEL = 6;
/** Size of the thread pool of libuv unless the user set another. */
const DEFAULT_THREADS = 4;
const BLOCK_BYTES = 1 << 20;
/** The window of deflate: farther back it cannot see. */
const DICTIONARY_BYTES = 1 << 15;

const deflate = promisify<Uint8Array, object, Buffer>(deflateRaw);

async function deflateBlock(
  block: Uint8Array,
  dictionary: Uint8Array | undefined,
  { level, blockBytes }: { readonly level: number; readonly blockBytes: number },
): Promise<Deflated> {
  const bytes = await deflate(block, {
    // Room for half is room enough, mostly; what does not fit comes in a second piece.
    ...{ level, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: blockBytes >> 1 },
    ...(dictionary ? { dictionary } : {}),
  });
  return { bytes, crc: crc32(block), length: block.length };
}

/** The same bytes in pieces of one size, the last one shorter; taken from `spare` as long as there are any. */
async function* blocks(
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  blockBytes: number,
  spare: Buffer[],
): AsyncGenerator<Buffer> {
  const memory = () => spare.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
  let block = memory();
  let filled = 0;
  for await (const chunk of source) {
    for (let taken = 0; taken < chunk.length; ) {
      const piece = chunk.subarray(taken, taken + blockBytes - filled);
      block.set(piece, filled);
      filled += piece.length;
      taken += piece.length;
      if (filled === blockBytes) {
        yield block;
        block = memory();
        filled = 0;
      }
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}

/** Ten bytes: no name, and no time (RFC 1952: an MTIME of zero means that there is none); made on Unix. */
function gzipHeader(level: number): Uint8Array {
  const speed = level >= 9 ? 2 : level === 1 ? 4 : 0;
  return Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, speed, 3);
}

/** An empty last block, then the checksum and the length modulo 2^32. */
function gzipTrailer(crc: number, length: number): Uint8Array {
  const trailer = Buffer.alloc(10);
  trailer.writeUInt16LE(0x0003, 0);
  trailer.writeUInt32LE(crc >>> 0, 2);
  trailer.writeUInt32LE(length % 2 ** 32, 6);
  return trailer;
}

/**
 * CRC-32 of two pieces joined, from theirs: appending a zero bit is a linear map on the 32 bits of the checksum, so
 * appending `length` zero bytes is that map raised to a power by squaring.
 */
export function combinedCrc(first: number, second: number, length: number): number {
  if (first === 0) return second;
  let map: readonly number[] = ONE_ZERO_BYTE;
  let crc = first;
  for (let rest = length; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) crc = applied(map, crc);
    if (rest > 1) map = squared(map);
  }
  return (crc ^ second) >>> 0;
}

function applied(map: readonly number[], vector: number): number {
  let sum = 0;
  for (let bit = 0, rest = vector >>> 0; rest !== 0; bit++, rest >>>= 1)
    if (rest & 1) sum ^= map[bit] as number;
  return sum >>> 0;
}

const CRC32_REVERSED_POLYNOMIAL = 0xedb88320;

/** Column by column: what one more zero byte makes of each bit. */
const ONE_ZERO_BYTE: readonly number[] = [0, 1, 2].reduce<readonly number[]>(
  (map) => squared(map),
  Array.from({ length: 32 }, (_, bit) => (bit === 0 ? CRC32_REVERSED_POLYNOMIAL : 1 << (bit - 1))),
);

function squared(map: readonly number[]): readonly number[] {
  return map.map((column) => applied(map, column));
}
