/**
 * Late stamping: programs are linked with sentinels where the version goes, and the values are written over them
 * afterwards. A commit that changes no code then links nothing. Pure.
 */
import { digestOfBytes } from '../../formats/digest.ts';
import type { Platform } from '../../target/platform.ts';

export interface Sentinel {
  /** Linked in, in the place of the value: of its length, and found nowhere else. */
  readonly text: string;
  readonly value: string;
}

export interface SentinelStamps {
  /** `-X …` words with sentinels for values. */
  readonly words: readonly string[];
  readonly sentinels: readonly Sentinel[];
}

const WORD = /^(-X\s+'?[^\s='"]+[= ])([\w.+:/-]*)('?)$/;
const PREFIX = 'kwS';
// Shorter values are linked as they are: what is written for them could stand in a program by chance.
const SHORTEST = 12;

/**
 * Replaces every value that is long enough. The sentinels depend on the names of the variables and the lengths of the
 * values alone, so that equal programs are linked once for all commits.
 */
export function withSentinels(stamps: readonly string[]): SentinelStamps {
  const sentinels: Sentinel[] = [];
  const words = stamps.map((word) => {
    const [, head = '', value = '', tail = ''] = WORD.exec(word) ?? [];
    if (value.length < SHORTEST) return word;
    const text = `${PREFIX}${letters(head, value.length - PREFIX.length)}`;
    sentinels.push({ text, value });
    return `${head}${text}${tail}`;
  });
  return { words, sentinels };
}

function letters(seed: string, length: number): string {
  let text = '';
  for (let i = 0; text.length < length; i++) text += digestOfBytes(`${seed} ${length} ${i}`);
  return text.slice(0, length);
}

/**
 * Apple's formats carry hashes of their pages in a signature: a value written afterwards would break it. What a C compiler
 * links carries a hash too; GNU ld's, for ELF, we renew.
 */
export function canStampLate(platform: Platform, usesC: boolean): boolean {
  return usesC ? platform.startsWith('linux/') : !/^ios\/|^darwin\/arm64$/.test(platform);
}

/** The values in the place of the sentinels, in a text. */
export function withValues(text: string, sentinels: readonly Sentinel[]): string {
  return sentinels.reduce((whole, { text: sentinel, value }) => whole.replaceAll(sentinel, value), text);
}

/**
 * Writes the values over their sentinels, in place. Each may occur once as the value of its variable, or not at all
 * when the program does without that variable, and `elsewhere` times in the build info. False when that does not
 * hold, and nothing was written then.
 */
export function writeStamps(
  program: Buffer,
  sentinels: readonly Sentinel[],
  elsewhere: (sentinel: Sentinel) => number = () => 0,
): boolean {
  const byText = new Map(sentinels.map((sentinel) => [sentinel.text, sentinel]));
  const lengths = [...new Set(sentinels.map(({ text }) => text.length))];
  const found = new Map<Sentinel, number[]>(sentinels.map((sentinel) => [sentinel, []]));
  for (let at = program.indexOf(PREFIX); at >= 0; at = program.indexOf(PREFIX, at + PREFIX.length)) {
    for (const length of lengths) {
      const text = program.toString('latin1', at, at + length);
      const sentinel = text.length === length ? byText.get(text) : undefined;
      if (sentinel) found.get(sentinel)?.push(at);
    }
  }
  const isPlain = ([sentinel, places]: [Sentinel, number[]]) =>
    [0, 1].includes(places.length - elsewhere(sentinel));
  if (![...found].every(isPlain)) return false;
  for (const [{ value }, places] of found) for (const at of places) program.write(value, at, 'latin1');
  return true;
}
