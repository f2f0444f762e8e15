import { expect, test } from 'vitest';
import { printDiagnostic } from '../../diagnostic/printer.ts';
import type { BinaryFacts } from './binary.ts';
import { type ExpectedBinary, mismatches } from './mismatches.ts';

const FACTS: BinaryFacts = {
  format: 'elf',
  os: 'linux',
  arch: 'amd64',
  linkage: 'static',
  libraries: [],
  stripped: true,
  dwarf: false,
  signed: false,
  goVersion: 'go1.21.13 X:boringcrypto',
  variables: { 'a/version.gitVersion': 'v1.2.3' },
};
const EXPECTED: ExpectedBinary = {
  platform: 'linux/amd64',
  goVersion: '1.21.13',
  linkage: 'static',
  stripped: true,
  variables: { 'a/version.gitVersion': 'v1.2.3', 'a/version.gitCommit': 'not found, so not wrong' },
};

const whats = (facts: Partial<BinaryFacts>, expected: Partial<ExpectedBinary> = {}) =>
  mismatches({ ...FACTS, ...facts }, { ...EXPECTED, ...expected }, 'bin/a').map(({ what }) => what);

test('a program that is as asked has nothing to tell', () => {
  expect(whats({})).toEqual([]);
});

test('each thing that is not as asked is told on its own', () => {
  const wrong = {
    arch: 'arm64',
    goVersion: 'go1.21.7',
    linkage: 'dynamic',
    libraries: ['libc.so.6'],
    stripped: false,
    dwarf: true,
    variables: { 'a/version.gitVersion': 'kwS123' },
  } as const;
  expect(whats(wrong)).toEqual([
    'bin/a is a program for linux/arm64, and linux/amd64 was asked for',
    'bin/a was made by go1.21.7, and go1.21.13 was asked for',
    'bin/a is linked dynamically (needs libc.so.6), and a static one was asked for',
    'bin/a carries a symbol table and DWARF, and a stripped one (-s -w) was asked for',
    'bin/a has "kwS123" in a/version.gitVersion, and "v1.2.3" was asked for',
  ]);
});

test('the letter as a person reads it', () => {
  const [first] = mismatches({ ...FACTS, goVersion: 'go1.21.7' }, EXPECTED, '_output/bin/a');
  expect(printDiagnostic(first as never)).toBe(
    [
      'error build/output-wrong: _output/bin/a was made by go1.21.7, and go1.21.13 was asked for',
      '  why: every program is read back after it is linked, so that a wrong one does not travel on',
      '  help: look for GOTOOLCHAIN and GOROOT in the environment and for a toolchain line in go.mod; kubewright doctor shows them',
    ].join('\n'),
  );
});

test('what cannot be known is not wrong', () => {
  const { goVersion: _, ...nameless } = FACTS;
  expect(mismatches(nameless, EXPECTED, 'bin/a')).toEqual([]);
  expect(whats({ stripped: false, dwarf: true }, { stripped: undefined })).toEqual([]);
  expect(whats({ linkage: 'dynamic' }, { linkage: 'any' })).toEqual([]);
  // Headers of ELF do not tell Android from Linux.
  expect(whats({ os: 'linux' }, { platform: 'android/amd64', linkage: 'any' })).toEqual([]);
});

test('only on Linux does a program without cgo do without libraries', () => {
  const windows = { format: 'pe', os: 'windows', linkage: 'dynamic', libraries: ['kernel32.dll'] } as const;
  expect(whats(windows, { platform: 'windows/amd64' })).toEqual([]);
});

test('before Go 1.22 the linker kept the symbols of Mach-O, and -s -w is content', () => {
  const mac = { format: 'macho', os: 'darwin', linkage: 'dynamic', stripped: false } as const;
  const asked = { platform: 'darwin/amd64' } as const;
  expect(whats(mac, asked)).toEqual([]);
  expect(whats({ ...mac, goVersion: 'go1.22.3' }, { ...asked, goVersion: '1.22.3' })).toEqual([
    'bin/a carries a symbol table, and a stripped one (-s -w) was asked for',
  ]);
  expect(whats({ ...mac, dwarf: true }, asked)).toEqual([
    'bin/a carries DWARF, and a stripped one (-s -w) was asked for',
  ]);
});
