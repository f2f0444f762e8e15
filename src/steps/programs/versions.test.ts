import { expect, test } from 'vitest';
import { foundVersions } from './versions.ts';

const pieces = (text: string, size: number) =>
  async function* () {
    const bytes = Buffer.from(text, 'latin1');
    for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
  };

const filler = 'strings of the code v1.99.9 and more'.repeat(40);

test.each([
  ['v1.20.2', [7, 1000]],
  ['v1.21.0-beta.0.12+0123456789abcd-dirty', [5, 333]],
])('finds %s wherever the pieces are cut', async (version, sizes) => {
  for (const size of sizes) {
    const text = `${filler}\0${version}\0${filler}`;
    expect(await foundVersions(pieces(text, size), undefined)).toEqual([version]);
    expect(await foundVersions(pieces(text, size), version)).toEqual([version]);
  }
});

test('takes no end of a longer word, and no string of the code, for a version', async () => {
  expect(await foundVersions(pieces(`${filler}\0xv1.20.2\0gov1.2.3\0`, 100), 'v1.20.2')).toEqual([]);
});
