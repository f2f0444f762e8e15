/**
 * Writes tar archives: ustar headers (POSIX.1-1988), and a pax header (POSIX.1-2001) in front of an entry that ustar
 * cannot say. The bytes depend on the entries alone: no clock, no user, and only the times that entries bring.
 */

export interface TarEntry {
  /** As it is to stand in the archive; a directory may leave its trailing slash away. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'link';
  /** The twelve permission bits. */
  readonly mode: number;
  /** Bytes of a file's content; 0 for the other kinds. */
  readonly size: number;
  /** What a link leads to. */
  readonly target?: string;
  /** Number and name of the owner; 0 and `root`. */
  readonly uid?: number;
  readonly gid?: number;
  readonly user?: string;
  readonly group?: string;
  /** Whole seconds since 1970; 0. */
  readonly mtime?: number;
  /** Extended attributes by name, `security.capability` for one; in pax headers as star and GNU tar write them. */
  readonly xattrs?: Readonly<Record<string, Uint8Array>>;
  /** Further records of the pax header, as other systems define them. */
  readonly records?: Readonly<Record<string, string>>;
}

export interface TarMember {
  readonly entry: TarEntry;
  /** Exactly `entry.size` bytes; absent when that is 0. */
  readonly content?: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Thrown when a content is not as long as its entry says: the file changed while it was read. */
export class ContentSizeError extends Error {
  readonly path: string;

  constructor(path: string, declared: number, found: number) {
    super(`${path} has ${found} bytes or more, and ${declared} were declared`);
    this.path = path;
  }
}

/** A whole archive, in the order of its members, with the two empty blocks at its end. */
export async function* tar(
  members: Iterable<TarMember> | AsyncIterable<TarMember>,
): AsyncGenerator<Uint8Array> {
  for await (const { entry, content } of members) {
    yield tarHeader(entry);
    const size = contentSize(entry);
    yield* exactly(entry.path, size, content);
    yield tarPadding(size);
  }
  yield TAR_END;
}

const BLOCK = 512;

/** What fills the last block of a content of this size. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}

/** The two empty blocks behind the last member. */
export const TAR_END = new Uint8Array(2 * BLOCK);

/** Everything that stands in front of an entry's content: its header, and the pax header before it if it needs one. */
export function tarHeader(entry: TarEntry): Uint8Array {
  const path = entry.kind === 'directory' && !entry.path.endsWith('/') ? `${entry.path}/` : entry.path;
  for (const text of [path, entry.target ?? ''])
    if (text.includes('\0')) throw new RangeError(`a name in a tar archive holds no NUL: ${entry.path}`);
  const fields = ustarFields({ ...entry, path });
  const records = paxRecords({ ...entry, path }, fields);
  const header = ustarHeader(fields);
  if (records.length === 0) return header;
  const name = `PaxHeaders/${path
    .replace(/[^\x20-\x7e]/g, '_')
    .replace(/\/$/, '')
    .slice(-80)}`;
  const front = ustarHeader({
    ...{ name, prefix: '', mode: 0o644, uid: 0, gid: 0, size: records.length, mtime: fields.mtime },
    ...{ type: 'x', target: '', user: 'root', group: 'root' },
  });
  const padding = Buffer.alloc((BLOCK - (records.length % BLOCK)) % BLOCK);
  return Buffer.concat([front, records, padding, header]);
}

interface UstarFields {
  readonly name: string;
  readonly prefix: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly type: string;
  readonly target: string;
  readonly user: string;
  readonly group: string;
}

const TYPES = { file: '0', link: '1', symlink: '2', directory: '5' } as const;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const USER_BYTES = 31;
/** What fits into eleven, or into seven octal digits. */
const LONG_LIMIT = 8 ** 11;
const SHORT_LIMIT = 8 ** 7;

function contentSize({ kind, size }: TarEntry): number {
  return kind === 'file' ? size : 0;
}

/** The entry as ustar says it; what does not fit is cut here and told by a pax record. */
function ustarFields(entry: TarEntry): UstarFields {
  const { name, prefix } = splitPath(entry.path) ?? { name: cut(entry.path, NAME_BYTES), prefix: '' };
  const fitting = (value: number, limit: number) => (value >= 0 && value < limit ? value : 0);
  return {
    ...{ name, prefix, mode: entry.mode & 0o7777, type: TYPES[entry.kind] },
    uid: fitting(entry.uid ?? 0, SHORT_LIMIT),
    gid: fitting(entry.gid ?? 0, SHORT_LIMIT),
    size: fitting(contentSize(entry), LONG_LIMIT),
    mtime: fitting(entry.mtime ?? 0, LONG_LIMIT),
    target: cut(entry.target ?? '', NAME_BYTES),
    user: cut(entry.user ?? 'root', USER_BYTES),
    group: cut(entry.group ?? 'root', USER_BYTES),
  };
}

/** A path in ustar's two fields, divided at a slash; undefined when it does not fit or is more than ASCII. */
function splitPath(path: string): { name: string; prefix: string } | undefined {
  if (!isAscii(path)) return undefined;
  if (path.length <= NAME_BYTES) return { name: path, prefix: '' };
  // The slash must leave a name that is not empty: that of a directory ends in one.
  const slash = path.slice(0, PREFIX_BYTES + 1).lastIndexOf('/', path.length - 2);
  if (slash <= 0 || path.length - slash - 1 > NAME_BYTES) return undefined;
  return { name: path.slice(slash + 1), prefix: path.slice(0, slash) };
}

/** The records of a pax header, sorted by keyword; empty when ustar says it all. */
function paxRecords(entry: TarEntry, fields: UstarFields): Buffer {
  const records: [string, Uint8Array][] = [];
  const add = (keyword: string, value: string | number) =>
    records.push([keyword, Buffer.from(String(value))]);
  if (entry.gid !== undefined && entry.gid !== fields.gid) add('gid', entry.gid);
  if (entry.group !== undefined && entry.group !== fields.group) add('gname', entry.group);
  if (entry.target !== undefined && entry.target !== fields.target) add('linkpath', entry.target);
  if (entry.mtime !== undefined && entry.mtime !== fields.mtime) add('mtime', entry.mtime);
  if (!splitPath(entry.path)) add('path', entry.path);
  if (contentSize(entry) !== fields.size) add('size', entry.size);
  if (entry.uid !== undefined && entry.uid !== fields.uid) add('uid', entry.uid);
  if (entry.user !== undefined && entry.user !== fields.user) add('uname', entry.user);
  for (const [name, value] of Object.entries(entry.xattrs ?? {})) {
    // A keyword ends at the first equals sign; GNU tar writes one within it as %3D.
    const escaped = name.replaceAll('%', '%25').replaceAll('=', '%3D');
    records.push([`SCHILY.xattr.${escaped}`, value]);
  }
  for (const [keyword, value] of Object.entries(entry.records ?? {})) add(keyword, value);
  records.sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat(records.map(([keyword, value]) => paxRecord(keyword, value)));
}

/** `LENGTH KEYWORD=VALUE\n`; the length counts its own digits. */
function paxRecord(keyword: string, value: Uint8Array): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${keyword}=`), value, Buffer.from('\n')]);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function ustarHeader(fields: UstarFields): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, digits: number) =>
    header.write(value.toString(8).padStart(digits, '0'), offset);
  header.write(fields.name, 0);
  octal(fields.mode, 100, 7);
  octal(fields.uid, 108, 7);
  octal(fields.gid, 116, 7);
  octal(fields.size, 124, 11);
  octal(fields.mtime, 136, 11);
  header.write('        ', 148);
  header.write(fields.type, 156);
  header.write(fields.target, 157);
  header.write('ustar\x0000', 257, 'latin1');
  header.write(fields.user, 265);
  header.write(fields.group, 297);
  octal(0, 329, 7);
  octal(0, 337, 7);
  header.write(fields.prefix, 345);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** The first bytes of a text that ustar may hold; what is more than ASCII stands in a pax record only. */
function cut(text: string, bytes: number): string {
  return text.replace(/[^\x00-\x7f]/gu, '_').slice(0, bytes);
}

function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
}

async function* exactly(path: string, size: number, content: TarMember['content']) {
  let found = 0;
  for await (const chunk of content === undefined || content instanceof Uint8Array
    ? [content ?? new Uint8Array()]
    : content) {
    found += chunk.length;
    if (found > size) break;
    if (chunk.length > 0) yield chunk;
  }
  if (found !== size) throw new ContentSizeError(path, size, found);
}
