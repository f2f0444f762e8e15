/**
 * Reads a tree and remembers every look: which files, which names were absent, which directories were
 * listed. The looks are what a cached Tree depends on; nothing else can have told us anything.
 */
import { join } from 'node:path';
import type { Location } from '../diagnostic/diagnostic.ts';
import { type Digest, digestOfBytes } from '../formats/digest.ts';
import type { FileStat } from '../host/files.ts';
import type { Host } from '../host/host.ts';

/** One look at the tree and what it told; paths are relative to the root. */
export type Look =
  | { readonly kind: 'text'; readonly path: string; readonly digest: Digest; readonly stat: FileStat }
  | { readonly kind: 'list'; readonly path: string; readonly digest: Digest }
  | { readonly kind: 'is'; readonly path: string; readonly answer: 'file' | 'directory' | 'absent' };

export class TreeReader {
  readonly root: string;
  readonly #host: Host;
  readonly #looks = new Map<string, Look>();
  readonly #texts = new Map<string, string>();

  constructor(host: Host, root: string) {
    this.#host = host;
    this.root = root;
  }

  get looks(): readonly Look[] {
    return [...this.#looks.values()];
  }

  /** Relative paths of all files read so far, sorted. */
  get filesRead(): readonly string[] {
    return [...this.#texts.keys()].sort();
  }

  /** What a name is; links are followed. */
  kind(path: string): 'file' | 'directory' | 'absent' {
    const answer = kindOf(this.#host, join(this.root, path));
    this.#remember({ kind: 'is', path, answer });
    return answer;
  }

  has(path: string): boolean {
    return this.kind(path) !== 'absent';
  }

  /** Text of a file, or undefined when there is none. An unreadable file is a Failure. */
  text(path: string): string | undefined {
    const known = this.#texts.get(path);
    if (known !== undefined) return known;
    const absolute = join(this.root, path);
    if (this.kind(path) !== 'file') return undefined;
    const stat = this.#host.files.stat(absolute);
    const text = this.#host.files.readText(absolute);
    this.#texts.set(path, text);
    if (stat) this.#remember({ kind: 'text', path, digest: digestOfBytes(text), stat });
    return text;
  }

  lines(path: string): readonly string[] {
    return this.text(path)?.split('\n') ?? [];
  }

  /** Names in a directory (a slash marks directories), or none when there is no such directory. */
  list(path: string): readonly string[] {
    if (this.kind(path) !== 'directory') return [];
    const names = this.#host.files.list(join(this.root, path));
    this.#remember({ kind: 'list', path, digest: digestOfBytes(names.join('\n')) });
    return names;
  }

  /** The first line that matches, with the match (or its first group) underlined. */
  find(path: string, pattern: RegExp, note?: string): Location | undefined {
    const lines = this.lines(path);
    const index = lines.findIndex((line) => pattern.test(line));
    const match = lines[index]?.match(pattern);
    if (!match) return undefined;
    const word = match[1] ?? match[0];
    return this.at(path, index + 1, (match.index ?? 0) + match[0].indexOf(word) + 1, word.length, note);
  }

  /** A Location in a file of the tree, carrying the text of its line. */
  at(path: string, line: number, column?: number, length?: number, note?: string): Location {
    const text = this.lines(path)[line - 1];
    return {
      file: path,
      line,
      ...(column === undefined ? {} : { column }),
      ...(length === undefined ? {} : { length }),
      ...(text === undefined ? {} : { text }),
      ...(note === undefined ? {} : { note }),
    };
  }

  #remember(look: Look): void {
    this.#looks.set(`${look.kind} ${look.path}`, look);
  }
}

function kindOf(host: Host, path: string): 'file' | 'directory' | 'absent' {
  return host.files.isFile(path) ? 'file' : host.files.isDirectory(path) ? 'directory' : 'absent';
}

/** A file whose times lie this close to the moment of reading may change without its times changing. */
const RACY_MILLISECONDS = 2_000;

/** Whether every look would tell the same now. `since`: when the looks were made, in wall-clock milliseconds. */
export function looksHold(host: Host, root: string, looks: readonly Look[], since: number): boolean {
  return looks.every((look) => holds(host, root, look, since));
}

function holds(host: Host, root: string, look: Look, since: number): boolean {
  const path = join(root, look.path);
  switch (look.kind) {
    case 'is':
      return kindOf(host, path) === look.answer;
    case 'list':
      return host.files.isDirectory(path) && digestOfBytes(host.files.list(path).join('\n')) === look.digest;
    case 'text': {
      const stat = host.files.stat(path);
      if (!stat) return false;
      const same = (Object.keys(stat) as (keyof FileStat)[]).every((key) => stat[key] === look.stat[key]);
      if (same && Math.max(stat.mtime, stat.ctime) < since - RACY_MILLISECONDS) return true;
      return digestOfBytes(host.files.readText(path)) === look.digest;
    }
  }
}
