import { expect, test } from 'vitest';
import { windowsRecords } from './windowslayer.ts';

/** A self-relative security descriptor read back, by its offsets. */
function described(text: string) {
  const bytes = Buffer.from(text, 'base64');
  const sid = (at: number) => {
    const parts = Array.from({ length: bytes[at + 1] ?? 0 }, (_, i) => bytes.readUInt32LE(at + 8 + 4 * i));
    return ['S', bytes[at], bytes[at + 7], ...parts].join('-');
  };
  const list = bytes.readUInt32LE(16);
  const entries: string[] = [];
  let at = list + 8;
  for (let i = 0; i < bytes.readUInt16LE(list + 4); i++) {
    entries.push(`${bytes[at + 1]} ${bytes.readUInt32LE(at + 4).toString(16)} ${sid(at + 8)}`);
    at += bytes.readUInt16LE(at + 2);
  }
  expect(at).toBe(bytes.length);
  expect(bytes.readUInt16LE(list + 2)).toBe(bytes.length - list);
  return {
    control: bytes.readUInt16LE(2).toString(16),
    owner: sid(bytes.readUInt32LE(4)),
    group: sid(bytes.readUInt32LE(8)),
    entries,
  };
}

test('a file belongs to the administrators, and users may run it', () => {
  const records = windowsRecords('file');
  expect(records['MSWINDOWS.fileattr']).toBe('32');
  expect(described(records['MSWINDOWS.rawsd'] ?? '')).toEqual({
    ...{ control: '8004', owner: 'S-1-5-32-544', group: 'S-1-5-18' },
    entries: ['0 1f01ff S-1-5-18', '0 1f01ff S-1-5-32-544', '0 1200a9 S-1-5-32-545'],
  });
});

test('what is made in a directory inherits from it', () => {
  const records = windowsRecords('directory');
  expect(records['MSWINDOWS.fileattr']).toBe('16');
  expect(described(records['MSWINDOWS.rawsd'] ?? '').entries).toEqual([
    ...['3 1f01ff S-1-5-18', '3 1f01ff S-1-5-32-544', '3 1200a9 S-1-5-32-545'],
  ]);
});
