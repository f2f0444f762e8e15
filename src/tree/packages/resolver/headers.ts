/**
 * Headers of source files by directory, read once and remembered between runs by the stat of file and directory.
 * The memory is a file of its own, loaded only when a graph must be resolved.
 */
import { dirname } from 'node:path';
import type { FileStat, Files } from '../../../host/files.ts';
import { readGoHead, readGoHeader } from '../header.ts';
import { readConstraints } from './constraints.ts';

/**
 * What decides about one file. Lists are joined, so that thousands of them cost neither memory nor time to load:
 * imports by blanks, constraints and embeds by line feeds.
 */
export interface FileHeader {
  readonly packageName: string;
  readonly imports: string;
  readonly constraints: string;
  readonly embeds: string;
  readonly importComment: string;
  readonly broken: boolean;
}

/** Name, mtime, ctime, size, inode, time of reading, then the members of FileHeader. */
type FileRow = readonly [
  string,
  number,
  number,
  number,
  number,
  number,
  string,
  string,
  string,
  string,
  string,
  0 | 1,
];

/** mtime, ctime, inode, time of reading, names joined by slashes, whether `vendor` is in it. */
type DirectoryFacts = readonly [number, number, number, number, string, 0 | 1];
type DirectoryRow = readonly [...DirectoryFacts, readonly FileRow[]];

/** What is saved: directories, and the tags of toolchains. */
export interface HeaderMemory {
  readonly directories: Record<string, DirectoryRow>;
  readonly toolTags: Record<string, string>;
  /** Answers of `go list -m -json all`, by what they depend on. */
  readonly modules: Record<string, string>;
}

export const EMPTY_MEMORY: HeaderMemory = { directories: {}, toolTags: {}, modules: {} };

interface Directory {
  readonly names: readonly string[];
  readonly facts: DirectoryFacts;
  readonly files: Map<string, FileHeader>;
  /** What is known of its files, by name. */
  readonly rows: Map<string, FileRow>;
}

// Extensions that go/build knows.
const SOURCE = /\.(go|s|S|sx|c|cc|cpp|cxx|m|h|hh|hpp|hxx|f|F|for|f90|swig|swigcxx|syso)$/;
const TICK_MILLISECONDS = 20;
const COARSE_TICK_MILLISECONDS = 2_000;

export class HeaderStore {
  readonly #files: Files;
  readonly #now: () => number;
  #saved: HeaderMemory;
  readonly #directories = new Map<string, Directory | undefined>();
  readonly #behind = new Map<string, string>();
  /** Topmost paths with nothing there: nothing is below them either. */
  readonly #absent = new Set<string>();
  readonly toolTags: Map<string, string>;
  readonly modules: Map<string, string>;
  /** Files read and parsed by this object: zero when all is remembered. */
  parsed = 0;
  #changed = false;

  constructor(files: Files, now: () => number, saved: HeaderMemory = EMPTY_MEMORY) {
    this.#files = files;
    this.#now = now;
    this.#saved = saved;
    this.toolTags = new Map(Object.entries(saved.toolTags));
    this.modules = new Map(Object.entries(saved.modules));
  }

  /** Looks behind a link once and for all: paths through it cost the system more on every call. */
  lookBehind(link: string): void {
    if (this.#behind.has(link) || !this.#files.exists(link)) return;
    const real = this.#files.realPath(link);
    if (real !== link) this.#behind.set(link, real);
  }

  /** Sorted names of source files in a directory; undefined when it is none. One look per path and run. */
  names(directory: string): readonly string[] | undefined {
    return this.#directory(directory)?.names;
  }

  /** Whether a directory holds Go source: packages may lie there. */
  holdsGo(directory: string): boolean {
    return this.names(directory)?.some((name) => name.endsWith('.go')) ?? false;
  }

  /** Whether a directory has a directory `vendor`: if it was listed before, its list can rule that out. */
  holdsVendor(directory: string): boolean {
    return (
      this.#directories.get(directory)?.facts[5] !== 0 && this.names(`${directory}/vendor`) !== undefined
    );
  }

  /** Header of a file that `names` told. */
  header(directory: string, name: string): FileHeader {
    const found = this.#directory(directory) as Directory;
    let header = found.files.get(name);
    if (!header) {
      header = this.#header(found, `${this.#real(directory)}/${name}`, name);
      found.files.set(name, header);
    }
    return header;
  }

  /** Forgets what this run has seen of the disk; what it parsed stays remembered. */
  refresh(): void {
    this.#saved = this.memory() ?? this.#saved;
    this.#directories.clear();
    this.#absent.clear();
  }

  /** What to save; undefined when nothing was learned. */
  memory(): HeaderMemory | undefined {
    const { toolTags, modules } = this.#saved;
    const learned = this.#changed || this.toolTags.size > Object.keys(toolTags).length;
    if (!learned && this.modules.size === Object.keys(modules).length) return undefined;
    const directories = { ...this.#saved.directories };
    for (const [path, found] of this.#directories) {
      const real = this.#real(path);
      if (found) directories[real] = [...found.facts, [...found.rows.values()]];
      else delete directories[real];
    }
    return {
      directories,
      toolTags: Object.fromEntries(this.toolTags),
      modules: Object.fromEntries(this.modules),
    };
  }

  #directory(path: string): Directory | undefined {
    if (this.#directories.has(path)) return this.#directories.get(path);
    const found = this.#openDirectory(this.#real(path));
    this.#directories.set(path, found);
    return found;
  }

  #real(path: string): string {
    for (const [link, real] of this.#behind) {
      if (path.startsWith(link) && (path.length === link.length || path[link.length] === '/'))
        return real + path.slice(link.length);
    }
    return path;
  }

  #openDirectory(path: string): Directory | undefined {
    if (this.#isBelowAbsent(path)) return undefined;
    const stat = this.#files.stat(path);
    if (!stat) this.#noteAbsent(path);
    if (!stat || (stat.mode & TYPE_MASK) !== DIRECTORY_TYPE) return undefined;
    const saved = this.#saved.directories[path];
    const holds =
      saved &&
      saved[0] === stat.mtime &&
      saved[1] === stat.ctime &&
      saved[2] === stat.inode &&
      !isRacy(saved[0], saved[3]);
    const rows = new Map((saved?.[6] ?? []).map((row) => [row[0], row]));
    const files = new Map<string, FileHeader>();
    if (holds) return { names: split(saved[4]), facts: factsOf(saved), files, rows };
    this.#changed = true;
    const readAt = this.#now();
    const entries = this.#files.list(path);
    const names = entries.filter((name) => SOURCE.test(name));
    for (const name of rows.keys()) if (!names.includes(name)) rows.delete(name);
    const hasVendor = entries.includes('vendor/') || entries.includes('vendor') ? 1 : 0;
    const facts = [stat.mtime, stat.ctime, stat.inode, readAt, names.join('/'), hasVendor] as const;
    return { names, facts, files, rows };
  }

  #isBelowAbsent(path: string): boolean {
    for (let parent = dirname(path); parent.length > 1; parent = dirname(parent))
      if (this.#absent.has(parent)) return true;
    return false;
  }

  #noteAbsent(path: string): void {
    let top = path;
    while (!this.#files.exists(dirname(top))) top = dirname(top);
    this.#absent.add(top);
  }

  #header(directory: Directory, path: string, name: string): FileHeader {
    const row = directory.rows.get(name);
    if (row && !isRacy(row[1], row[5]) && sameStat(row, this.#files.stat(path))) return fromRow(row);
    this.#changed = true;
    this.parsed++;
    const readAt = this.#now();
    const head = this.#files.readHead(path);
    const header = this.#parse(path, head);
    const { mtime, ctime, size, inode } = head.stat;
    directory.rows.set(name, [name, mtime, ctime, size, inode, readAt, ...toMembers(header)]);
    return header;
  }

  #parse(path: string, head: { readonly text: string; readonly isWhole: boolean }): FileHeader {
    if (!path.endsWith('.go')) {
      const read = readConstraints(head.text);
      const { lines } = read.reachedEnd && !head.isWhole ? readConstraints(this.#files.readText(path)) : read;
      return { ...NO_HEADER, constraints: lines.join('\n') };
    }
    const whole = () => readGoHeader(head.isWhole ? head.text : this.#files.readText(path));
    const found = head.isWhole ? whole() : (readGoHead(head.text) ?? whole());
    return {
      packageName: found.packageName,
      imports: found.imports.join(' '),
      constraints: found.constraints.join('\n'),
      embeds: found.embeds.join('\n'),
      importComment: found.importComment ?? '',
      broken: found.broken ?? false,
    };
  }
}

const NO_HEADER: FileHeader = {
  ...{ packageName: '', imports: '', constraints: '', embeds: '', importComment: '' },
  broken: false,
};

// st_mode: the bits of the type, and those of a directory (inode(7)).
const TYPE_MASK = 0o170000;
const DIRECTORY_TYPE = 0o040000;

function factsOf([mtime, ctime, inode, readAt, names, hasVendor]: DirectoryRow): DirectoryFacts {
  return [mtime, ctime, inode, readAt, names, hasVendor];
}

function toMembers(header: FileHeader) {
  const { packageName, imports, constraints, embeds, importComment, broken } = header;
  return [packageName, imports, constraints, embeds, importComment, broken ? 1 : 0] as const;
}

function fromRow(row: FileRow): FileHeader {
  const [, , , , , , packageName, imports, constraints, embeds, importComment, broken] = row;
  return { packageName, imports, constraints, embeds, importComment, broken: broken === 1 };
}

function sameStat(row: FileRow, stat: FileStat | undefined): boolean {
  return (
    stat !== undefined &&
    row[1] === stat.mtime &&
    row[2] === stat.ctime &&
    row[3] === stat.size &&
    row[4] === stat.inode
  );
}

/** Written so shortly before it was read that a second write could hide behind the same time (git's racy rule). */
function isRacy(mtime: number, readAt: number): boolean {
  return mtime > readAt - (mtime % 1000 === 0 ? COARSE_TICK_MILLISECONDS : TICK_MILLISECONDS);
}

function split(joined: string): string[] {
  return joined === '' ? [] : joined.split('/');
}
