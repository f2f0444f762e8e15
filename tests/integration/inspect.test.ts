import { copyFileSync, cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { unwrap } from '../../src/diagnostic/diagnostic.ts';
import { type BinaryFacts, readBinary } from '../../src/formats/binary/binary.ts';
import { sourceOfBytes } from '../../src/formats/binary/bytes.ts';
import { mismatches } from '../../src/formats/binary/mismatches.ts';
import { scratch } from '../trees.ts';
import { runProgram } from './monorepo.ts';
import { type TinyBuild, TinyModule, VERSION_PACKAGE } from './tiny.ts';
import { NEWEST_GO } from './toolchains.ts';

const VERSION = 'v1.20.2-alpha.12+0123456789abcd';
const VARIABLE = `${VERSION_PACKAGE}.gitVersion`;
const LDFLAGS = `-X ${VARIABLE}=${VERSION}`;

let tiny: TinyModule;

beforeAll(() => {
  tiny = new TinyModule();
});

function goBuild(build: Omit<TinyBuild, 'ldflags'> & { readonly ldflags?: string }): Promise<string> {
  return tiny.build({ ldflags: LDFLAGS, ...build });
}

function facts(file: string): BinaryFacts {
  return unwrap(readBinary(sourceOfBytes(readFileSync(file)), file, [VARIABLE]));
}

describe.each(['1.12.17', '1.15.15', '1.21.13', NEWEST_GO])('programs of Go %s', (version) => {
  const common = { goVersion: `go${version}`, arch: 'amd64' };
  // Modules are told from 1.13 on, settings from 1.18 on.
  const hasModules = version !== '1.12.17';

  test('static for Linux, with symbols: everything is told, the version too', async () => {
    const read = facts(await goBuild({ version, platform: 'linux/amd64' }));
    expect(read).toMatchObject({
      ...common,
      ...{ format: 'elf', os: 'linux', linkage: 'static', libraries: [], stripped: false, dwarf: true },
      variables: { [VARIABLE]: VERSION },
      buildId: expect.stringMatching(/^[\w-]+\/[\w-]+\/[\w-]+\/[\w-]+$/),
    });
    expect(read.build?.path).toBe(hasModules ? 'example.dev/tiny' : undefined);
    expect(read.build?.main?.path).toBe(hasModules ? 'example.dev/tiny' : undefined);
    expect(read.build?.settings['GOARCH']).toBe(/^1\.1[25]/.test(version) ? undefined : 'amd64');
  });

  test('with C for Linux, stripped: it needs libc', async () => {
    const read = facts(
      await goBuild({ version, platform: 'linux/amd64', cgo: true, ldflags: '-s -w -buildid=' }),
    );
    expect(read).toMatchObject({ format: 'elf', linkage: 'dynamic', stripped: true, dwarf: false });
    expect(read.libraries).toContain('libc.so.6');
    expect(read.goVersion).toBe(hasModules ? `go${version}` : undefined);
    expect(read.buildId).toBeUndefined();
  });

  test('for Windows, with symbols and without', async () => {
    const platform = 'windows/amd64';
    const expected = { ...common, format: 'pe', os: 'windows', libraries: ['kernel32.dll'] };
    const whole = facts(await goBuild({ version, platform }));
    expect(whole).toMatchObject({
      ...expected,
      stripped: false,
      dwarf: true,
      variables: { [VARIABLE]: VERSION },
    });
    const bare = facts(await goBuild({ version, platform, ldflags: '-s -w' }));
    expect(bare).toMatchObject({ format: 'pe', stripped: true, dwarf: false });
    expect(bare.goVersion).toBe(hasModules ? `go${version}` : undefined);
  });

  test('for macOS, and what is asked of it is held against it', async () => {
    const platform = 'darwin/amd64';
    const whole = facts(await goBuild({ version, platform }));
    expect(whole).toMatchObject({ ...common, format: 'macho', os: 'darwin', signed: false, stripped: false });
    expect(whole).toMatchObject({ dwarf: true, variables: { [VARIABLE]: VERSION } });
    const bare = facts(await goBuild({ version, platform, ldflags: '-s -w' }));
    expect(bare.dwarf).toBe(false);
    const asked = { platform, goVersion: version, linkage: 'static', stripped: true } as const;
    expect(mismatches(bare, asked, 'tiny')).toEqual([]);
    expect(mismatches(whole, asked, 'tiny').map(({ what }) => what)).toEqual([
      expect.stringContaining('DWARF, and a stripped one (-s -w) was asked for'),
    ]);
  });
});

test.each([
  ['linux/mips', '1.15.15'],
  ['linux/s390x', NEWEST_GO],
  ['linux/arm', NEWEST_GO],
  ['windows/386', '1.15.15'],
  ['freebsd/amd64', '1.15.15'],
  ['darwin/arm64', NEWEST_GO],
])('other words and byte orders: %s by Go %s', async (platform, version) => {
  const [os, arch] = platform.split('/');
  const read = facts(await goBuild({ version, platform }));
  expect(read).toMatchObject({ os, arch, goVersion: `go${version}`, variables: { [VARIABLE]: VERSION } });
  expect(read.signed).toBe(platform === 'darwin/arm64');
});

test('the command shows good files and says what is wrong with the others', async () => {
  const good = await goBuild({ version: '1.15.15', platform: 'linux/amd64' });
  const place = scratch('files');
  copyFileSync(good, join(place, 'good'));
  cpSync(good, join(place, 'cut'));
  truncateSync(join(place, 'cut'), 500_000);
  writeFileSync(join(place, 'script'), '#!/bin/sh\n');
  const run = await runProgram(['inspect', 'good', 'cut', 'script', 'nothing', '.'], { cwd: place });
  expect(run.exitCode).toBe(2);
  expect(run.stdout).toMatch(
    /^good\n {2}platform +linux\/amd64 \(ELF\)\n {2}size +1\.\d MiB\n {2}linked +statically\n {2}symbols +present, DWARF\n {2}Go +go1\.15\.15\n/,
  );
  expect(run.stderr.match(/^error .*/gm)).toEqual([
    'error binary/damaged: cut is cut short',
    'error binary/not-a-program: script is no program file',
    'error binary/missing: there is no file nothing',
    'error binary/missing: . is no ordinary file',
  ]);
  const json = await runProgram(['inspect', '--json', 'good'], { cwd: place });
  expect(json.exitCode).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject({ files: [{ file: 'good', goVersion: 'go1.15.15' }] });
});
