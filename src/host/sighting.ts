/**
 * Sights kept as bytes, and compared with the disk at once. One file, made for reading fast: a line of JSON, the paths,
 * and eight bytes for each number. It is read before anything else of the program is, so it loads `node:fs` alone.
 */
import { lstatSync, readFileSync, type Stats, statSync } from 'node:fs';
import type { Question, Sights } from './sights.ts';

/** What was answered, to be said again. */
export interface Told {
  /** How many outputs are fresh. */
  readonly outputs: number;
  /** Notes for stderr, as they were printed. */
  readonly notes: string;
  /** Text for stdout. */
  readonly results: string;
}

interface Head {
  readonly schema: number;
  /** What was asked; see `cli/still/question.ts`. */
  readonly asked: string;
  readonly told: Told;
  readonly questions: readonly Question[];
  /** How many paths there are of each kind, in this order; the absent come last. */
  readonly contents: number;
  readonly links: number;
  readonly entries: number;
  readonly pathBytes: number;
}

/** An earlier answer, with the questions that must be asked again before it may be given. */
export type StandingAnswer = Told & { readonly questions: readonly Question[] };

const SCHEMA = 1;
/** Numbers kept of a content or a link, and of an entry. */
const FACTS = 4;
const ENTRY_FACTS = 2;
/** A change may hide behind a time as young as this, in milliseconds: a file system that counts whole seconds, and then some. */
const YOUNG = 2_000;

/**
 * The bytes to keep; undefined when something that was looked at is too young to be trusted, or has changed since the
 * run began (`began`, in milliseconds since 1970).
 */
export function encodeSighting(sights: Sights, began: number, asked: string, told: Told): Buffer | undefined {
  const absent = new Set<string>();
  const numbers: number[] = [];
  const kept = (
    paths: Iterable<string>,
    look: typeof statSync,
    facts: (stats: Stats) => readonly number[],
  ) => {
    const present: string[] = [];
    for (const path of paths) {
      const stats = statsOf(path, look);
      if (stats) {
        present.push(path);
        numbers.push(...facts(stats));
      } else absent.add(path);
    }
    return present;
  };
  let isYoung = false;
  const times = (stats: Stats) => {
    isYoung ||= Math.max(stats.mtimeMs, stats.ctimeMs) > began - YOUNG;
    return contentFacts(stats);
  };
  const contents = kept(sights.contents, statSync, times);
  // Of what is no link, the one look tells as much as the other.
  const onlyLinks = [...sights.links].filter((path) => !sights.contents.has(path) || isLink(path));
  const links = kept(onlyLinks, LINK, times);
  const onlyEntries = [...sights.entries].filter((path) => !sights.contents.has(path));
  const entries = kept(onlyEntries, statSync, entryFacts);
  if (isYoung) return undefined;
  const paths = Buffer.from([...contents, ...links, ...entries, ...absent].join('\n'));
  const head: Head = {
    ...{ schema: SCHEMA, asked, told, questions: sights.questions },
    ...{ contents: contents.length, links: links.length, entries: entries.length },
    pathBytes: paths.length,
  };
  const facts = Buffer.from(new Float64Array(numbers).buffer);
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), paths, facts]);
}

/** What was answered to the same question, when nothing that decided it has moved since. */
export function standingAnswer(file: string, asked: string): StandingAnswer | undefined {
  const bytes = readIfAny(file);
  if (!bytes) return undefined;
  const start = bytes.indexOf(0x0a) + 1;
  const head = headOf(bytes, start);
  if (head?.schema !== SCHEMA || head.asked !== asked) return undefined;
  const end = start + head.pathBytes;
  const paths = bytes.toString('utf8', start, end).split('\n');
  const withTimes = head.contents + head.links;
  const present = withTimes + head.entries;
  if (bytes.length !== end + (withTimes * FACTS + head.entries * ENTRY_FACTS) * 8) return undefined;
  const then = new Float64Array(bytes.buffer.slice(bytes.byteOffset + end, bytes.byteOffset + bytes.length));
  let at = 0;
  const isSame = (facts: readonly number[]) => facts.every((fact) => fact === then[at++]);
  for (const [i, path] of paths.entries()) {
    if (path === '') continue;
    const stats = statsOf(path, i >= head.contents && i < withTimes ? LINK : statSync);
    if (i >= present) {
      if (stats) return undefined;
    } else if (!stats || !isSame(i < withTimes ? contentFacts(stats) : entryFacts(stats))) return undefined;
  }
  return { ...head.told, questions: head.questions };
}

const LINK = lstatSync as typeof statSync;

function isLink(path: string): boolean {
  return statsOf(path, LINK)?.isSymbolicLink() === true;
}

function contentFacts({ mtimeMs, ctimeMs, size, ino }: Stats): readonly number[] {
  return [mtimeMs, ctimeMs, size, ino];
}

/** Which entry it is, of which type and permissions; what a directory holds may change. */
function entryFacts({ ino, mode }: Stats): readonly number[] {
  return [ino, mode];
}

function statsOf(path: string, look: typeof statSync): Stats | undefined {
  try {
    return look(path, { throwIfNoEntry: false });
  } catch {
    // A file where a directory should be, or a place that may not be looked into: nothing is there for us.
    return undefined;
  }
}

function readIfAny(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

function headOf(bytes: Buffer, end: number): Head | undefined {
  try {
    return JSON.parse(bytes.toString('utf8', 0, end)) as Head;
  } catch {
    return undefined;
  }
}
