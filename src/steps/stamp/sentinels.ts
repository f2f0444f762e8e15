/**
 * Late stamping: programs are linked with sentinels where the version goes, and the values are written over them
 * afterwards. A commit that changes no code then links nothing. Pure.
 */
import type { FillingSource } from '../../formats/binary/bytes.ts';
import { digestOfBytes } from '../../formats/digest.ts';
import type { Platform } from '../../target/platform.ts';
import { type Patch, PIECE_BYTES } from './patched.ts';

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

/** Where each sentinel stands, in their order. */
export type Places = readonly (readonly number[])[];

/**
 * Looks for the sentinels in a program. Each may occur once as the value of its variable, or not at all when the
 * program does without that variable, and `elsewhere` times in the build info; undefined when that does not hold.
 */
export function findSentinels(
  program: FillingSource,
  sentinels: readonly Sentinel[],
  elsewhere: (sentinel: Sentinel) => number = () => 0,
  memory = Buffer.allocUnsafe(PIECE_BYTES),
): Places | undefined {
  const places = sentinels.map((): number[] => []);
  const indices = new Map(sentinels.map(({ text }, i) => [text, i]));
  const lengths = [...new Set(sentinels.map(({ text }) => text.length))];
  const overlap = Math.max(0, ...lengths) - 1;
  for (let start = 0, isLast = sentinels.length === 0; !isLast; start += memory.length - overlap) {
    isLast = start + memory.length >= program.size;
    const piece = program.fill(memory, start);
    const end = isLast ? piece.length : piece.length - overlap;
    for (
      let at = piece.indexOf(PREFIX);
      at >= 0 && at < end;
      at = piece.indexOf(PREFIX, at + PREFIX.length)
    ) {
      for (const length of lengths) {
        const text = piece.toString('latin1', at, at + length);
        const found = text.length === length ? indices.get(text) : undefined;
        if (found !== undefined) places[found]?.push(start + at);
      }
    }
  }
  const isPlain = (sentinel: Sentinel, i: number) =>
    [0, 1].includes((places[i]?.length ?? 0) - elsewhere(sentinel));
  return sentinels.every(isPlain) ? places : undefined;
}

/** Whether the sentinels stand where they are said to. */
export function areAt(program: FillingSource, sentinels: readonly Sentinel[], places: Places): boolean {
  const stands = ({ text }: Sentinel, i: number) =>
    places[i]?.every((at) => program.read(at, text.length).toString('latin1') === text) ?? false;
  return places.length === sentinels.length && sentinels.every(stands);
}

/** The values over their sentinels. */
export function stampsAt(sentinels: readonly Sentinel[], places: Places): Patch[] {
  return sentinels.flatMap(({ value }, i) =>
    (places[i] ?? []).map((at) => ({ at, bytes: Buffer.from(value, 'latin1') })),
  );
}
