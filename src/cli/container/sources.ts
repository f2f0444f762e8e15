/** The sources of a checkout: found by upstream's filters, compared with what the volume holds, sent as a tar. */
import { compileFilter } from '../../formats/rsyncfilter.ts';
import { type TarMember, tar } from '../../formats/tar.ts';
import type { Files } from '../../host/files.ts';
import type { ContainerBuild } from '../../tree/container/facts.ts';
import type { SourceRow } from './state.ts';

export type SourceRows = Readonly<Record<string, SourceRow>>;

const KIND = 0o170000;
const DIRECTORY = 0o040000;
const LINK = 0o120000;
const FILE = 0o100000;

/** Every directory, file and link that is sent, by its path; parents before what is in them. */
export function collectSources(
  files: Files,
  root: string,
  build: Pick<ContainerBuild, 'send'>,
  out: string,
): Record<string, SourceRow> {
  const verdict = compileFilter(build.send);
  const rows: Record<string, SourceRow> = {};
  const walk = (directory: string): void => {
    for (const listed of files.list(directory === '' ? root : `${root}/${directory}`)) {
      const isDirectory = listed.endsWith('/');
      const name = isDirectory ? listed.slice(0, -1) : listed;
      const path = directory === '' ? name : `${directory}/${name}`;
      if (`${root}/${path}` === out || verdict(path, isDirectory) !== 'send') continue;
      const stat = files.lstat(`${root}/${path}`);
      // Sockets and pipes are no sources; what is gone already was none.
      if (!stat || ![DIRECTORY, LINK, FILE].includes(stat.mode & KIND)) continue;
      const { mode, size, mtime, ctime, inode } = stat;
      rows[path] = isDirectory ? [mode, 0, 0, 0, inode] : [mode, size, mtime, ctime, inode];
      if (isDirectory) walk(path);
    }
  };
  walk('');
  return rows;
}

export interface SourceChanges {
  /** In an order in which they can be made. */
  readonly sent: readonly string[];
  /** What the volume holds and the checkout no more; nothing below another one of them. */
  readonly removed: readonly string[];
  readonly bytes: number;
}

/** What must be done to a volume that holds `before` for it to hold `now`. */
export function sourceChanges(before: SourceRows, now: SourceRows): SourceChanges {
  const sent = Object.keys(now).filter((path) => !isSame(before[path], now[path]));
  const gone = Object.keys(before).filter((path) => now[path] === undefined);
  const goneSet = new Set(gone);
  const removed = gone.filter((path) => !goneSet.has(parentOf(path)));
  const bytes = sent.reduce((sum, path) => sum + (now[path]?.[1] ?? 0), 0);
  return { sent, removed: removed.sort(), bytes };
}

/** Whether the paths name directories alone: sending these again changes times. */
export function areDirectories(rows: SourceRows, paths: readonly string[]): boolean {
  return paths.every((path) => ((rows[path]?.[0] ?? 0) & KIND) === DIRECTORY);
}

function isSame(a: SourceRow | undefined, b: SourceRow | undefined): boolean {
  return a !== undefined && b !== undefined && a.every((value, i) => value === b[i]);
}

/** What is there after a command: everything, or the directories alone where no time of change can be asked for. */
export interface Remaining {
  readonly paths: readonly string[];
  readonly isEverything: boolean;
}

/**
 * Rows without what a command inside touched: those are sent again, of a directory its times. Where only directories are known,
 * a touched one means the files in it too, since one of them may be gone.
 */
export function withoutTouched(
  rows: SourceRows,
  touched: readonly string[],
  { paths, isEverything }: Remaining,
): SourceRows {
  const names = new Set(touched);
  const there = new Set(paths);
  const isHeld = ([path, [mode]]: [string, SourceRow]): boolean => {
    if (isEverything) return there.has(path) && !names.has(path);
    if ((mode & KIND) === DIRECTORY) return there.has(path);
    const parent = parentOf(path);
    return there.has(parent) && !names.has(path) && !names.has(parent);
  };
  return Object.fromEntries(Object.entries(rows).filter(isHeld));
}

/** The directory of a path; empty for the root. */
function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

const PIECE = 1 << 20;
const BLOCK = 256 << 10;

/** The chosen entries as a tar, owned by the caller. A file that changes on the way is told by its length. */
export async function* sourceArchive(
  files: Files,
  root: string,
  rows: SourceRows,
  paths: readonly string[],
  owner: { readonly uid: number; readonly gid: number },
): AsyncGenerator<Uint8Array> {
  yield* inBlocks(tar(members(files, root, rows, withParents(rows, paths), owner)));
}

/** With the directories that hold what is sent: unpacking touches them, and makefiles ask for their times. */
function withParents(rows: SourceRows, paths: readonly string[]): readonly string[] {
  if (paths.length === Object.keys(rows).length) return paths;
  const wanted = new Set(paths);
  for (const path of paths) if (path.includes('/')) wanted.add(parentOf(path));
  return Object.keys(rows).filter((path) => wanted.has(path));
}

function* members(
  files: Files,
  root: string,
  rows: SourceRows,
  paths: readonly string[],
  owner: { readonly uid: number; readonly gid: number },
): Generator<TarMember> {
  for (const path of paths) {
    const [mode, size, mtime] = rows[path] as SourceRow;
    const common = { path, mode: mode & 0o777, ...owner, mtime: Math.floor(mtime / 1000), size: 0 };
    if ((mode & KIND) === DIRECTORY) {
      const changed = files.lstat(`${root}/${path}`)?.mtime ?? 0;
      yield { entry: { ...common, mtime: Math.floor(changed / 1000), kind: 'directory' } };
    } else if ((mode & KIND) === LINK)
      yield { entry: { ...common, kind: 'symlink', target: files.readLink(`${root}/${path}`) ?? '' } };
    else if (size <= PIECE) {
      const content = files.readBytes(`${root}/${path}`);
      yield { entry: { ...common, kind: 'file', size: content.length }, content };
    } else
      yield {
        entry: { ...common, kind: 'file', size },
        content: files.chunks(`${root}/${path}`, true),
      };
  }
}

/** Small pieces joined: 70,000 of them would each be a packet. */
export async function* inBlocks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let block = Buffer.allocUnsafe(BLOCK);
  let used = 0;
  for await (const piece of source) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + BLOCK - used);
      block.set(part, used);
      [at, used] = [at + part.length, used + part.length];
      if (used < BLOCK) continue;
      yield block;
      block = Buffer.allocUnsafe(BLOCK);
      used = 0;
    }
  }
  if (used > 0) yield block.subarray(0, used);
}
