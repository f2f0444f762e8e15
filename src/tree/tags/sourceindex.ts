/**
 * The Go files of a tree by stat: a directory is listed again when its time moved, a file read again when its stat
 * moved, and nothing else is touched. A time so young that a second write could hide behind it is not trusted
 * (git's racy rule). This file knows stats; what is in a file is `tag.ts` and `facts.ts`.
 */
import { digestOfBytes } from '../../formats/digest.ts';
import type { FileStat, Files } from '../../host/files.ts';
import { type SourceFacts, sourceFacts } from './facts.ts';
import { type GeneratorTag, hasTags, readTags } from './tag.ts';

/** What the index keeps of a file: mtime, ctime, size, inode, time of reading. */
type Stamp = readonly [mtime: number, ctime: number, size: number, inode: number, readAt: number];

interface FileRow {
  readonly stamp: Stamp;
  /** Absent when the file has none. */
  readonly tags?: readonly GeneratorTag[];
  /** Texts of the second filter that the file holds, of those that were asked for (spec codegen 2). */
  readonly mentions?: readonly string[];
  facts?: SourceFacts;
  digest?: string;
}

interface DirectoryRow {
  readonly stamp: Stamp;
  readonly directories: readonly string[];
  readonly files: readonly string[];
}

/** The saved form, plain data. */
export interface SourceIndexState {
  /** What was looked for: another question asks all files anew. */
  readonly question: string;
  readonly directories: Record<string, DirectoryRow>;
  readonly files: Record<string, FileRow>;
}

const FINE_TICK = 20;
const COARSE_TICK = 2_000;
const TAG_BYTES = Buffer.from('+k8s:');
const CLIENT_BYTES = Buffer.from('+g');

export class SourceIndex {
  readonly #files: Files;
  readonly #root: string;
  readonly #now: () => number;
  readonly #needles: readonly string[];
  readonly #saved: SourceIndexState;
  readonly #findsClients: boolean;
  readonly #directories = new Map<string, DirectoryRow | undefined>();
  readonly #rows = new Map<string, FileRow | undefined>();
  /** Files read by this object: zero when nothing changed. */
  reads = 0;

  /** `needles`: the texts whose presence in a tagged file is to be known. */
  constructor(
    files: Files,
    root: string,
    now: () => number,
    needles: readonly string[],
    saved?: SourceIndexState,
    findsClients = false,
  ) {
    this.#files = files;
    this.#root = root;
    this.#now = now;
    this.#needles = needles;
    this.#findsClients = findsClients;
    this.#saved = saved?.question === this.#question() ? saved : { question: '', directories: {}, files: {} };
  }

  /** All directories below `start` (relative, '' for the root), itself first; `skip` prunes. Links are not followed. */
  walk(start: string, skip: (path: string) => boolean): string[] {
    const found: string[] = [];
    const visit = (path: string): void => {
      const row = this.#directory(path);
      if (!row) return;
      found.push(path);
      for (const name of row.directories) {
        const below = path === '' ? name : `${path}/${name}`;
        if (!skip(below)) visit(below);
      }
    };
    visit(start);
    return found;
  }

  /** Names of the Go files in a directory, sorted; none when there is no such directory. */
  goFiles(directory: string): readonly string[] {
    return this.#directory(directory)?.files ?? [];
  }

  exists(directory: string): boolean {
    return this.#directory(directory) !== undefined;
  }

  /** Generator tags of a file that upstream's first filter picks; none otherwise. */
  tags(path: string): readonly GeneratorTag[] {
    return this.#row(path)?.tags ?? [];
  }

  mentions(path: string): readonly string[] {
    return this.#row(path)?.mentions ?? [];
  }

  /** What generators learn from the file; undefined when it is gone. */
  facts(path: string): SourceFacts | undefined {
    const row = this.#row(path);
    if (row && !row.facts) row.facts = sourceFacts(path, this.#read(path).toString('utf8'));
    return row?.facts;
  }

  /** Digest of all bytes of the file. */
  digest(path: string): string | undefined {
    const row = this.#row(path);
    if (row && !row.digest) row.digest = digestOfBytes(this.#read(path)).slice(0, 20);
    return row?.digest;
  }

  /** The text of a file, for the underline of a letter. */
  text(path: string): string {
    return this.#read(path).toString('utf8');
  }

  /** Everything looked at, for saving. */
  state(): SourceIndexState {
    return {
      question: this.#question(),
      ...{ directories: defined(this.#directories), files: defined(this.#rows) },
    };
  }

  /** All that was looked at, as it was; undefined when something is so young that its stat proves nothing. */
  looks():
    | { readonly present: ReadonlyMap<string, FileStat>; readonly absent: readonly string[] }
    | undefined {
    const present = new Map<string, FileStat>();
    const absent: string[] = [];
    for (const [path, row] of [...this.#directories, ...this.#rows]) {
      if (!row) absent.push(path);
      else if (!isOld(row.stamp)) return undefined;
      else {
        const [mtime, ctime, size, inode] = row.stamp;
        present.set(path, { mtime, ctime, size, inode, mode: 0 });
      }
    }
    return { present, absent };
  }

  #question(): string {
    return [...this.#needles, this.#findsClients].join('\n');
  }

  #directory(path: string): DirectoryRow | undefined {
    if (this.#directories.has(path)) return this.#directories.get(path);
    const absolute = path === '' ? this.#root : `${this.#root}/${path}`;
    const stat = this.#files.lstat(absolute);
    let row: DirectoryRow | undefined;
    if (stat && isDirectory(stat)) {
      const saved = this.#saved.directories[path];
      row = saved && isSame(saved.stamp, stat) ? saved : this.#list(absolute, stat);
    }
    this.#directories.set(path, row);
    return row;
  }

  #list(absolute: string, stat: FileStat): DirectoryRow {
    const readAt = this.#now();
    this.reads++;
    const names = this.#files.list(absolute);
    return {
      stamp: stampOf(stat, readAt),
      directories: names.filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1)),
      files: names.filter((name) => name.endsWith('.go')),
    };
  }

  #row(path: string): FileRow | undefined {
    if (this.#rows.has(path)) return this.#rows.get(path);
    const stat = this.#files.stat(`${this.#root}/${path}`);
    let row: FileRow | undefined;
    if (stat) {
      const saved = this.#saved.files[path];
      row = saved && isSame(saved.stamp, stat) ? saved : this.#scan(path, stat);
    }
    this.#rows.set(path, row);
    return row;
  }

  #scan(path: string, stat: FileStat): FileRow {
    const stamp = stampOf(stat, this.#now());
    const bytes = this.#read(path);
    if (!bytes.includes(TAG_BYTES) && !(this.#findsClients && bytes.includes(CLIENT_BYTES))) return { stamp };
    const text = bytes.toString('utf8');
    if (!hasTags(text, this.#findsClients)) return { stamp };
    return {
      stamp,
      tags: readTags(text),
      mentions: this.#needles.filter((needle) => mentions(text, needle)),
    };
  }

  #read(path: string): Buffer {
    this.reads++;
    return this.#files.readBytes(`${this.#root}/${path}`);
  }
}

/** A needle that begins with `^` must stand behind a comment mark at the beginning of a line. */
function mentions(text: string, needle: string): boolean {
  if (!needle.startsWith('^')) return text.includes(needle);
  return text
    .split(needle.slice(1))
    .slice(0, -1)
    .some((before) => /(?:^|\n)\/\/ *$/.test(before));
}

function stampOf(stat: FileStat, readAt: number): Stamp {
  return [stat.mtime, stat.ctime, stat.size, stat.inode, readAt];
}

function isSame(stamp: Stamp, stat: FileStat): boolean {
  const [mtime, ctime, size, inode] = stamp;
  if (mtime !== stat.mtime || ctime !== stat.ctime || size !== stat.size || inode !== stat.inode)
    return false;
  return isOld(stamp);
}

function isOld([mtime, ctime, , , readAt]: Stamp): boolean {
  return (
    Math.max(mtime, ctime) < readAt - (mtime % 1000 === 0 && ctime % 1000 === 0 ? COARSE_TICK : FINE_TICK)
  );
}

function isDirectory(stat: FileStat): boolean {
  return (stat.mode & 0o170000) === 0o040000;
}

function defined<T>(rows: ReadonlyMap<string, T | undefined>): Record<string, T> {
  return Object.fromEntries([...rows].filter((entry): entry is [string, T] => entry[1] !== undefined));
}
