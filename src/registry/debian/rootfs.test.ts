import { expect, test } from 'vitest';
import { alternativeLinks, isLeftOut, madeFiles, mergedLink } from './rootfs.ts';

test('directories that became one with those below /usr are links', () => {
  expect(mergedLink('bin/ls')).toEqual({ kind: 'symlink', path: 'bin', target: 'usr/bin' });
  expect(mergedLink('lib64/ld.so')).toMatchObject({ path: 'lib64' });
  expect(mergedLink('usr/bin/ls')).toBeUndefined();
  expect(mergedLink('library/x')).toBeUndefined();
});

test('manuals are left out, licences are not', () => {
  expect(isLeftOut('usr/share/man/man1/ls.1.gz', 'file')).toBe(true);
  expect(isLeftOut('usr/share/doc/a/changelog.gz', 'file')).toBe(true);
  expect(isLeftOut('usr/share/doc/a/copyright', 'file')).toBe(false);
  expect(isLeftOut('usr/share/doc/a', 'symlink')).toBe(false);
  expect(isLeftOut('usr/share/doc/a', 'directory')).toBe(false);
});

test('the offer of the highest priority whose program is there is taken, with what follows it', () => {
  const offer = (path: string, priority: number) => ({
    ...{ link: '/usr/bin/awk', name: 'awk', path, priority },
    slaves: [{ link: '/usr/bin/nawk', name: 'nawk', path }],
  });
  const there = new Set(['usr/bin/mawk', 'usr/bin/gawk']);
  const links = alternativeLinks(
    [offer('/usr/bin/mawk', 5), offer('/usr/bin/gawk', 10), offer('/usr/bin/absent', 99)],
    (path) => there.has(path),
  );
  expect(links).toEqual([
    { kind: 'symlink', path: 'etc/alternatives/awk', target: '/usr/bin/gawk' },
    { kind: 'symlink', path: 'usr/bin/awk', target: '/etc/alternatives/awk' },
    { kind: 'symlink', path: 'etc/alternatives/nawk', target: '/usr/bin/gawk' },
    { kind: 'symlink', path: 'usr/bin/nawk', target: '/etc/alternatives/nawk' },
  ]);
});

test('authorities are one file; without base-passwd there are root and nobody', () => {
  const made = madeFiles(
    new Map([
      ['usr/share/ca-certificates/b.crt', Buffer.from('B\n')],
      ['usr/share/ca-certificates/a.crt', Buffer.from('A')],
    ]),
    () => false,
  );
  const file = (path: string) => made.find((one) => one.path === path);
  expect(file('etc/ssl/certs/ca-certificates.crt')).toMatchObject({ bytes: Buffer.from('A\nB\n') });
  expect(file('etc/passwd')).toMatchObject({ kind: 'file' });
  expect(file('etc/ssl/certs/a.pem')).toMatchObject({ target: '/usr/share/ca-certificates/a.crt' });
});
