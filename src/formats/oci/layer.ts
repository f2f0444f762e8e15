/** A layer as a stream: what it changes in the root file system, and whether it is one that may be used. */
import { createHash } from 'node:crypto';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { ByteReader, MalformedArchive } from '../bytereader.ts';
import { type TarKind, tarEntries } from '../tarreader.ts';
import { feed } from '../unpack.ts';

export type Bytes = AsyncIterable<Uint8Array>;

/** What of a layer others build on. Ordinary files are not listed. */
export interface LayerFacts {
  /** Digest of the uncompressed layer. */
  readonly diffId: string;
  /** Bytes of the uncompressed layer. */
  readonly size: number;
  /** Directories, and symbolic links with their targets, by path without slashes at the ends. */
  readonly entries: Readonly<Record<string, { readonly link?: string }>>;
  /** Paths that the layer removes; `a/` removes what is in `a` (OCI image-spec, layer: whiteouts). */
  readonly removed: readonly string[];
}

export interface ArchiveLimits {
  /** Uncompressed bytes. */
  readonly bytes: number;
  readonly members: number;
  /** Uncompressed bytes for each compressed one. */
  readonly ratio: number;
}

/** Reliability R8.4. */
export const ARCHIVE_LIMITS: ArchiveLimits = { bytes: 32 * 1024 ** 3, members: 2_000_000, ratio: 1000 };

/** Small archives may be all zeros. */
const RATIO_FROM = 64 * 1024 * 1024;

/** The archive tries what no honest one does, or is damaged; `message` says what, `isHostile` which of the two. */
export class RefusedArchive extends Error {
  readonly isHostile: boolean;

  constructor(message: string, isHostile: boolean) {
    super(message);
    this.isHostile = isHostile;
  }
}

/** Reads a whole layer, gzip, zstd or plain, and refuses one that would reach out of its root. */
export async function readLayer(source: Bytes, limits = ARCHIVE_LIMITS): Promise<LayerFacts> {
  const sum = createHash('sha256');
  const entries: Record<string, { link?: string }> = {};
  const removed: string[] = [];
  let size = 0;
  async function* hashed(): Bytes {
    for await (const chunk of plain(source, limits)) {
      sum.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  for await (const member of membersOf(hashed(), limits)) {
    const { path, kind, target } = member;
    if (path === '') continue;
    const name = path.slice(path.lastIndexOf('/') + 1);
    const directory = path.slice(0, path.length - name.length);
    if (name === '.wh..wh..opq') removed.push(directory);
    else if (name.startsWith('.wh.')) removed.push(`${directory}${name.slice('.wh.'.length)}`);
    else if (kind === 'directory') entries[path] = {};
    else if (kind === 'symlink') entries[path] = { link: target };
  }
  return { diffId: `sha256:${sum.digest('hex')}`, size, entries, removed };
}

export interface ArchiveMember {
  /** Without `./` and slashes at the ends; empty for the root. */
  readonly path: string;
  readonly kind: TarKind;
  readonly target: string;
  /** To be read, or left, before the next member is asked for. */
  readonly content: Bytes;
}

/** The members of a tar stream. Names and links that leave the root, and broken headers, are refused. */
export async function* membersOf(source: Bytes, limits = ARCHIVE_LIMITS): AsyncGenerator<ArchiveMember> {
  const reader = new ByteReader(source);
  let members = 0;
  try {
    for await (const { entry, content } of tarEntries(reader, { needsEnd: true })) {
      if (++members > limits.members)
        throw new RefusedArchive(`it has more than ${limits.members} members`, true);
      const { kind, target } = entry;
      const path = checkedName(entry.path);
      checkLink(path, kind, target);
      yield { path, kind, target, content };
    }
    // What follows the end belongs to the bytes that are summed.
    await reader.skip(Number.POSITIVE_INFINITY);
  } catch (thrown) {
    if (!(thrown instanceof MalformedArchive)) throw thrown;
    throw new RefusedArchive(`it is no whole tar archive: ${thrown.message}`, false);
  } finally {
    await reader.close();
  }
}

function checkedName(name: string): string {
  const shown = JSON.stringify(name.slice(0, 200));
  if (name.includes('\0')) throw new RefusedArchive(`the name ${shown} holds a zero byte`, true);
  if (name.startsWith('/')) throw new RefusedArchive(`the name ${shown} is absolute`, true);
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new RefusedArchive(`the name ${shown} leads out of the archive`, true);
  return parts.join('/');
}

/** A hard link stays in the archive; so does a relative symbolic link. An absolute one means the image's own root. */
function checkLink(path: string, kind: TarKind, target: string): void {
  if (kind === 'link') checkedName(target.replace(/^\//, ''));
  if (kind !== 'symlink' || target.startsWith('/')) return;
  let depth = path.split('/').length - 1;
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    depth += part === '..' ? -1 : 1;
    if (depth < 0)
      throw new RefusedArchive(`the link ${path} -> ${target.slice(0, 200)} leads out of the archive`, true);
  }
}

/** The bytes of a stream without their compression, if they have one: gzip and zstd, told by their first bytes. */
export async function* plain(source: Bytes, limits = ARCHIVE_LIMITS): AsyncGenerator<Uint8Array> {
  let packed = 0;
  let size = 0;
  async function* counted(): Bytes {
    for await (const chunk of source) {
      packed += chunk.length;
      yield chunk;
    }
  }
  const { form, bytes } = await formOf(counted());
  const stream = form === 'plain' ? bytes : inflated(bytes, form);
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limits.bytes) throw new RefusedArchive(`it holds more than ${limits.bytes} bytes`, true);
    if (size > RATIO_FROM && size > packed * limits.ratio)
      throw new RefusedArchive(`it unpacks to more than ${limits.ratio} times its size`, true);
    yield chunk;
  }
}

type Form = 'gzip' | 'zstd' | 'plain';

async function formOf(source: Bytes): Promise<{ form: Form; bytes: Bytes }> {
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  const head: Uint8Array = first.done ? new Uint8Array() : first.value;
  async function* bytes(): Bytes {
    if (!first.done) yield head;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  }
  const isZstd = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
  const form = head[0] === 0x1f && head[1] === 0x8b ? 'gzip' : isZstd ? 'zstd' : 'plain';
  return { form, bytes: bytes() };
}

async function* inflated(source: Bytes, form: 'gzip' | 'zstd'): AsyncGenerator<Uint8Array> {
  const options = { chunkSize: 256 * 1024 };
  const inflate = form === 'gzip' ? createGunzip(options) : createZstdDecompress(options);
  const feeding = feed(source, inflate);
  try {
    for await (const chunk of inflate) yield chunk as Buffer;
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code?.startsWith('Z'))
      throw new RefusedArchive(`its compression is damaged: ${(problem as Error).message}`, false);
    throw problem;
  } finally {
    inflate.destroy();
    await feeding;
  }
}
