import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unwrap } from '../../diagnostic/diagnostic.ts';
import { printDiagnostic } from '../../diagnostic/printer.ts';
import { hashesItself, hasReadableFormat, readBinary } from './binary.ts';
import { parseModules, variablesOfFlags } from './buildinfo.ts';
import { sourceOfBytes } from './bytes.ts';

const MARK = '0123456789abcdef';
const MODULES =
  'path\texample.dev/a/cmd/a\nmod\texample.dev/a\tv1.2.3\th1:x\ndep\texample.dev/b\tv1.0.0\nbuild\t-compiler=gc\nbuild\tGOOS=illumos\n';

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** The smallest ELF that holds what Go 1.18 and newer leaves: one segment, and three sections. */
function smallElf(): Buffer {
  const info = Buffer.concat([
    Buffer.from('\xff Go buildinf:\x08\x02', 'latin1'),
    Buffer.alloc(16),
    text('go1.21.13'),
    text(MARK + MODULES + MARK),
  ]);
  const names = Buffer.from('\0.go.buildinfo\0.shstrtab\0');
  const at = { info: 64 + 56, names: 64 + 56 + info.length, sections: 64 + 56 + info.length + names.length };
  const header = Buffer.alloc(64 + 56);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(62, 18);
  header.writeBigUInt64LE(64n, 32);
  header.writeBigUInt64LE(BigInt(at.sections), 40);
  for (const [offset, value] of [
    [54, 56],
    [56, 1],
    [58, 64],
    [60, 3],
    [62, 2],
  ] as const)
    header.writeUInt16LE(value, offset);
  header.writeUInt32LE(1, 64);
  header.writeUInt32LE(6, 68);
  header.writeBigUInt64LE(BigInt(at.sections), 64 + 32);
  const section = (name: number, offset: number, size: number) => {
    const entry = Buffer.alloc(64);
    entry.writeUInt32LE(name, 0);
    entry.writeUInt32LE(1, 4);
    entry.writeBigUInt64LE(BigInt(offset), 24);
    entry.writeBigUInt64LE(BigInt(size), 32);
    return entry;
  };
  const table = [section(1, at.info, info.length), section(15, at.names, names.length)];
  return Buffer.concat([header, info, names, Buffer.alloc(64), ...table]);
}

test('a program tells its platform, its Go, its modules and settings', () => {
  expect(unwrap(readBinary(sourceOfBytes(smallElf()), 'a'))).toEqual({
    format: 'elf',
    os: 'illumos',
    arch: 'amd64',
    linkage: 'static',
    libraries: [],
    stripped: true,
    dwarf: false,
    signed: false,
    goVersion: 'go1.21.13',
    build: {
      path: 'example.dev/a/cmd/a',
      main: { path: 'example.dev/a', version: 'v1.2.3' },
      dependencies: 1,
      modules: [{ path: 'example.dev/b', version: 'v1.0.0' }],
      settings: { '-compiler': 'gc', GOOS: 'illumos' },
    },
    variables: {},
  });
  expect(hashesItself(sourceOfBytes(smallElf()))).toBe(false);
});

test('a program that is cut anywhere is said to be cut, or to be no program', () => {
  const whole = smallElf();
  for (let length = 0; length < whole.length; length++) {
    const read = readBinary(sourceOfBytes(whole.subarray(0, length)), 'a');
    expect(read.diagnostics.map(({ code }) => code)).toEqual([
      length < 4 ? 'binary/not-a-program' : 'binary/damaged',
    ]);
  }
});

test('whatever stands behind the first bytes, the answer is a result and never an exception', () => {
  const magics = ['\x7fELF\x02\x01', '\x7fELF\x01\x02', 'MZ', '\xcf\xfa\xed\xfe', '\xce\xfa\xed\xfe'];
  const bytes = fc.uint8Array({ maxLength: 400 });
  fc.assert(
    fc.property(fc.constantFrom(...magics), bytes, (magic, rest) => {
      const read = readBinary(sourceOfBytes(Buffer.concat([Buffer.from(magic, 'latin1'), rest])), 'a');
      expect(typeof read.ok).toBe('boolean');
    }),
  );
});

test('a byte that was changed in a program breaks nothing but the program', () => {
  const whole = smallElf();
  const place = fc.nat(whole.length - 1);
  fc.assert(
    fc.property(fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
      const changed = Buffer.from(whole);
      for (const [at, value] of changes) changed[at] = value;
      expect(typeof readBinary(sourceOfBytes(changed), 'a', ['a.b']).ok).toBe('boolean');
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['#!/bin/sh\n', 'it begins with #!, so it is a script'],
  ['', 'it is empty'],
  ['\xca\xfe\xba\xbe\0\0\0\x02', 'it is a universal Mach-O file, which holds several programs'],
  ['hello, w', 'it begins with the bytes 68656c6c6f2c2077'],
])('%j is no program, and the letter says what it is', (start, why) => {
  const read = readBinary(sourceOfBytes(Buffer.from(start, 'latin1')), 'bin/a');
  expect(printDiagnostic(read.diagnostics[0] as never)).toContain(why);
});

test('the flags that Go kept tell what -X set', () => {
  const ldflags = `-s -X a.dev/v.one=1 -X 'a.dev/v.two=2 3' -X=a.dev/v.three=c=d -linkmode=auto -extldflags "-X no"`;
  expect(variablesOfFlags({ dependencies: 0, modules: [], settings: { '-ldflags': ldflags } })).toEqual({
    'a.dev/v.one': '1',
    'a.dev/v.two': '2 3',
    'a.dev/v.three': 'c=d',
  });
});

test('settings with blanks are quoted by Go', () => {
  const { settings } = parseModules('build\t"-ld flags"="a \\"b\\""\nbuild\tCGO_CFLAGS=\nbuild\t-tags=a,b\n');
  expect(settings).toEqual({ '-ld flags': 'a "b"', CGO_CFLAGS: '', '-tags': 'a,b' });
});

test('formats of other systems are not ours to read', () => {
  const platforms = ['linux/amd64', 'js/wasm', 'wasip1/wasm', 'plan9/386', 'aix/ppc64', 'windows/arm64'];
  expect(platforms.filter((one) => hasReadableFormat(one as 'a/b'))).toEqual([
    'linux/amd64',
    'windows/arm64',
  ]);
});
