import { expect, test } from 'vitest';
import { archiveMembers, interfaceOf } from './ararchive.ts';

test('a member has a header of sixty bytes, and an even size', () => {
  const bytes = archiveMembers([
    { name: 'a_name_of_more_than_sixteen.o', bytes: Buffer.from('odd') },
    { name: 'b.o', bytes: Buffer.from('even') },
  ]).toString();
  expect(bytes.slice(0, 60)).toBe('a_name_of_more_t0           0     0     644     3         `\n');
  expect(bytes.slice(60, 64)).toBe('odd\0');
  expect(bytes).toHaveLength(64 + 64);
});

test('the interface of an archive does not tell which build it is of', () => {
  const archive = (id: string) =>
    Buffer.concat([
      Buffer.from('!<arch>\n'),
      archiveMembers([
        { name: '__.PKGDEF', bytes: Buffer.from(`go object linux amd64\nbuild id "${id}"\n\n$$B\nexports`) },
        { name: '_go_.o', bytes: Buffer.from(id) },
      ]),
    ]);
  expect(interfaceOf(archive('one'))).toEqual(interfaceOf(archive('another')));
  expect(interfaceOf(archive('one'))?.toString()).toContain('build id "redacted"\n\n$$B\nexports');
  expect(interfaceOf(Buffer.from('no archive'))).toBeUndefined();
});
