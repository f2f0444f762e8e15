import { expect, test } from 'vitest';
import { archiveMembers } from './ararchive.ts';

test('a member has a header of sixty bytes, and an even size', () => {
  const bytes = archiveMembers([
    { name: 'a_name_of_more_than_sixteen.o', bytes: Buffer.from('odd') },
    { name: 'b.o', bytes: Buffer.from('even') },
  ]).toString();
  expect(bytes.slice(0, 60)).toBe('a_name_of_more_t0           0     0     644     3         `\n');
  expect(bytes.slice(60, 64)).toBe('odd\0');
  expect(bytes).toHaveLength(64 + 64);
});
