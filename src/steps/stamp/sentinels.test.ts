import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sourceOfBytes } from '../../formats/binary/bytes.ts';
import { Patched } from './patched.ts';
import { areAt, canStampLate, findSentinels, type Sentinel, stampsAt, withSentinels } from './sentinels.ts';

const STAMPS = [
  "-X 'a.dev/version.gitCommit=faecb196815e248d3ecfb03c680a4507229c2a56'",
  '-X a.dev/version.buildDate=1970-01-01T00:00:00Z',
  '-X b.dev/version.buildDate 1970-01-01T00:00:00Z',
  '-X a.dev/version.gitMajor=1',
];

/** The program with its values, as it would be written; undefined when it cannot be stamped. Pieces are of `size` bytes. */
function stamped(
  program: Buffer,
  sentinels: readonly Sentinel[],
  elsewhere?: (sentinel: Sentinel) => number,
  size = 200,
): Buffer | undefined {
  const source = sourceOfBytes(program);
  const memory = Buffer.alloc(size);
  const places = findSentinels(source, sentinels, elsewhere, memory);
  if (!places) return undefined;
  expect(areAt(source, sentinels, places)).toBe(true);
  const pieces = new Patched(source, memory, stampsAt(sentinels, places)).pieces();
  return Buffer.concat(Array.from(pieces, (piece) => Buffer.from(piece)));
}

test('a value gives way to a text of its length, its own for each variable; short ones stay', () => {
  const { words, sentinels } = withSentinels(STAMPS);
  expect(words.map((word) => word.length)).toEqual(STAMPS.map((word) => word.length));
  expect(words[3]).toBe(STAMPS[3]);
  expect(new Set(sentinels.map(({ text }) => text)).size).toBe(3);
  expect(words.join(' ')).not.toMatch(/faecb|1970/);
});

test('other values of the same lengths give the same words', () => {
  const other = STAMPS.map((word) => word.replace('faecb', '01234').replace('1970', '2026'));
  expect(withSentinels(other).words).toEqual(withSentinels(STAMPS).words);
});

test('a value that would need quotes stays', () => {
  const odd = ["-X 'a.b=a value with blanks'", '-X a.b=$(date)aaaaaaaaaaa'];
  expect(withSentinels(odd).words).toEqual(odd);
});

test('writing the values gives what linking with them would have given', () => {
  const { words, sentinels } = withSentinels(STAMPS);
  fc.assert(
    fc.property(
      ...[
        fc.uint8Array(),
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        fc.integer({ min: 41, max: 400 }),
      ],
      (noise, order, size) => {
        const lay = (texts: readonly string[]) =>
          Buffer.concat(order.flatMap((i) => [Buffer.from(noise), Buffer.from(texts[i] as string)]));
        const program = lay(words);
        expect(stamped(program, sentinels, undefined, size)).toEqual(lay(STAMPS));
        expect(program).toEqual(lay(words));
      },
    ),
  );
});

test('a program may do without a variable', () => {
  const { words, sentinels } = withSentinels(STAMPS);
  const program = Buffer.from(words.slice(1).join(' '));
  expect(stamped(program, sentinels)?.toString()).toBe(STAMPS.slice(1).join(' '));
});

test('a sentinel that occurs more often than it should stops everything', () => {
  const { words, sentinels } = withSentinels(STAMPS);
  const program = Buffer.from([...words, words[0]].join(' '));
  expect(stamped(program, sentinels)).toBeUndefined();
  expect(stamped(program, sentinels, (sentinel) => (sentinel === sentinels[0] ? 1 : 0))?.toString()).toBe(
    [...STAMPS, STAMPS[0]].join(' '),
  );
});

test('places that were found in other bytes are not taken for true', () => {
  const { words, sentinels } = withSentinels(STAMPS);
  const text = words.join(' ');
  const places = findSentinels(sourceOfBytes(Buffer.from(text)), sentinels) ?? [];
  expect(areAt(sourceOfBytes(Buffer.from(text)), sentinels, places)).toBe(true);
  expect(areAt(sourceOfBytes(Buffer.from(` ${text}`)), sentinels, places)).toBe(false);
  expect(areAt(sourceOfBytes(Buffer.from(text)), sentinels.slice(1), places)).toBe(false);
});

test('what is signed, or linked by a C compiler that is not known to us, is linked with its values', () => {
  const platforms = ['linux/amd64', 'windows/amd64', 'darwin/amd64', 'darwin/arm64', 'ios/amd64'] as const;
  expect(platforms.filter((platform) => canStampLate(platform, true))).toEqual(['linux/amd64']);
  expect(platforms.filter((platform) => canStampLate(platform, false))).toEqual([
    ...['linux/amd64', 'windows/amd64', 'darwin/amd64'],
  ]);
});
