/** Parts that come as archives, as cri-tools and the CNI plugins are published: unpacked once, beside the outputs. */
import { basename, dirname, join, resolve } from 'node:path';
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import { MalformedArchive, type Member, membersOf } from '../../formats/unpack.ts';
import type { Host } from '../../host/host.ts';
import { type Platform, splitPlatform } from '../../target/platform.ts';
import type { Session } from '../session.ts';

/** A part that somebody else built, as the command line names it: `--part cri-tools@1.30.0=DIR`. */
export interface GivenPart {
  readonly name: string;
  readonly version?: string;
  /** As typed; `{arch}` stands for the architecture in Go's words. */
  readonly path: string;
}

const ARCHIVE = /\.(tar|tgz|tar\.(gz|zst))$/;
// CNI plugins have a hundred MiB; what unpacks to this is no such archive.
const MOST_BYTES = 2 * 1024 ** 3;

/** The same parts, with the directory of its files in the place of each archive. */
export async function unpackedParts(
  { context, own }: Session,
  parts: readonly GivenPart[],
  platform: Platform,
): Promise<ReadonlyMap<string, GivenPart>> {
  const { host } = context;
  const { arch } = splitPlatform(platform);
  const given = new Map<string, GivenPart>();
  for (const part of parts) {
    const path = resolve(host.workingDirectory, part.path.replaceAll('{arch}', arch));
    const isArchive = ARCHIVE.test(path) && host.files.isFile(path);
    const named = versionInName(path);
    given.set(part.name, {
      ...part,
      ...(isArchive && part.version === undefined && named !== undefined ? { version: named } : {}),
      path: isArchive ? await unpacked(host, path, `${own}/parts`) : part.path,
    });
  }
  return given;
}

/** `crictl-v1.30.0-linux-amd64.tar.gz` → `1.30.0` */
export function versionInName(path: string): string | undefined {
  return /(?<![\d.])v?(\d+\.\d+\.\d+(?:\.\d+)?(?:-(?:alpha|beta|rc)\.?\d*)?)/.exec(basename(path))?.[1];
}

async function unpacked(host: Host, archive: string, below: string): Promise<string> {
  const directory = join(below, host.files.digest(archive).slice(0, 32));
  if (host.files.isDirectory(directory)) return directory;
  const scratch = host.files.temporaryName(directory);
  try {
    await unpack(host, archive, scratch);
    host.files.rename(scratch, directory);
  } catch (problem) {
    if (problem instanceof MalformedArchive) throw new Failure(damaged(archive, problem.message));
    throw problem;
  } finally {
    host.files.remove(scratch);
  }
  return directory;
}

async function unpack(host: Host, archive: string, directory: string): Promise<void> {
  let bytes = 0;
  const counted = async function* (content: Member['content']) {
    for await (const chunk of content) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw new Failure(damaged(archive, 'it unpacks to more than 2 GiB'));
      yield chunk;
    }
  };
  host.files.makeDirectory(directory);
  for await (const { path, kind, facts, content, archive: inner } of membersOf(host.files.chunks(archive))) {
    if (path.length === 0 || kind === 'directory') continue;
    const name = path[0]?.replace(/^(\.\/)+/, '') ?? '';
    const isSafe = path.length === 1 && !inner && /^(?!\/)(?!.*(^|\/)\.\.?(\/|$))[^\0]+$/.test(name);
    if (kind !== 'file' || !isSafe)
      throw new Failure(damaged(archive, `${path.join(' in ')} is no ordinary file below its directory`));
    const file = join(directory, name);
    host.files.makeDirectory(dirname(file));
    await host.files.writeChunks(file, counted(content));
    const mode = Number.parseInt(String(facts['mode'] ?? '755'), 8);
    host.files.setMode(file, (mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}

function damaged(archive: string, why: string): Diagnostic {
  return error('systempackage/part-damaged', {
    what: `${archive} cannot be unpacked`,
    why,
    help: 'fetch it again and compare its checksum; or unpack it yourself and name the directory',
  });
}
