/** The example that quickstart builds and people copy from: built as its README says. */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { realHost } from '../../src/host/host.ts';
import { PROJECT } from '../documents.ts';
import { scratch } from '../trees.ts';
import { CACHE, runProgram } from './monorepo.ts';

const HERE = realHost().platform;
const ELSEWHERE = HERE === 'linux/arm64' ? 'linux/amd64' : 'linux/arm64';
const ELF_MACHINE: Readonly<Record<string, number>> = { 'linux/amd64': 62, 'linux/arm64': 183 };
let tree = '';
let home = '';
let commit = '';

const kubewright = (...words: string[]) => runProgram(words, { cwd: tree, env: { HOME: home } });

beforeAll(() => {
  tree = scratch('orchard');
  home = scratch('home');
  cpSync(join(PROJECT, 'examples/orchard'), tree, {
    recursive: true,
    filter: (path) => !path.includes('/_output'),
  });
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.dev', ...words], {
      cwd: tree,
      encoding: 'utf8',
      env: {
        ...process.env,
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_AUTHOR_DATE: DATE,
        GIT_COMMITTER_DATE: DATE,
      },
    }).trim();
  git('init', '-q');
  git('add', '-A');
  git('commit', '-q', '-m', 'plant');
  git('tag', 'v1.4.0');
  commit = git('rev-parse', 'HEAD');
});

const DATE = '2021-01-13T13:28:09Z';

test('a server, a command line and an agent for two platforms, stamped with the git tag', async () => {
  const run = await kubewright('build', 'server', 'client', '--platform', HERE, '--platform', ELSEWHERE);
  expect({ exitCode: run.exitCode, words: run.exitCode === 0 ? '' : run.stderr }).toEqual({
    exitCode: 0,
    words: '',
  });
  const version = execFileSync(join(tree, '_output/local/bin', HERE, 'orchardctl'), ['version', '--json'], {
    encoding: 'utf8',
  });
  expect(JSON.parse(version)).toEqual({
    gitVersion: 'v1.4.0',
    gitCommit: commit,
    gitTreeState: 'clean',
    major: '1',
    minor: '4',
    buildDate: DATE,
    goVersion: `go${readFileSync(join(tree, '.go-version'), 'utf8').trim()}`,
    platform: HERE,
  });
  for (const name of ['orchardd', 'picker', 'orchardctl']) {
    const header = readFileSync(join(tree, '_output/local/bin', ELSEWHERE, name)).subarray(0, 20);
    expect([name, header.toString('latin1', 1, 4), header.readUInt16LE(18)]).toEqual([
      name,
      'ELF',
      ELF_MACHINE[ELSEWHERE],
    ]);
  }
});

test('its own tests pass, as a binary of their own too', async () => {
  const { stdout } = await kubewright('toolchain', 'get', '--json');
  const { root } = JSON.parse(stdout) as { root: string };
  const environment = {
    PATH: `${root}/bin:${process.env['PATH']}`,
    HOME: home,
    GOENV: 'off',
    // As the build before compiled the standard library.
    GOFLAGS: '-trimpath',
    CGO_ENABLED: '0',
    GOCACHE: join(CACHE, 'go-build'),
    GOTOOLCHAIN: 'local',
    GOPROXY: 'off',
  };
  const go = (...words: string[]) =>
    execFileSync(words[0] ?? '', words.slice(1), { cwd: tree, encoding: 'utf8', env: environment });
  expect(go('gofmt', '-l', '.')).toBe('');
  expect(go('go', 'test', './...', './staging/src/example.dev/fruit/...')).toMatch(
    /^ok\s+example\.dev\/fruit\b/m,
  );
  expect((await kubewright('build', 'harvest.test')).exitCode).toBe(0);
  expect(execFileSync(join(tree, '_output/local/bin', HERE, 'harvest.test'), { encoding: 'utf8' })).toBe(
    'PASS\n',
  );
});
