/**
 * The content index: path → (stat, digest, shape). A file is read again only when its stat moved, or when it was
 * written so shortly before it was indexed that a second write could hide behind the same time (git's racy rule).
 */
import { type Digest, digestOfBytes } from '../../formats/digest.ts';
import type { FileStat, Files } from '../../host/files.ts';
import { declarationsOf } from './declarations.ts';
import { readGoHeader } from './header.ts';

/** mtime, ctime, size, inode, mode, time of indexing, digest, shape, declarations ('' when not asked for). */
export type IndexRow = readonly [number, number, number, number, number, number, Digest, Digest, Digest];

export interface IndexedFile {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  /** Digest of what decides the package graph: package name, imports, constraints, embeds. '' for other files. */
  readonly shape: Digest;
  /** Digest of what generators see. '' for files that no generator reads. */
  readonly declarations: Digest;
}

/** Whether generators read the file, so that its declarations are digested too. */
export type ReadByGenerators = (path: string) => boolean;

// Time stamps come in ticks: milliseconds on ext4 and XFS, two seconds on FAT.
const FINE_TICK_MILLISECONDS = 20;
const COARSE_TICK_MILLISECONDS = 2_000;
const LARGE_BYTES = 4 * 1024 ** 2;
const MOST_TRIES = 10;

export class FileIndex {
  readonly #files: Files;
  readonly #root: string;
  readonly #now: () => number;
  readonly #rows: Map<string, IndexRow>;
  readonly #seen = new Map<string, IndexedFile | undefined>();
  readonly #trustsStats: boolean;
  readonly #readsGo: boolean;
  /** Files read and digested by this object: zero on a run with nothing changed. */
  hashed = 0;
  /** Files whose stat says that they are as they were, and whose bytes say otherwise. */
  readonly disagreements: string[] = [];

  /**
   * Without `trustsStats` every file is digested again, and compared with what was remembered. Without `readsGo` a Go file is
   * a file as any other: it has no shape and no declarations.
   */
  constructor(
    files: Files,
    root: string,
    now: () => number,
    rows: Readonly<Record<string, IndexRow>> = {},
    trustsStats = true,
    readsGo = true,
  ) {
    this.#files = files;
    this.#root = root;
    this.#now = now;
    this.#rows = new Map(Object.entries(rows));
    this.#trustsStats = trustsStats;
    this.#readsGo = readsGo;
  }

  /** What the file holds now; undefined when there is none. One stat per path and run. */
  read(path: string, readByGenerators: ReadByGenerators = () => false): IndexedFile | undefined {
    const seen = this.#seen.get(path);
    if (this.#seen.has(path) && (seen?.declarations !== '' || !readByGenerators(path))) return seen;
    const found = this.#lookUp(path, readByGenerators);
    this.#seen.set(path, found);
    return found;
  }

  /** What the index remembers from earlier runs, whatever the disk says now. */
  remembered(path: string): IndexedFile | undefined {
    const row = this.#rows.get(path);
    return row && fromRow(row);
  }

  /** Whether the file still is as this object read it: asked after a build, before its result is stored. */
  isUnmoved(path: string): boolean {
    const row = this.#rows.get(path);
    return row !== undefined && sameStat(row, this.#files.stat(this.absolute(path)));
  }

  /** Forgets what this run has seen of the files, so that they are looked at again. */
  refresh(): void {
    this.#seen.clear();
  }

  absolute(path: string): string {
    return path.startsWith('/') ? path : `${this.#root}/${path}`;
  }

  /** All rows, for saving; rows of files that went are dropped. */
  rows(): Record<string, IndexRow> {
    return Object.fromEntries(this.#rows);
  }

  #lookUp(path: string, readByGenerators: ReadByGenerators): IndexedFile | undefined {
    const absolute = this.absolute(path);
    const row = this.#rows.get(path);
    let stat = this.#files.stat(absolute);
    if (!stat) {
      this.#rows.delete(path);
      return undefined;
    }
    const isKnown = row !== undefined && sameStat(row, stat) && !isRacy(row);
    if (isKnown && this.#trustsStats && (row[8] !== '' || !readByGenerators(path))) return fromRow(row);
    for (let tries = 1; ; tries++) {
      const indexedAt = this.#now();
      const file = this.#describe(path, absolute, stat.size, readByGenerators);
      this.hashed++;
      const after = this.#files.stat(absolute);
      if (!after) return undefined;
      const moved = !sameStat(toRow(stat), after);
      stat = after;
      if (moved && tries < MOST_TRIES) continue;
      if (isKnown && file.digest !== row[6]) this.disagreements.push(path);
      // What never stands still is used as it was read, and remembered by nobody.
      if (moved) this.#rows.delete(path);
      else this.#rows.set(path, [...toRow(stat), indexedAt, file.digest, file.shape, file.declarations]);
      return file;
    }
  }

  /** Archives and programs are digested without being held in memory. */
  #describe(path: string, absolute: string, size: number, readByGenerators: ReadByGenerators): IndexedFile {
    if (!this.#readsGo || (size > LARGE_BYTES && !path.endsWith('.go')))
      return { size, digest: this.#files.digest(absolute), shape: '', declarations: '' };
    return describe(path, this.#files.readBytes(absolute), readByGenerators);
  }
}

function describe(path: string, bytes: Buffer, readByGenerators: ReadByGenerators): IndexedFile {
  const digest = digestOfBytes(bytes);
  const size = bytes.length;
  if (!path.endsWith('.go')) return { digest, size, shape: '', declarations: '' };
  const text = bytes.toString('utf8');
  return {
    ...{ digest, size },
    shape: digestOfBytes(JSON.stringify(readGoHeader(text))).slice(0, 16),
    declarations: readByGenerators(path) ? digestOfBytes(declarationsOf(text)).slice(0, 16) : '',
  };
}

function fromRow(row: IndexRow): IndexedFile {
  return { digest: row[6], size: row[2], shape: row[7], declarations: row[8] };
}

function toRow(stat: FileStat): readonly [number, number, number, number, number] {
  return [stat.mtime, stat.ctime, stat.size, stat.inode, stat.mode];
}

function sameStat(row: readonly (number | string)[], stat: FileStat | undefined): boolean {
  return (
    stat !== undefined &&
    row[0] === stat.mtime &&
    row[1] === stat.ctime &&
    row[2] === stat.size &&
    row[3] === stat.inode &&
    row[4] === stat.mode
  );
}

function isRacy([mtime, , , , , indexedAt]: IndexRow): boolean {
  const tick = mtime % 1000 === 0 ? COARSE_TICK_MILLISECONDS : FINE_TICK_MILLISECONDS;
  return mtime > indexedAt - tick;
}
