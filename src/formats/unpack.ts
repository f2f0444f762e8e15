/**
 * What lies in an archive, and in the archives in it: tar (ustar, GNU and PAX), gzip, zstd and ar, told by their first
 * bytes. Content is streamed; nothing is written anywhere. A form that is not known is handed out as a file.
 */
import { createGunzip, createZstdDecompress } from 'node:zlib';

export type Bytes = AsyncIterable<Uint8Array>;

export interface Member {
  /** Names from the outermost archive inwards: `['images/a.tar', 'layer.tar', 'usr/bin/a']`. */
  readonly path: readonly string[];
  readonly kind: 'file' | 'directory' | 'link' | 'special';
  /** Mode, owner, time and target, as far as the archive has them: for comparing. */
  readonly facts: Readonly<Record<string, string | number>>;
  /** To be read, or left, before the next member is asked for. */
  readonly content: Bytes;
  /** The form of what is in it, when it is an archive itself; its members follow, and its content is empty. */
  readonly archive?: ArchiveForm;
}

export type ArchiveForm = 'tar' | 'gzip' | 'zstd' | 'ar';

/** The bytes are no archive as they claim to be; `message` completes `NAME is damaged: `. */
export class MalformedArchive extends Error {}

const DEEPEST = 8;

/** All members of a stream, outermost first. The first one is the stream itself: an archive, or a plain file. */
export async function* membersOf(
  content: Bytes,
  path: readonly string[] = [],
  facts: Member['facts'] = {},
): AsyncGenerator<Member> {
  const reader = new ByteReader(content);
  const archive = path.length < DEEPEST ? formOf(await reader.peek(512)) : undefined;
  const member = { path, facts, kind: 'file' } as const;
  if (!archive) {
    yield { ...member, content: reader.rest() };
    await reader.skip(Number.POSITIVE_INFINITY);
    return;
  }
  yield { ...member, archive, content: nothing() };
  if (archive === 'tar') yield* tarMembers(reader, path);
  else if (archive === 'ar') yield* arMembers(reader, path);
  else yield* compressedMember(reader, archive, path);
}

function formOf(start: Buffer): ArchiveForm | undefined {
  if (start.length < 8) return undefined;
  const magic = start.readUInt32BE(0);
  if (magic >>> 16 === 0x1f8b) return 'gzip';
  if (magic === 0x28b52ffd) return 'zstd';
  if (start.toString('latin1', 0, 8) === '!<arch>\n') return 'ar';
  return start.toString('latin1', 257, 262) === 'ustar' ? 'tar' : undefined;
}

/** What a compressor holds has the compressor's place; a plain file in it is one member below. */
async function* compressedMember(reader: ByteReader, form: 'gzip' | 'zstd', path: readonly string[]) {
  const inflate = form === 'gzip' ? createGunzip() : createZstdDecompress();
  const feeding = feed(reader.rest(), inflate);
  try {
    const inner = new ByteReader(unpacked(inflate));
    if (formOf(await inner.peek(512)) === 'tar') yield* tarMembers(inner, path);
    else yield { path: [...path, '(unpacked)'], facts: {}, kind: 'file' as const, content: inner.rest() };
    await inner.skip(Number.POSITIVE_INFINITY);
    await feeding;
  } finally {
    inflate.destroy();
    await feeding.catch(() => {});
  }
}

/** Whoever reads the content meets the problem, so it is named here and not where members are handed out. */
async function* unpacked(inflate: ReturnType<typeof createGunzip>): AsyncGenerator<Uint8Array> {
  try {
    yield* inflate;
  } catch (problem) {
    const { code, message } = problem as NodeJS.ErrnoException;
    throw code?.startsWith('Z') ? new MalformedArchive(message) : problem;
  }
}

/** Writes a stream into a decompressor; a problem of either ends both. */
export async function feed(source: Bytes, sink: ReturnType<typeof createGunzip>): Promise<void> {
  try {
    for await (const chunk of source) {
      if (sink.destroyed) return;
      if (!sink.write(chunk))
        await new Promise<void>((resolve) => {
          const go = () => {
            sink.off('drain', go).off('close', go);
            resolve();
          };
          sink.once('drain', go).once('close', go);
        });
    }
    sink.end();
  } catch (problem) {
    sink.destroy(problem as Error);
  }
}

const BLOCK = 512;

async function* tarMembers(reader: ByteReader, path: readonly string[]): AsyncGenerator<Member> {
  let next: Record<string, string> = {};
  for (;;) {
    const header = await reader.take(BLOCK);
    // The end is two blocks of zeros; archives that just stop are common enough.
    if (header.length === 0 || header.every((byte) => byte === 0)) return;
    if (header.length < BLOCK) throw new MalformedArchive('it ends in a header');
    requireSum(header);
    const size = next['size'] === undefined ? number(header, 124, 12) : Number(next['size']);
    const type = String.fromCharCode(header[156] ?? 0);
    const padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      if (size > 1 << 20) throw new MalformedArchive('a name or attribute is longer than 1 MiB');
      const text = await reader.take(size + padding);
      if (type === 'x') next = { ...next, ...paxRecords(text.subarray(0, size)) };
      if (type === 'L') next = { ...next, path: zeroEnded(text, 0, size) };
      if (type === 'K') next = { ...next, linkpath: zeroEnded(text, 0, size) };
      continue;
    }
    const member = describe(header, type, next);
    next = {};
    const name = [...path, member.name];
    const left = reader.bytesLeftAfter(size);
    if (member.kind === 'file') yield* membersOf(reader.piece(size), name, member.facts);
    else yield { path: name, kind: member.kind, facts: member.facts, content: nothing() };
    await reader.skip(reader.unread(left));
    await reader.skip(padding);
  }
}

function describe(header: Buffer, type: string, pax: Readonly<Record<string, string>>) {
  const isUstar = header.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? zeroEnded(header, 345, 155) : '';
  const short = zeroEnded(header, 0, 100);
  const name = pax['path'] ?? (prefix ? `${prefix}/${short}` : short);
  const target = pax['linkpath'] ?? zeroEnded(header, 157, 100);
  const kinds: Readonly<Record<string, Member['kind']>> = {
    '\0': 'file',
    '0': 'file',
    '7': 'file',
    '1': 'link',
    '2': 'link',
    '5': 'directory',
  };
  const attributes = Object.entries(pax).filter(([key]) => key.startsWith('SCHILY.xattr.'));
  const facts: Record<string, string | number> = {
    mode: (number(header, 100, 8) & 0o7777).toString(8),
    owner: `${pax['uid'] ?? number(header, 108, 8)}:${pax['gid'] ?? number(header, 116, 8)}`,
    names: `${pax['uname'] ?? zeroEnded(header, 265, 32)}:${pax['gname'] ?? zeroEnded(header, 297, 32)}`,
    time: pax['mtime'] === undefined ? number(header, 136, 12) : Math.floor(Number(pax['mtime'])),
    ...(type === '1' || type === '2' ? { target } : {}),
    ...Object.fromEntries(attributes),
  };
  return { name, facts, kind: kinds[type] ?? ('special' as const) };
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
    records[key] = text.toString(key.startsWith('SCHILY.xattr.') ? 'hex' : 'utf8', equals + 1);
    at += length;
  }
  return records;
}

function requireSum(header: Buffer): void {
  let sum = 0;
  for (const [i, byte] of header.entries()) sum += i >= 148 && i < 156 ? 0x20 : byte;
  if (sum !== number(header, 148, 8)) throw new MalformedArchive('the checksum of a header is wrong');
}

/** Octal digits, or a binary number behind a first bit that is set (GNU). */
function number(header: Buffer, offset: number, length: number): number {
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

/** System V and BSD ar: a header of 60 bytes each, content padded to an even length. */
async function* arMembers(reader: ByteReader, path: readonly string[]): AsyncGenerator<Member> {
  await reader.take(8);
  for (;;) {
    const header = await reader.take(60);
    if (header.length === 0) return;
    const size = Number(header.toString('latin1', 48, 58));
    if (header.length < 60 || header.toString('latin1', 58) !== '`\n' || !(size >= 0))
      throw new MalformedArchive('a header of ar is wrong');
    const name = header.toString('latin1', 0, 16).trimEnd().replace(/\/$/, '');
    const facts = {
      mode: header.toString('latin1', 40, 48).trim(),
      time: header.toString('latin1', 16, 28).trim(),
    };
    const left = reader.bytesLeftAfter(size);
    yield* membersOf(reader.piece(size), [...path, name], facts);
    await reader.skip(reader.unread(left));
    await reader.skip(size % 2);
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Takes bytes off the front of a stream, as many as are asked for. */
class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);
  #taken = 0;

  constructor(source: Bytes) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Up to `length` bytes, left where they are; fewer at the end of the stream. */
  async peek(length: number): Promise<Buffer> {
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
  bytesLeftAfter(length: number): number {
    return this.#taken + length;
  }

  unread(end: number): number {
    return end - this.#taken;
  }

  rest(): Bytes {
    return this.piece(Number.POSITIVE_INFINITY);
  }

  /** The next bytes as they come; whole when the stream has them, and a Failure of the archive when not. */
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
}
