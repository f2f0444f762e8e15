/** What of a release is published: its files, and what its archives hold that upstream publishes naked too. */
import { join } from 'node:path';
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import { membersOf, plain, RefusedArchive } from '../../formats/oci/layer.ts';
import { extraPath, isChecksum, programArchives, programPath } from '../../release/publication.ts';
import type { Session } from '../session.ts';

export interface ReleaseFile {
  /** Below the directory of the version. */
  readonly path: string;
  readonly file: string;
}

export interface ReleaseContents {
  readonly files: readonly ReleaseFile[];
  /** As the archive that ties the release together says it. */
  readonly version?: string;
}

/** The archive that ties a release together; it holds the version and what the cloud's start-up scripts are. */
const FINAL = 'kubernetes.tar.gz';
const VERSION = 'version';

/** Reads a release directory. Members of archives are unpacked beside the outputs, once for each archive. */
export async function readRelease(session: Session, directory: string): Promise<ReleaseContents> {
  const { files } = session.context.host;
  if (!files.isDirectory(directory)) throw new Failure(nothingThere(directory, 'there is no such directory'));
  const own = filesBelow(session, directory).map((path) => ({ path, file: join(directory, path) }));
  const names = own.map(({ path }) => path);
  if (own.length === 0) throw new Failure(nothingThere(directory, 'it holds no file'));
  // A directory that is laid out like a published release brings its programs along.
  const wanted = names.some((name) => name.startsWith('bin/')) ? [] : programArchives(names);
  const found = new Map<string, ReleaseFile>();
  let version: string | undefined;
  for (const { name, platform } of wanted)
    for (const one of await unpacked(session, join(directory, name), (member) =>
      programPath(member, platform),
    ))
      if (!found.has(one.path)) found.set(one.path, one);
  if (names.includes(FINAL))
    for (const one of await unpacked(session, join(directory, FINAL), finalPath))
      if (one.path === VERSION) version = files.readText(one.file).trim();
      else if (!names.includes(one.path)) found.set(one.path, one);
  const all = [...own.filter(({ path }) => !isChecksum(path)), ...found.values()];
  return {
    files: all.sort((a, b) => (a.path < b.path ? -1 : 1)),
    ...(version === undefined ? {} : { version }),
  };
}

function finalPath(member: string): string | undefined {
  return /^[^/]+\/version$/.test(member) ? VERSION : extraPath(member);
}

/** Names of ordinary files, the directories in front; what is not finished and links are left out. */
function filesBelow({ context }: Session, root: string, sub = ''): string[] {
  const { files } = context.host;
  return files.list(join(root, sub)).flatMap((entry) => {
    if (entry.startsWith('.')) return [];
    const path = `${sub}${entry}`;
    if (entry.endsWith('/')) return filesBelow({ context } as Session, root, path);
    return files.isFile(join(root, path)) && !files.isLink(join(root, path)) ? [path] : [];
  });
}

/** Members that have a place, in a directory named by the digest of the archive: a killed run finds them again. */
async function unpacked(
  session: Session,
  archive: string,
  placeOf: (member: string) => string | undefined,
): Promise<ReleaseFile[]> {
  const { files } = session.context.host;
  const directory = `${unpackedBelow(session)}/${files.digest(archive).slice(0, 32)}`;
  if (!files.isDirectory(directory)) {
    const scratch = files.temporaryName(directory);
    try {
      await unpack(session, archive, scratch, placeOf);
      files.rename(scratch, directory);
    } catch (problem) {
      if (problem instanceof RefusedArchive) throw new Failure(damaged(archive, problem.message));
      throw problem;
    } finally {
      files.remove(scratch);
    }
  }
  return filesBelow(session, directory).map((path) => ({ path, file: join(directory, path) }));
}

/** Where members lie while a release is published. */
export function unpackedBelow({ own }: Session): string {
  return `${own}/publish`;
}

async function unpack(
  { context }: Session,
  archive: string,
  directory: string,
  placeOf: (member: string) => string | undefined,
): Promise<void> {
  const { files } = context.host;
  files.makeDirectory(directory);
  for await (const { path, kind, content } of membersOf(plain(files.chunks(archive)))) {
    context.signal.throwIfAborted();
    const place = kind === 'file' ? placeOf(path) : undefined;
    if (place === undefined) continue;
    const file = join(directory, place);
    files.makeDirectory(join(file, '..'));
    await files.writeChunks(file, content);
  }
}

function damaged(archive: string, why: string): Diagnostic {
  return error('archive/damaged', {
    what: `${archive} cannot be read`,
    where: [{ file: archive }],
    why,
    help: 'make it again: kubewright release; nothing was published',
  });
}

function nothingThere(directory: string, why: string): Diagnostic {
  return error('artifact/none', {
    what: `there is no release in ${directory}`,
    why,
    help: 'make one first (kubewright release), or name its directory: --release DIR',
  });
}
