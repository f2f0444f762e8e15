/**
 * A release of a small monorepo from its sources to where others pull it: two clones at different paths, built and packed
 * on days that are years apart, for two architectures.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROJECT } from '../documents.ts';
import { scratch } from '../trees.ts';
import { Engine, ImageRegistry, inspect, MISSING } from './engine.ts';
import { CACHE, type RunResult, runProgram } from './monorepo.ts';
import { onDay } from './packaging.ts';

const DATE = '2021-01-13T13:28:09Z';
const PLATFORMS = ['-p', 'linux/amd64', '-p', 'linux/arm64', '-p', 'windows/amd64'];
const MORE = `
registries: { name: example.dev/orchard }
images:
  orchardd: { base: scratch, platforms: [linux/amd64, linux/arm64] }
  picker: { base: scratch, platforms: [linux/amd64, linux/arm64] }
`;

class Clone {
  readonly root: string;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(origin: string, name: string, day: string, cache = CACHE) {
    this.root = scratch(name);
    execFileSync('git', ['clone', '-q', origin, this.root]);
    this.#environment = { HOME: scratch('home'), KUBEWRIGHT_CACHE: cache, ...onDay(day) };
  }

  async run(...words: string[]): Promise<RunResult> {
    const run = await runProgram(words, { cwd: this.root, env: this.#environment });
    expect({ words, exitCode: run.exitCode, said: run.exitCode === 0 ? '' : run.stderr }).toEqual({
      words,
      exitCode: 0,
      said: '',
    });
    return run;
  }

  /** Everything that a person would hand on. */
  async releaseAll(jobs: string): Promise<void> {
    await this.run('release', 'full', '--oci', jobs, ...PLATFORMS);
    await this.run('package', jobs, '-p', 'linux/amd64', '-p', 'linux/arm64');
    await this.run('sbom', jobs, '_output/release-tars');
  }

  /** Digest of every output by its path. */
  digests(): Record<string, string> {
    const below = (directory: string): string[] =>
      readdirSync(join(this.root, directory)).flatMap((name) => {
        const path = `${directory}/${name}`;
        if (path === '_output/kubewright') return [];
        return statSync(join(this.root, path)).isDirectory() ? below(path) : [path];
      });
    return Object.fromEntries(
      below('_output').map((path) => [
        path,
        createHash('sha256')
          .update(readFileSync(join(this.root, path)))
          .digest('hex'),
      ]),
    );
  }
}

let early: Clone;
let late: Clone;

beforeAll(async () => {
  const origin = scratch('orchard');
  cpSync(join(PROJECT, 'examples/orchard'), origin, {
    recursive: true,
    filter: (path) => !path.includes('/_output'),
  });
  writeFileSync(
    join(origin, 'kubewright.yaml'),
    `${readFileSync(join(origin, 'kubewright.yaml'), 'utf8').replace('trimpath: true', 'reproducible: true')}${MORE}`,
  );
  const environment = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_AUTHOR_DATE: DATE, GIT_COMMITTER_DATE: DATE };
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.dev', ...words], {
      cwd: origin,
      env: { ...process.env, ...environment },
    });
  git('init', '-q');
  git('add', '-A');
  git('commit', '-q', '-m', 'plant');
  git('tag', 'v1.4.0');
  mkdirSync(join(CACHE, 'toolchains'), { recursive: true });
  // Nothing of the other clone's, but the toolchain.
  const cache = scratch('cache');
  symlinkSync(join(CACHE, 'toolchains'), join(cache, 'toolchains'));
  early = new Clone(origin, 'here', '2019-05-05 05:05:05');
  late = new Clone(origin, 'elsewhere, with a longer name', '2033-03-03 03:03:03', cache);
  // The toolchain is fetched on a day on which certificates hold.
  const today = { HOME: scratch('home'), KUBEWRIGHT_CACHE: CACHE };
  expect(await runProgram(['toolchain', 'get'], { cwd: origin, env: today })).toMatchObject({ exitCode: 0 });
  await early.releaseAll('-j1');
  await late.releaseAll('-j8');
});

test('two clones give the same bytes, years apart, on one thread and on eight', () => {
  const [one, other] = [early.digests(), late.digests()];
  const names = Object.keys(one);
  for (const kind of [
    /local\/bin\/linux\/arm64\/orchardd$/,
    /release-tars\/.*server-linux-arm64\.tar\.gz$/,
    /release-tars\/SHA512SUMS$/,
    /release-images\/arm64\/orchardd\.tar$/,
    /release-images\/oci\/blobs\/sha256\//,
    /\.deb$/,
    /\.rpm$/,
    /release-tars\/sbom\.spdx\.json$/,
  ])
    expect([kind.source, names.some((name) => kind.test(name))]).toEqual([kind.source, true]);
  expect(other).toEqual(one);
});

test('a repeated release has nothing to do, whatever day it is', async () => {
  const before = late.digests();
  const again = await late.run('release', 'full', '--oci', ...PLATFORMS);
  expect(again.stderr).not.toContain(' built');
  expect(late.digests()).toEqual(before);
});

describe.skipIf(MISSING !== undefined)(`its images${MISSING ? `: ${MISSING}` : ''}`, () => {
  let engine: Engine;
  let registry: ImageRegistry;
  beforeAll(async () => {
    [engine, registry] = await Promise.all([Engine.start(), ImageRegistry.start()]);
  });
  afterAll(async () => {
    await Promise.all([engine?.stop(), registry?.stop()]);
  });

  test('are one list for two architectures, which skopeo reads and the engine pulls and runs', async () => {
    await early.run('publish', `oci://${registry.host}/fruit`);
    const name = `${registry.host}/fruit/orchardd:v1.4.0`;
    const list = inspect(['--raw', `docker://${name}`]) as {
      manifests: { digest: string; platform: { architecture: string; os: string } }[];
    };
    expect(list.manifests.map(({ platform }) => `${platform.os}/${platform.architecture}`)).toEqual([
      'linux/amd64',
      'linux/arm64',
    ]);
    for (const arch of ['amd64', 'arm64']) {
      const config = inspect(['--override-arch', arch, '--config', `docker://${name}`]);
      expect(config).toMatchObject({ architecture: arch, os: 'linux', created: DATE });
    }
    engine.run(['pull', '-q', name]);
    const said = engine.try(['run', '--rm', '--network=none', name, '--version']);
    expect(`${said.stdout}${said.stderr}`).toContain('v1.4.0');
  });
});
