import { expect, test } from 'vitest';
import { parseBytes } from './bytes.ts';

test.each([
  ['0', 0],
  ['500M', 500 * 1024 ** 2],
  ['8GiB', 8 * 1024 ** 3],
  ['1.5 k', 1536],
  ['2TB', 2 * 1024 ** 4],
  ['much', undefined],
  ['-1', undefined],
  ['1Q', undefined],
])('%j is %j bytes', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});
