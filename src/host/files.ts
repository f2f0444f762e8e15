/** Files and directories. Whatever others read appears whole under its final name, or not at all. */
import {
  appendFileSync,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statfsSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { digestOfFile } from './digests.ts';
import { settleFile, syncDirectory, syncFile } from './durable.ts';
import { asFailure } from './file-problem.ts';
import { type PlacedReads, placedReads, readInto } from './placed-reads.ts';
import { chunksOf, rangeOf, writeChunks } from './streams.ts';
import { supersede, writeNew } from './superseding.ts';
import { temporaryNameBeside } from './temporary.ts';

const READ_BUFFER = Buffer.allocUnsafeSlow(1 << 20);
// Licence, constraints and imports of nearly every Go file.
const HEAD_BYTES = 4096;

/** The five facts that tell whether a file may have changed; times in milliseconds with fractions. */
export interface FileStat {
  readonly mtime: number;
  readonly ctime: number;
  readonly size: number;
  readonly inode: number;
  readonly mode: number;
}

export class Files {
  #counter = 0;

  exists(path: string): boolean {
    return existsSync(path);
  }

  isDirectory(path: string): boolean {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  isFile(path: string): boolean {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  }

  /** Facts about the entry itself, links not followed; undefined when there is none. */
  lstat(path: string): FileStat | undefined {
    return this.#statted(path, lstatSync);
  }

  /** Facts about what the path leads to, links followed; undefined when there is none. */
  stat(path: string): FileStat | undefined {
    return this.#statted(path, statSync);
  }

  isLink(path: string): boolean {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  }

  readText(path: string): string {
    return this.#translated(path, () => readFileSync(path, 'utf8'));
  }

  readBytes(path: string): Buffer {
    return this.#translated(path, () => readFileSync(path));
  }

  /** The content of a file in memory that is there already; what is more than fits there is not read. */
  readInto(path: string, memory: Buffer): Buffer {
    return this.#translated(path, () => readInto(path, memory));
  }

  /** The text of a file, or undefined when there is none. */
  readTextIfAny(path: string): string | undefined {
    return this.isFile(path) ? this.readText(path) : undefined;
  }

  /** The beginning of a file as text, whether that is all of it, and its facts at that moment. */
  readHead(path: string): { readonly text: string; readonly isWhole: boolean; readonly stat: FileStat } {
    return this.#translated(path, () => {
      const file = openSync(path, 'r');
      try {
        const stat = toFileStat(fstatSync(file)) as FileStat;
        const read = readSync(file, READ_BUFFER, 0, HEAD_BYTES, 0);
        return { text: READ_BUFFER.toString('utf8', 0, read), isWhole: read < HEAD_BYTES, stat };
      } finally {
        closeSync(file);
      }
    });
  }

  /** Names in a directory, sorted by code unit; a trailing slash marks directories. */
  list(path: string): string[] {
    const entries = this.#translated(path, () => readdirSync(path, { withFileTypes: true }));
    return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
  }

  readLink(path: string): string | undefined {
    return this.isLink(path) ? readlinkSync(path) : undefined;
  }

  /** Bytes that an ordinary user may still write at a path, or at its nearest parent that exists. */
  freeBytes(path: string): number | undefined {
    for (let place = path; ; place = dirname(place)) {
      try {
        const { bavail, bsize } = statfsSync(place);
        return bavail * bsize;
      } catch {
        if (dirname(place) === place) return undefined;
      }
    }
  }

  realPath(path: string): string {
    return this.#translated(path, () => realpathSync.native(path));
  }

  makeDirectory(path: string, mode = 0o755): void {
    this.#translated(path, () => mkdirSync(path, { recursive: true, mode }));
  }

  /** Removes a file or a whole directory; links are removed, never followed. */
  remove(path: string): void {
    this.#translated(path, () => rmSync(path, { recursive: true, force: true, maxRetries: 2 }));
  }

  /** As `remove`, also below directories without write permission (Go's module cache is read-only). */
  removeAll(path: string): void {
    const unlock = (directory: string): void => {
      if (this.isLink(directory)) return;
      chmodSync(directory, 0o700);
      for (const name of this.list(directory))
        if (name.endsWith('/')) unlock(`${directory}/${name.slice(0, -1)}`);
    };
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      if (this.isDirectory(path)) unlock(path);
      this.remove(path);
    }
  }

  /** Resolves when the bytes of a file are on the disk: `publishMove` need not wait for them then. */
  readonly settle = settleFile;

  rename(from: string, to: string): void {
    this.#translated(to, () => renameSync(from, to));
  }

  setMode(path: string, mode: number): void {
    this.#translated(path, () => chmodSync(path, mode));
  }

  /** SHA-256 of a file of any size, in hexadecimal. */
  digest(path: string): string {
    return this.#translated(path, () => digestOfFile(path));
  }

  /** Opens a file for reads at any place while `use` runs; what lies behind its end is cut off. */
  readAtPlaces<T>(path: string, use: (file: PlacedReads) => T): T {
    const file = this.#translated(path, () => openSync(path, 'r'));
    try {
      return use(placedReads(file, path));
    } finally {
      closeSync(file);
    }
  }

  /** The content of a file, piece by piece, however large it is. */
  chunks(path: string, isFleeting = false): AsyncIterable<Uint8Array> {
    return chunksOf(path, isFleeting);
  }

  /** The bytes of a file from one place to another. */
  readonly range = rangeOf;

  /** Writes pieces to a file of a scratch directory as they come; not durable. Returns how many bytes there were. */
  writeChunks(path: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    return writeChunks(path, chunks);
  }

  /** Sets the time of last use (mtime) of a file; one that may not be touched is left as it is. */
  touch(path: string, milliseconds: number): void {
    try {
      utimesSync(path, milliseconds / 1000, milliseconds / 1000);
    } catch {
      // A hint for pruning, no more.
    }
  }

  /** Writes a file under its final name in one step, durable unless `fsync` is false. */
  publish(path: string, bytes: string | Uint8Array, options: { mode?: number; fsync?: boolean } = {}): void {
    const temporary = this.temporaryName(path);
    this.#translated(path, () => {
      mkdirSync(dirname(path), { recursive: true });
      try {
        const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
        writeNew(temporary, [data], options.mode ?? 0o644, options.fsync !== false);
        renameSync(temporary, path);
        if (options.fsync !== false) syncDirectory(dirname(path));
      } catch (problem) {
        rmSync(temporary, { force: true });
        throw problem;
      }
    });
  }

  /** Writes a large file piece by piece, and gives it its final name once it is whole; not durable. */
  publishPieces(path: string, pieces: Iterable<Uint8Array>, mode: number): void {
    const names = [this.temporaryName(path), this.temporaryName(path)] as const;
    this.#translated(path, () => supersede(path, pieces, mode, names));
  }

  /** Makes a file that must not exist yet, whole; false when it does. */
  createExclusive(path: string, text: string): boolean {
    return this.#translated(path, () => {
      mkdirSync(dirname(path), { recursive: true });
      const temporary = this.temporaryName(path);
      writeFileSync(temporary, text, { flag: 'wx' });
      try {
        linkSync(temporary, path);
        return true;
      } catch (problem) {
        if ((problem as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw problem;
      } finally {
        rmSync(temporary, { force: true });
      }
    });
  }

  append(path: string, text: string | Uint8Array): void {
    this.#translated(path, () => appendFileSync(path, text));
  }

  /** Writes a file of a scratch directory: in place, not durable. What others read is published instead. */
  write(path: string, bytes: string | Uint8Array): void {
    this.#translated(path, () => writeFileSync(path, bytes));
  }

  /** Copies a file (a reflink where the file system can) to its final name in one step; never a hard link. */
  publishCopy(from: string, to: string, mode: number): void {
    const temporary = this.temporaryName(to);
    this.#translated(to, () => {
      mkdirSync(dirname(to), { recursive: true });
      try {
        copyFileSync(from, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
        chmodSync(temporary, mode);
        syncFile(temporary);
        renameSync(temporary, to);
        syncDirectory(dirname(to));
      } catch (problem) {
        rmSync(temporary, { force: true });
        throw problem;
      }
    });
  }

  /** Moves a finished file to its final name: durable first, then renamed. Of another file system it is copied. */
  publishMove(from: string, to: string, mode: number): void {
    this.#translated(to, () => {
      mkdirSync(dirname(to), { recursive: true });
      if (statSync(from).dev !== statSync(dirname(to)).dev) {
        this.publishCopy(from, to, mode);
        rmSync(from);
        return;
      }
      chmodSync(from, mode);
      syncFile(from);
      renameSync(from, to);
      syncDirectory(dirname(to));
    });
  }

  /** Moves a finished file of the same file system to its final name, read-only; not made durable. */
  moveReadOnly(from: string, to: string): void {
    this.#translated(to, () => {
      mkdirSync(dirname(to), { recursive: true });
      chmodSync(from, 0o444);
      renameSync(from, to);
    });
  }

  /** Makes or replaces a symbolic link in one step; does nothing when it already points there. */
  publishLink(target: string, path: string): void {
    if (this.readLink(path) === target) return;
    const temporary = this.temporaryName(path);
    this.#translated(path, () => {
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync(target, temporary);
      try {
        renameSync(temporary, path);
      } catch (problem) {
        rmSync(temporary, { force: true });
        throw problem;
      }
    });
  }

  /** A name beside `path` that no other run uses. */
  temporaryName(path: string): string {
    return temporaryNameBeside(path, this.#counter++);
  }

  #statted(path: string, stat: typeof lstatSync): FileStat | undefined {
    try {
      return toFileStat(stat(path, { throwIfNoEntry: false }));
    } catch (problem) {
      // A file where a directory should be: there is no such entry.
      if ((problem as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
      throw asFailure(problem, path);
    }
  }

  #translated<T>(path: string, action: () => T): T {
    try {
      return action();
    } catch (problem) {
      throw asFailure(problem, path);
    }
  }
}

function toFileStat(stats: Stats | undefined): FileStat | undefined {
  if (!stats) return undefined;
  return { mtime: stats.mtimeMs, ctime: stats.ctimeMs, size: stats.size, inode: stats.ino, mode: stats.mode };
}
