/**
 * What lies in an archive, and in the archives in it: tar (ustar, GNU and PAX), gzip, zstd and ar, told by their first
 * bytes. Content is streamed; nothing is written anywhere. A form that is not known is handed out as a file.
 */
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { arEntries } from './ararchive.ts';
import { ByteReader, type Bytes, MalformedArchive } from './bytereader.ts';
import { type ReadTarEntry, type TarKind, tarEntries } from './tarreader.ts';

export { type Bytes, MalformedArchive } from './bytereader.ts';

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

const DEEPEST = 8;

/** All members of a stream, outermost first. The first one is the stream itself: an archive, or a plain file. */
export async function* membersOf(
  content: Bytes,
  path: readonly string[] = [],
  facts: Member['facts'] = {},
): AsyncGenerator<Member> {
  const reader = new ByteReader(content);
  const member = { path, facts, kind: 'file' } as const;
  try {
    const archive = path.length < DEEPEST ? formOf(await reader.peek(512)) : undefined;
    if (!archive) {
      yield { ...member, content: reader.rest() };
      await reader.skip(Number.POSITIVE_INFINITY);
      return;
    }
    yield { ...member, archive, content: nothing() };
    if (archive === 'tar') yield* tarMembers(reader, path);
    else if (archive === 'ar') yield* arMembers(reader, path);
    else yield* compressedMember(reader, archive, path);
  } finally {
    await reader.close();
  }
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

async function* tarMembers(reader: ByteReader, path: readonly string[]): AsyncGenerator<Member> {
  for await (const { entry, content } of tarEntries(reader)) {
    const name = [...path, entry.path];
    const facts = factsOf(entry);
    if (entry.kind === 'file') yield* membersOf(content, name, facts);
    else yield { path: name, kind: kindOf(entry.kind), facts, content };
  }
}

function kindOf(kind: TarKind): Member['kind'] {
  if (kind === 'directory' || kind === 'file') return kind;
  return kind === 'symlink' || kind === 'link' ? 'link' : 'special';
}

function factsOf({
  mode,
  uid,
  gid,
  user,
  group,
  mtime,
  target,
  kind,
  xattrs,
}: ReadTarEntry): Member['facts'] {
  const attributes = Object.entries(xattrs).map(([name, value]) => [`SCHILY.xattr.${name}`, value]);
  return {
    ...{ mode: mode.toString(8), owner: `${uid}:${gid}`, names: `${user}:${group}`, time: mtime },
    ...(kind === 'link' || kind === 'symlink' ? { target } : {}),
    ...Object.fromEntries(attributes),
  };
}

async function* arMembers(reader: ByteReader, path: readonly string[]): AsyncGenerator<Member> {
  for await (const { name, mode, time, content } of arEntries(reader))
    yield* membersOf(content, [...path, name], { mode, time });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
