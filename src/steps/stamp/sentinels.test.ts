import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canStampLate, withSentinels, writeStamps } from './sentinels.ts';

const STAMPS = [
  "-X 'a.dev/version.gitCommit=faecb196815e248d3ecfb03c680a4507229c2a56'",
  '-X a.dev/version.buildDate=1970-01-01T00:00:00Z',
  '-X b.dev/version.buildDate 1970-01-01T00:00:00Z',
  '-X a.dev/version.gitMajor=1',
];

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
    fc.property(fc.uint8Array(), fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (noise, order) => {
      const lay = (texts: readonly string[]) =>
        Buffer.concat(order.flatMap((i) => [Buffer.from(noise), Buffer.from(texts[i] as string)]));
      const program = lay(words);
      expect(writeStamps(program, sentinels)).toBe(true);
      expect(program).toEqual(lay(STAMPS));
    }),
  );
});

test('a program may do without a variable', () => {
  const { words, sentinels } = withSentinels(STAMPS);
  const program = Buffer.from(words.slice(1).join(' '));
  expect(writeStamps(program, sentinels)).toBe(true);
  expect(program.toString()).toBe(STAMPS.slice(1).join(' '));
});

test('a sentinel that occurs more often than it should stops everything', () => {
  const { words, sentinels } = withSentinels(STAMPS);
  const text = [...words, words[0]].join(' ');
  const program = Buffer.from(text);
  expect(writeStamps(program, sentinels)).toBe(false);
  expect(program.toString()).toBe(text);
  expect(writeStamps(program, sentinels, (sentinel) => (sentinel === sentinels[0] ? 1 : 0))).toBe(true);
});

test('what is signed, or linked by a C compiler that is not known to us, is linked with its values', () => {
  const platforms = ['linux/amd64', 'windows/amd64', 'darwin/amd64', 'darwin/arm64', 'ios/amd64'] as const;
  expect(platforms.filter((platform) => canStampLate(platform, true))).toEqual(['linux/amd64']);
  expect(platforms.filter((platform) => canStampLate(platform, false))).toEqual([
    ...['linux/amd64', 'windows/amd64', 'darwin/amd64'],
  ]);
});
