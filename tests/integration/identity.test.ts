import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KINDS, languageOf } from './kinds.ts';
import { codes, Monorepo, type RunResult } from './monorepo.ts';
import { NEWEST_GO } from './toolchains.ts';

const OUTPUTS = ['plain', 'native', 'both.test'];
let repo: Monorepo;

beforeAll(() => {
  repo = new Monorepo('kinds', KINDS);
});
afterAll(() => repo.dispose());

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
  test.each(['1.11.13', '1.12.17', '1.13.1', '1.15.15', '1.20.14', '1.21.13', '1.26.8', NEWEST_GO])(
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
