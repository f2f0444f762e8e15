import { expect, test } from 'vitest';
import { type HeaderEntry, headerBytes, readHeader } from './header.ts';
import { REGION_IMMUTABLE, TAGS } from './tags.ts';

const ENTRIES: readonly HeaderEntry[] = [
  { ...TAGS.version, value: '1.2~rc1' },
  { ...TAGS.name, value: 'kubelet' },
  { ...TAGS.fileModes, value: [0o100755, 0o040755] },
  { ...TAGS.fileSizes, value: [4_294_967_295, 0] },
  { ...TAGS.baseNames, value: ['kubelet', 'ünits'] },
];

function read(bytes: Buffer) {
  return readHeader((start, length) => bytes.subarray(start, start + length), 0);
}

test('what is written is read back, numbers aligned to their width', () => {
  const header = read(headerBytes(REGION_IMMUTABLE, ENTRIES));
  expect(header?.values.get(TAGS.name.number)).toEqual(['kubelet']);
  expect(header?.values.get(TAGS.fileModes.number)).toEqual([0o100755, 0o040755]);
  expect(header?.values.get(TAGS.fileSizes.number)).toEqual([4_294_967_295, 0]);
  expect(header?.values.get(TAGS.baseNames.number)).toEqual(['kubelet', 'ünits']);
});

test('the order in which entries are given changes no byte', () => {
  const bytes = headerBytes(REGION_IMMUTABLE, ENTRIES);
  expect(headerBytes(REGION_IMMUTABLE, [...ENTRIES].reverse())).toEqual(bytes);
});

test('a header that is cut short or lies about its sizes is none', () => {
  const bytes = headerBytes(REGION_IMMUTABLE, ENTRIES);
  for (let length = 0; length < bytes.length; length++)
    expect(read(bytes.subarray(0, length))).toBeUndefined();
  for (const at of [0, 8, 12, 16 + 16 + 8]) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt32BE(0xfffffff0, at);
    expect(read(damaged)).toBeUndefined();
  }
});
