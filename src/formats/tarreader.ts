/** Reads tar archives: ustar and pax (POSIX.1-2001), and the long names and large numbers of GNU tar. */
import { type ByteReader, type Bytes, MalformedArchive } from './bytereader.ts';

export type TarKind =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'link'
  | 'character device'
  | 'block device'
  | 'fifo'
  | 'member of an unknown kind';

export interface ReadTarEntry {
  /** As it stands in the archive. */
  readonly path: string;
  readonly kind: TarKind;
  /** The twelve permission bits. */
  readonly mode: number;
  readonly size: number;
  /** What a link leads to; empty for others. */
  readonly target: string;
  readonly uid: number;
  readonly gid: number;
  readonly user: string;
  readonly group: string;
  /** Whole seconds since 1970. */
  readonly mtime: number;
  /** Extended attributes by name, in hexadecimal. */
  readonly xattrs: Readonly<Record<string, string>>;
}

export interface ReadTarMember {
  readonly entry: ReadTarEntry;
  /** To be read, or left, before the next member is asked for. Empty for everything but files. */
  readonly content: Bytes;
}

const BLOCK = 512;
const LONGEST_TEXT = 1 << 20;
const XATTR = 'SCHILY.xattr.';

/** The members of an archive in their order. `needsEnd`: one that just stops, without its empty blocks, is malformed. */
export async function* tarEntries(
  reader: ByteReader,
  { needsEnd = false }: { readonly needsEnd?: boolean } = {},
): AsyncGenerator<ReadTarMember> {
  let common: Record<string, string> = {};
  let next: Record<string, string> = {};
  for (;;) {
    const header = await reader.take(BLOCK);
    if (header.length === 0 && needsEnd) throw new MalformedArchive('its end is missing');
    if (header.length === 0 || header.every((byte) => byte === 0)) return;
    if (header.length < BLOCK) throw new MalformedArchive('it ends in a header');
    requireSum(header);
    const size = next['size'] === undefined ? numberIn(header, 124, 12) : Number(next['size']);
    if (!Number.isSafeInteger(size) || size < 0) throw new MalformedArchive('a member has no size');
    const type = String.fromCharCode(header[156] ?? 0);
    const padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      if (size > LONGEST_TEXT) throw new MalformedArchive('a name or attribute is longer than 1 MiB');
      const text = await reader.take(size + padding);
      if (text.length < size) throw new MalformedArchive('it ends in a header');
      if (type === 'x') next = { ...next, ...paxRecords(text.subarray(0, size)) };
      if (type === 'g') common = { ...common, ...paxRecords(text.subarray(0, size)) };
      if (type === 'L') next = { ...next, path: zeroEnded(text, 0, size) };
      if (type === 'K') next = { ...next, linkpath: zeroEnded(text, 0, size) };
      continue;
    }
    const entry = entryOf(header, type, size, { ...common, ...next });
    next = {};
    const end = reader.positionAfter(size);
    yield { entry, content: entry.kind === 'file' ? reader.piece(size) : nothing() };
    await reader.skip(reader.unread(end) + padding);
  }
}

const KINDS: Readonly<Record<string, TarKind>> = {
  ...{ '\0': 'file', '0': 'file', '7': 'file', '1': 'link', '2': 'symlink', '5': 'directory' },
  ...{ '3': 'character device', '4': 'block device', '6': 'fifo' },
};

function entryOf(
  header: Buffer,
  type: string,
  size: number,
  pax: Readonly<Record<string, string>>,
): ReadTarEntry {
  const isUstar = header.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? zeroEnded(header, 345, 155) : '';
  const short = zeroEnded(header, 0, 100);
  const path = pax['path'] ?? (prefix ? `${prefix}/${short}` : short);
  const attributes = Object.entries(pax).filter(([key]) => key.startsWith(XATTR));
  // Before ustar a directory was a file whose name ends in a slash.
  const kind = KINDS[type] ?? 'member of an unknown kind';
  const isOldDirectory = kind === 'file' && path.endsWith('/');
  return {
    ...{ path, size, kind: isOldDirectory ? 'directory' : kind, mode: numberIn(header, 100, 8) & 0o7777 },
    target: type === '1' || type === '2' ? (pax['linkpath'] ?? zeroEnded(header, 157, 100)) : '',
    uid: Number(pax['uid'] ?? numberIn(header, 108, 8)),
    gid: Number(pax['gid'] ?? numberIn(header, 116, 8)),
    user: pax['uname'] ?? zeroEnded(header, 265, 32),
    group: pax['gname'] ?? zeroEnded(header, 297, 32),
    mtime: pax['mtime'] === undefined ? numberIn(header, 136, 12) : Math.floor(Number(pax['mtime'])),
    xattrs: Object.fromEntries(attributes.map(([key, value]) => [key.slice(XATTR.length), value])),
  };
}

/** POSIX.1-2017, pax: `LENGTH KEY=VALUE` and a line feed, LENGTH counting all of it. */
function paxRecords(bytes: Buffer): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(' ', at);
    const length = Number(bytes.toString('latin1', at, blank));
    if (blank < 0 || !(length > 0) || at + length > bytes.length)
      throw new MalformedArchive('an attribute is cut off');
    const text = bytes.subarray(blank + 1, at + length - 1);
    const equals = text.indexOf('=');
    const key = text.toString('utf8', 0, equals);
    records[key] = text.toString(key.startsWith(XATTR) ? 'hex' : 'utf8', equals + 1);
    at += length;
  }
  return records;
}

function requireSum(header: Buffer): void {
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i] as number;
  if (sum !== numberIn(header, 148, 8)) throw new MalformedArchive('the checksum of a header is wrong');
}

/** Octal digits, or a binary number behind a first bit that is set (GNU). */
function numberIn(header: Buffer, offset: number, length: number): number {
  if (((header[offset] ?? 0) & 0x80) === 0)
    return Number.parseInt(zeroEnded(header, offset, length).trim() || '0', 8);
  let value = (header[offset] ?? 0) & 0x7f;
  for (let i = 1; i < length; i++) value = value * 256 + (header[offset + i] ?? 0);
  return value;
}

function zeroEnded(bytes: Buffer, offset: number, length: number): string {
  const field = bytes.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
