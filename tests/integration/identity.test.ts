import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codes, Monorepo, type RunResult } from './monorepo.ts';

/** All that a package can be made of: assembler, C, an embedded file, tests inside and outside the package. */
const FILES: Readonly<Record<string, string>> = {
  'go.mod': 'module example.dev/kinds\n\ngo 1.16\n',
  'kubewright.yaml': `name: kinds
groups:
  programs:
    targets: [cmd/plain, cmd/native, test/both/both.test]
    platforms: [linux/amd64]
static: [plain]
version:
  packages: [example.dev/kinds/pkg/version]
`,
  'pkg/version/version.go':
    'package version\n\nvar gitVersion, gitCommit = "unset", "unset"\n\nfunc Get() string { return gitVersion + gitCommit }\n',
  'pkg/sum/sum.go': 'package sum\n\n// Of adds.\nfunc Of(a, b int64) int64\n',
  'pkg/sum/sum_amd64.s':
    '#include "textflag.h"\n\nTEXT ·Of(SB), NOSPLIT, $0-24\n\tMOVQ a+0(FP), AX\n\tADDQ b+8(FP), AX\n\tMOVQ AX, ret+16(FP)\n\tRET\n',
  'pkg/sum/sum_arm64.s':
    '#include "textflag.h"\n\nTEXT ·Of(SB), NOSPLIT, $0-24\n\tMOVD a+0(FP), R0\n\tMOVD b+8(FP), R1\n\tADD R1, R0\n\tMOVD R0, ret+16(FP)\n\tRET\n',
  'pkg/letter/letter.txt': 'dear reader\n',
  'pkg/letter/letter.go':
    '//go:build go1.16\n// +build go1.16\n\npackage letter\n\nimport _ "embed"\n\n//go:embed letter.txt\nvar Text string\n',
  'pkg/letter/older.go':
    '//go:build !go1.16\n// +build !go1.16\n\npackage letter\n\nvar Text = "dear reader\\n"\n',
  'pkg/native/native.h': '#define THREE 3\n',
  'pkg/native/native.c': '#include "native.h"\n\nint three(void) { return THREE; }\n',
  'pkg/native/native.go':
    'package native\n\n// #cgo CFLAGS: -DUNUSED=1\n// int three(void);\nimport "C"\n\nfunc Three() int { return int(C.three()) }\n',
  'cmd/plain/main.go': main('"net/http"', 'println(http.StatusText(200))'),
  'cmd/native/main.go': main('"example.dev/kinds/pkg/native"', 'println(native.Three())'),
  'test/both/both.go': 'package both\n\nfunc Two() int { return 2 }\n',
  'test/both/user/user.go':
    'package user\n\nimport "example.dev/kinds/test/both"\n\nvar Four = 2 * both.Two()\n',
  'test/both/inside_test.go': 'package both\n\nimport "testing"\n\nfunc TestTwo(t *testing.T) {}\n',
  'test/both/outside_test.go':
    'package both_test\n\nimport (\n\t"testing"\n\n\t"example.dev/kinds/test/both/user"\n)\n\nfunc TestFour(t *testing.T) { _ = user.Four }\n\nfunc ExampleFour() {\n\t// Output:\n}\n',
};

function main(imports: string, body: string): string {
  const all = [
    imports,
    '"example.dev/kinds/pkg/letter"',
    '"example.dev/kinds/pkg/sum"',
    '"example.dev/kinds/pkg/version"',
  ];
  return `package main\n\nimport (\n\t${all.join('\n\t')}\n)\n\nfunc main() {\n\t${body}\n\tprintln(letter.Text, sum.Of(1, 2), version.Get())\n}\n`;
}

const OUTPUTS = ['plain', 'native', 'both.test'];
let repo: Monorepo;

beforeAll(() => {
  repo = new Monorepo('kinds', FILES);
});
afterAll(() => repo.dispose());

/** What go.mod may ask of a toolchain: from 1.21 on it names a minimum, and below 1.16 nothing may be embedded. */
function languageOf(version: string): string {
  const [, minor = 0] = version.split('.').map(Number);
  return minor >= 16 ? '1.16' : `1.${minor}`;
}

/** Builds with one engine, from nothing, and gives the digests of what came out. */
async function digests(
  engine: 'graph' | 'go',
  version: string,
  args: readonly string[],
  platform = 'linux/amd64',
): Promise<string[]> {
  rmSync(join(repo.root, '_output'), { recursive: true, force: true });
  repo.write('go.mod', `module example.dev/kinds\n\ngo ${languageOf(version)}\n`);
  const targets = platform === 'linux/amd64' ? OUTPUTS : ['plain', 'both.test'];
  const run: RunResult = await repo.build([
    '--engine',
    engine,
    '--toolchain',
    version,
    '-p',
    platform,
    ...args,
    ...targets,
  ]);
  expect([run.exitCode, codes(run).filter((code) => code !== 'toolchain/wrong-on-path')]).toEqual([0, []]);
  return targets.map((name) => repo.digest(`_output/local/bin/${platform}/${name}`));
}

test('a test that is added is in the next test binary', async () => {
  const build = () => repo.build(['both.test', '-p', 'linux/amd64', '--toolchain', '1.21.13']);
  const names = () =>
    execFileSync(join(repo.root, '_output/local/bin/linux/amd64/both.test'), ['-test.list', '.']);
  repo.write('go.mod', 'module example.dev/kinds\n\ngo 1.16\n');
  await build();
  repo.replace(
    'test/both/inside_test.go',
    'func TestTwo(',
    'func TestMore(t *testing.T) {}\n\nfunc TestTwo(',
  );
  await build();
  expect(names().toString().split('\n')).toContain('TestMore');
});

describe('a program made package by package is that of go build, byte for byte', () => {
  test.each(['1.11.13', '1.12.17', '1.13.1', '1.15.15', '1.20.14', '1.21.13', '1.26.8'])(
    'with Go %s',
    async (version) => {
      // Go knows -trimpath from 1.13 on.
      const args = ['--ldflags', '-buildid=', ...(/^1\.1[12]\./.test(version) ? [] : ['--reproducible'])];
      expect(await digests('graph', version, args)).toEqual(await digests('go', version, args));
    },
  );

  test('with paths as they are, stripped, and for another platform', async () => {
    const args = ['--ldflags', '-buildid= -s -w'];
    expect(await digests('graph', '1.21.13', args, 'linux/arm64')).toEqual(
      await digests('go', '1.21.13', args, 'linux/arm64'),
    );
  });

  test('with the standard library compiled too, by Go 1.12, which reads symbols across packages for it', async () => {
    const args = ['--ldflags', '-buildid=', '--gcflags', 'all=-e'];
    expect(await digests('graph', '1.12.17', args)).toEqual(await digests('go', '1.12.17', args));
  });

  test.each(['--race', '--debug'])('with %s', async (option) => {
    const args = ['--ldflags', '-buildid=', option];
    expect(await digests('graph', '1.21.13', args)).toEqual(await digests('go', '1.21.13', args));
  });
});
