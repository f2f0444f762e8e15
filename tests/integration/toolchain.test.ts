import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileProxy, miniatureToolchain } from '../fakes/module-proxy.ts';
import { copyOf, scratch } from '../trees.ts';
import { pathOf, program } from './program.ts';

const PLATFORM = 'linux/amd64';

/** The settings of this machine by which a module proxy can be reached. */
function machineSettings(): Record<string, string> {
  const names = /^(PATH|HOME|GO(PROXY|SUMDB|ENV)|.*_(proxy|PROXY)|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS)$/;
  const set = Object.entries(process.env).filter(([name, value]) => names.test(name) && value);
  return Object.fromEntries(set) as Record<string, string>;
}

test.skipIf(process.platform !== 'linux' || process.arch !== 'x64')(
  'the real Go 1.15.15 is fetched into an empty cache, checked, and runs',
  async (context) => {
    const cache = scratch('cache');
    const environment = { ...machineSettings(), KUBEWRIGHT_CACHE: cache };
    const got = await program(['toolchain', 'get', '1.15.15', '--json'], environment, cache);
    const isUnreachable = /network\/failed|toolchain\/no-source/.test(got.stderr);
    if (isUnreachable) return context.skip(`wants a module proxy: ${got.stderr.split('\n')[0]}`);
    expect(got.stderr).not.toContain('error');
    const toolchain = JSON.parse(got.stdout);
    expect(toolchain).toMatchObject({
      version: '1.15.15',
      digest: 'h1:zSuClbXsSWt8oRPg/6wyWz0FiR0UXatTSnWoyAKhvE0=',
      source: 'proxy',
    });
    const version = execFileSync(join(toolchain.root, 'bin/go'), ['version'], {
      encoding: 'utf8',
      env: { HOME: cache, GOENV: 'off' },
    });
    expect(version).toBe('go version go1.15.15 linux/amd64\n');
    const proven = await program(['toolchain', 'verify'], environment, cache);
    expect(proven.stdout).toBe(
      'Go 1.15.15 for linux/amd64: whole (h1:zSuClbXsSWt8oRPg/6wyWz0FiR0UXatTSnWoyAKhvE0=)\n',
    );
    const offline = await program(['toolchain', 'get', '1.15', '--offline', '--json'], environment, cache);
    expect(JSON.parse(offline.stdout)).toMatchObject({ version: '1.15.15', source: 'store' });
  },
);

test('the tree’s own Go is fetched from a mirror on disk, listed, and proven damaged when it is', async () => {
  const go = miniatureToolchain('1.15.15', PLATFORM);
  const home = scratch('home');
  const tree = copyOf('k8s-1.20');
  const environment = {
    PATH: pathOf(join(home, 'bin'), ['bash', 'git']),
    HOME: home,
    KUBEWRIGHT_CACHE: join(home, 'cache'),
    GOPROXY: fileProxy(join(home, 'proxy'), [go]),
  };
  const refused = await program(['toolchain', 'get'], environment, tree);
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain(
    'error toolchain/checksum-mismatch: Go 1.15.15 for linux/amd64 from file://',
  );
  const got = await program(['toolchain', 'get', '--toolchain-sum', go.sum], environment, tree);
  expect(got.stdout).toContain('Go 1.15.15: ');
  expect(got.exitCode).toBe(0);
  const listed = JSON.parse(
    (await program(['toolchain', 'list', '--remote', '--json'], environment, tree)).stdout,
  );
  const root = join(home, 'cache/toolchains/go1.15.15.linux-amd64');
  expect(listed).toEqual({
    toolchains: [{ version: '1.15.15', platform: PLATFORM, source: 'store', root, sum: go.sum }],
    remote: ['1.15.15'],
  });
  execFileSync('truncate', ['-s', '1', join(root, 'src/fmt/print.go')]);
  const damaged = await program(['toolchain', 'verify'], environment, tree);
  expect(damaged.exitCode).toBe(1);
  expect(damaged.stderr.replaceAll(home, 'HOME')).toBe(
    [
      'error toolchain/changed: Go 1.15.15 for linux/amd64 is not what was fetched',
      '  HOME/cache/toolchains/go1.15.15.linux-amd64',
      '  why: changed or missing: src/fmt/print.go',
      '  help: remove it with kubewright toolchain verify --repair; the next build fetches it anew',
      '',
    ].join('\n'),
  );
  const repaired = await program(['toolchain', 'verify', '--repair'], environment, tree);
  expect(repaired.exitCode).toBe(0);
  expect(readdirSync(join(home, 'cache/toolchains'))).toEqual(['choices']);
});
