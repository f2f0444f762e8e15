import { expect, test } from 'vitest';
import { asSourceEntries, sourceVersion } from './apt.ts';

test('one-line entries become source entries and keep their options', () => {
  const text = [
    '# main archive',
    'deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib',
    '  deb http://mirror.example/debian bookworm-updates main',
    'deb-src http://mirror.example/debian bookworm-updates main',
    'deb cdrom:[Debian 12]/ bookworm main',
  ].join('\n');
  expect(asSourceEntries({ name: 'sources.list', text }).text).toBe(
    [
      'deb-src [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib',
      'deb-src http://mirror.example/debian bookworm-updates main',
      '',
    ].join('\n'),
  );
});

test('a stanza keeps the key that is written into it', () => {
  const text = [
    'Types: deb',
    'URIs: http://mirror.example/debian',
    'Suites: bookworm',
    'Components: main',
    'Signed-By:',
    ' -----BEGIN PGP PUBLIC KEY BLOCK-----',
    ' .',
    ' abc',
    '',
    'types: deb deb-src',
    'URIs: http://other.example/debian',
  ].join('\n');
  expect(asSourceEntries({ name: 'debian.sources', text }).text).toBe(
    text.replace('Types: deb', 'Types: deb-src').replace('types: deb deb-src', 'Types: deb-src'),
  );
});

test('the version of a source package stands in the name of its .dsc', () => {
  const names = ['kubernetes_1.20.5+really1.20.2-1.dsc', 'kubernetes_1.20.5+really1.20.2.orig.tar.gz'];
  expect(sourceVersion(names, 'kubernetes')).toBe('1.20.5+really1.20.2-1');
  expect(sourceVersion(names, 'kube')).toBeUndefined();
});
