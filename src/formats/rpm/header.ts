/**
 * The header structure of rpm: an index of numbered, typed values and the store they lie in. It is used twice in a
 * package file, for signatures and for metadata. Source: rpm 4.18, `docs/manual/hregions.md` and `format.md`.
 */
import { type TagType, TYPE_NUMBERS } from './tags.ts';

/** A value and the tag it belongs to. */
export interface HeaderEntry {
  readonly number: number;
  readonly type: TagType;
  readonly value: string | Uint8Array | readonly string[] | readonly number[];
}

const MAGIC = Buffer.from([0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0]);
const INDEX_ENTRY_BYTES = 16;
const INTRODUCTION_BYTES = 16;

/** A whole header: introduction, index, store; its first entry is the region that holds everything. */
export function headerBytes(region: number, entries: readonly HeaderEntry[]): Buffer {
  const sorted = [...entries].sort((a, b) => a.number - b.number);
  const index: Buffer[] = [];
  const store: Buffer[] = [];
  let offset = 0;
  const put = (bytes: Buffer) => {
    store.push(bytes);
    offset += bytes.length;
  };
  for (const entry of sorted) {
    const { bytes, count, alignment } = storedValue(entry);
    put(Buffer.alloc((alignment - (offset % alignment)) % alignment));
    index.push(indexEntry(entry.number, TYPE_NUMBERS[entry.type], offset, count));
    put(bytes);
  }
  const count = sorted.length + 1;
  // The trailer of a region points back over the index, so its offset is negative.
  const trailer = indexEntry(region, TYPE_NUMBERS.binary, -count * INDEX_ENTRY_BYTES, INDEX_ENTRY_BYTES);
  index.unshift(indexEntry(region, TYPE_NUMBERS.binary, offset, INDEX_ENTRY_BYTES));
  put(trailer);
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32BE(count, 0);
  sizes.writeUInt32BE(offset, 4);
  return Buffer.concat([MAGIC, sizes, ...index, ...store]);
}

function indexEntry(number: number, type: number, offset: number, count: number): Buffer {
  const bytes = Buffer.alloc(INDEX_ENTRY_BYTES);
  bytes.writeUInt32BE(number, 0);
  bytes.writeUInt32BE(type, 4);
  bytes.writeInt32BE(offset, 8);
  bytes.writeUInt32BE(count, 12);
  return bytes;
}

function storedValue({ type, value }: HeaderEntry): {
  readonly bytes: Buffer;
  readonly count: number;
  readonly alignment: number;
} {
  switch (type) {
    case 'int16':
    case 'int32': {
      const width = type === 'int16' ? 2 : 4;
      const numbers = value as readonly number[];
      const bytes = Buffer.alloc(numbers.length * width);
      for (const [i, number] of numbers.entries()) bytes.writeUIntBE(number >>> 0, i * width, width);
      return { bytes, count: numbers.length, alignment: width };
    }
    case 'binary': {
      const bytes = Buffer.from(value as Uint8Array);
      return { bytes, count: bytes.length, alignment: 1 };
    }
    case 'string':
    case 'strings':
    case 'i18n': {
      const texts = typeof value === 'string' ? [value] : (value as readonly string[]);
      const bytes = Buffer.from(texts.map((text) => `${text}\0`).join(''));
      return { bytes, count: texts.length, alignment: 1 };
    }
  }
}

/** What a header holds, by number: strings and numbers as lists. */
export type HeaderValues = ReadonlyMap<number, readonly string[] | readonly number[] | Uint8Array>;

/** A header that was read, and where the next part of the file begins. */
export interface ReadHeader {
  readonly values: HeaderValues;
  readonly start: number;
  readonly end: number;
}

// rpm itself refuses more (lib/header.c: HEADER_TAGS_MAX, HEADER_DATA_MAX).
const MOST_ENTRIES = 65_536;
const MOST_STORE_BYTES = 256 * 1024 * 1024;

/** Reads the header that begins at `start`; undefined when there is none, or when it is damaged. */
export function readHeader(
  read: (start: number, length: number) => Uint8Array,
  start: number,
): ReadHeader | undefined {
  const introduction = Buffer.from(read(start, INTRODUCTION_BYTES));
  if (introduction.length < INTRODUCTION_BYTES || !introduction.subarray(0, 4).equals(MAGIC.subarray(0, 4)))
    return undefined;
  const count = introduction.readUInt32BE(8);
  const storeBytes = introduction.readUInt32BE(12);
  if (count > MOST_ENTRIES || storeBytes > MOST_STORE_BYTES) return undefined;
  const storeStart = start + INTRODUCTION_BYTES + count * INDEX_ENTRY_BYTES;
  const index = Buffer.from(read(start + INTRODUCTION_BYTES, count * INDEX_ENTRY_BYTES));
  const store = Buffer.from(read(storeStart, storeBytes));
  if (index.length < count * INDEX_ENTRY_BYTES || store.length < storeBytes) return undefined;
  const values = new Map<number, readonly string[] | readonly number[] | Uint8Array>();
  for (let i = 0; i < count; i++) {
    const [number = 0, type = 0, offset = 0, length = 0] = [0, 4, 8, 12].map((at) =>
      index.readUInt32BE(i * INDEX_ENTRY_BYTES + at),
    );
    const value = offset <= store.length ? valueAt(store, type, offset, length) : undefined;
    if (value === undefined) return undefined;
    values.set(number, value);
  }
  return { values, start, end: storeStart + storeBytes };
}

function valueAt(
  store: Buffer,
  type: number,
  offset: number,
  count: number,
): readonly string[] | readonly number[] | Uint8Array | undefined {
  const width = NUMBER_WIDTHS[type];
  if (width !== undefined) {
    if (offset + count * width > store.length) return undefined;
    return Array.from({ length: count }, (_, i) =>
      width === 8
        ? Number(store.readBigUInt64BE(offset + i * 8))
        : store.readUIntBE(offset + i * width, width),
    );
  }
  if (type === TYPE_NUMBERS.binary)
    return offset + count <= store.length ? store.subarray(offset, offset + count) : undefined;
  const texts: string[] = [];
  for (let at = offset; texts.length < count; ) {
    const end = store.indexOf(0, at);
    if (end < 0) return undefined;
    texts.push(store.toString('utf8', at, end));
    at = end + 1;
  }
  return texts;
}

// null, char, int8, int16, int32, int64.
const NUMBER_WIDTHS: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8 };
