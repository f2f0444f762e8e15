import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMON_SCRIPT, PACKAGED_FILES, PACKAGING_SCRIPT } from '../fixtures/packaging.ts';
import { Monorepo } from './monorepo.ts';
import { goBuild } from './toolchains.ts';

const PROGRAMS = ['kubectl', 'kubelet', 'kube-apiserver', 'kube-aggregator', 'kubemark', 'e2e.test'];
const FIXTURE = fileURLToPath(new URL('../fixtures/k8s-1.20', import.meta.url));

/** Runs the functions of the tree's packaging script in bash, on programs that lie where ours do. */
function upstream(tree: Monorepo): void {
  const script = [
    'set -eu',
    'cd "$0"; KUBE_ROOT=$0 KUBE_OUTPUT=$0/_output/local TAR=tar KUBE_GIT_VERSION=v1.20.2',
    'LOCAL_OUTPUT_ROOT=$0/_output/up LOCAL_OUTPUT_BINPATH=$0/_output/local/bin',
    'KUBE_CLIENT_BINARIES=(kubectl) KUBE_NODE_BINARIES=(kubelet) KUBE_SERVER_BINARIES=(kube-apiserver kubelet kube-aggregator)',
    'KUBE_SERVER_PLATFORMS=(linux/amd64) KUBE_NODE_PLATFORMS=(linux/amd64) KUBE_TEST_PORTABLE=(hack/own)',
    'source build/common.sh; source build/lib/release.sh',
    'kube::release::package_tarballs',
  ].join('\n');
  execFileSync('bash', ['-c', script, tree.root], { stdio: ['ignore', 'ignore', 'pipe'] });
}

function membersOf(path: string): string[] {
  return execFileSync('tar', ['-tzf', path], { encoding: 'utf8' }).trimEnd().split('\n');
}

describe('a release', () => {
  let tree: Monorepo;
  const environment = { KUBE_GIT_VERSION: 'v1.20.2', SOURCE_DATE_EPOCH: '1610544489' };
  const release = (of: Monorepo, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    of.kubewright(
      [
        'release',
        'quick',
        '--from-local',
        ...(args.includes('--skip-images') ? [] : ['--base', 'scratch']),
        ...args,
      ],
      {
        env: { ...environment, KUBEWRIGHT_CACHE: join(of.scratch, 'cache'), ...env },
      },
    );
  const tars = (of: Monorepo) => join(of.root, '_output/release-tars');
  const digests = (of: Monorepo) =>
    Object.fromEntries(
      readdirSync(tars(of)).map((name) => [name, of.digest(`_output/release-tars/${name}`)]),
    );

  beforeAll(async () => {
    tree = new Monorepo('packed', PACKAGED_FILES);
    cpSync(FIXTURE, tree.root, { recursive: true, verbatimSymlinks: true });
    tree.write('build/lib/release.sh', PACKAGING_SCRIPT);
    tree.write('build/common.sh', COMMON_SCRIPT);
    tree.replace(
      'hack/lib/golang.sh',
      'readonly KUBE_GOPATH',
      'readonly KUBE_TEST_PORTABLE=(\n  hack/own\n)\nreadonly KUBE_GOPATH',
    );
    // One real program stands for all: what matters here is its platform and the version in it.
    tree.write('program/go.mod', 'module example.dev/program\n\ngo 1.21\n');
    tree.write(
      'program/main.go',
      'package main\n\nvar gitVersion string\n\nfunc main() { println(gitVersion) }\n',
    );
    await compile(tree, 'v1.20.2', PROGRAMS);
  });
  afterAll(() => tree.dispose());

  async function compile(
    of: Monorepo,
    version: string,
    names: readonly string[],
    platform = 'linux/amd64',
  ): Promise<void> {
    const program = join(of.scratch, `program-${version}-${platform.replace('/', '-')}`);
    const flags = ['-ldflags', `-s -w -X main.gitVersion=${version}`];
    await goBuild(join(of.root, 'program'), ['-o', program, ...flags], { platform });
    for (const name of names) {
      of.write(`_output/local/bin/linux/amd64/${name}`, '');
      cpSync(program, join(of.root, `_output/local/bin/linux/amd64/${name}`));
    }
  }

  test('holds what the tree’s own functions pack, archive by archive', async () => {
    const run = await release(tree, []);
    expect(run.stderr).toContain('Done');
    expect(run.exitCode).toBe(0);
    upstream(tree);
    const theirs = readdirSync(join(tree.root, '_output/up/release-tars')).sort();
    const ours = readdirSync(tars(tree)).filter((name) => name.endsWith('.gz'));
    expect(ours.sort()).toEqual(theirs);
    for (const name of theirs) {
      const expected = membersOf(join(tree.root, '_output/up/release-tars', name));
      // Upstream leaves editors’ left-overs in what it packs straight from the tree.
      const wanted = expected.filter((path) => !path.endsWith('~'));
      expect([name, ...membersOf(join(tars(tree), name)).sort()]).toEqual([name, ...wanted.sort()]);
    }
  });

  test('brings checksums that sha256sum and sha512sum accept', () => {
    for (const tool of ['sha256sum', 'sha512sum']) {
      const list = readFileSync(join(tars(tree), `${tool.replace('sum', '').toUpperCase()}SUMS`), 'utf8');
      expect(
        execFileSync(tool, ['-c'], { cwd: tars(tree), input: `${list}\n`, encoding: 'utf8' }),
      ).not.toContain('FAILED');
      expect(list.split('\n')).toHaveLength(
        readdirSync(tars(tree)).filter((name) => name.endsWith('.gz')).length,
      );
    }
    const [digest] = execFileSync('sha256sum', ['kubernetes.tar.gz'], {
      cwd: tars(tree),
      encoding: 'utf8',
    }).split(' ');
    expect(readFileSync(join(tars(tree), 'kubernetes.tar.gz.sha256'), 'utf8')).toBe(digest);
  });

  test('has nothing to do the second time', async () => {
    const before = digests(tree);
    const run = await release(tree, []);
    expect(run.stderr).toContain('Nothing to do');
    expect(digests(tree)).toEqual(before);
    // Once everything has stood still for a while, stats alone are the answer, and it is the same.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await release(tree, []);
    const runs = readdirSync(join(tree.root, '_output/kubewright/runs')).length;
    const still = await release(tree, []);
    expect(still.stdout).toBe(run.stdout);
    expect(still.stderr).toContain('Nothing to do');
    expect(readdirSync(join(tree.root, '_output/kubewright/runs'))).toHaveLength(runs);
    tree.write('cluster/addons/dns/new.yaml', 'new\n');
    expect((await release(tree, [])).stderr).toContain('kubernetes-manifests.tar.gz: started');
    tree.remove('cluster/addons/dns/new.yaml');
    expect((await release(tree, [])).exitCode).toBe(0);
    expect(digests(tree)).toEqual(before);
  });

  test('is the same from another checkout, with other times, on one thread and on eight', async () => {
    const other = new Monorepo('elsewhere, with a longer name', {});
    cpSync(tree.root, other.root, { recursive: true, verbatimSymlinks: true });
    other.remove('_output/release-tars');
    other.remove('_output/kubewright');
    other.remove('_output/up');
    utimesSync(join(other.root, 'LICENSES/LICENSE'), 1_000_000, 1_000_000);
    try {
      expect((await release(other, ['-j1'])).exitCode).toBe(0);
      const alone = digests(other);
      expect(alone).toEqual(digests(tree));
      other.remove('_output/release-tars');
      other.remove('_output/kubewright');
      expect(
        (await release(other, ['-j8'], { KUBEWRIGHT_CACHE: join(other.scratch, 'fresh') })).exitCode,
      ).toBe(0);
      expect(digests(other)).toEqual(alone);
    } finally {
      other.dispose();
    }
  });

  test('of some parts makes these and what they hold', async () => {
    tree.remove('_output/release-tars');
    const run = await release(tree, ['--only', 'node']);
    expect(run.exitCode).toBe(0);
    expect(
      readdirSync(tars(tree))
        .filter((name) => name.endsWith('.gz'))
        .sort(),
    ).toEqual(['kubernetes-node-linux-amd64.tar.gz', 'kubernetes-src.tar.gz']);
  });

  test('names the program that is not built, and how to build it', async () => {
    const path = join(tree.root, '_output/local/bin/linux/amd64/kubelet');
    const bytes = readFileSync(path);
    tree.remove('_output/local/bin/linux/amd64/kubelet');
    try {
      const run = await release(tree, []);
      expect(run.exitCode).toBe(2);
      expect(run.stderr).toContain('error release/binary-missing: kubelet for linux/amd64 is not built');
      expect(run.stderr).toContain('kubewright build kubelet --platform linux/amd64');
    } finally {
      writeFileSync(path, bytes);
    }
  });

  test('refuses programs of two versions, and of another platform', async () => {
    await compile(tree, 'v1.19.9', ['kubelet']);
    await compile(tree, 'v1.20.2', ['kube-aggregator'], 'darwin/amd64');
    tree.remove('_output/release-tars');
    const run = await release(tree, []);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(
      /binaries-differ: \S+kubelet says that it is v1.19.9, and the release is v1.20.2/,
    );
    expect(run.stderr).toMatch(
      /binaries-differ: \S+kube-aggregator is a program for darwin\/amd64, not for linux/,
    );
    expect(existsSync(join(tars(tree), 'kubernetes-node-linux-amd64.tar.gz'))).toBe(false);
    await compile(tree, 'v1.20.2', PROGRAMS);
  });

  test('has an image and its tag beside each program, unless images are skipped', async () => {
    expect((await release(tree, ['--only', 'server'])).exitCode).toBe(0);
    const server = join(tars(tree), 'kubernetes-server-linux-amd64.tar.gz');
    const read = (name: string) =>
      execFileSync('tar', ['-xzOf', server, `kubernetes/server/bin/${name}`], { encoding: 'utf8' });
    expect(read('kube-apiserver.docker_tag')).toBe('v1.20.2\n');
    const made = readFileSync(join(tree.root, '_output/release-images/amd64/kube-apiserver.tar'));
    expect(
      execFileSync('tar', ['-xzOf', server, 'kubernetes/server/bin/kube-apiserver.tar'], {
        maxBuffer: 1 << 26,
      }).equals(made),
    ).toBe(true);
    const skipped = await release(tree, ['--only', 'server', '--skip-images']);
    expect(skipped.exitCode).toBe(0);
    expect(skipped.stderr).toContain('warning release/images-missing: kubernetes-server-linux-amd64.tar.gz');
    expect(membersOf(server)).not.toContain('kubernetes/server/bin/kube-apiserver.tar');
  });

  test('warns once of what the tree lacks, and goes on', async () => {
    tree.remove('cluster/gce/helper.sh');
    const run = await release(tree, ['--only', 'manifests']);
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain('warning release/members-missing: the tree lacks cluster/gce/helper.sh');
    expect(run.stderr).toMatch(/build\/lib\/release.sh:\d+:\d+/);
  });

  test('shows its members without packing them, and knows its parts', async () => {
    const shown = await release(tree, ['--dry-run', '--json', '--only', 'clients']);
    const { tarballs } = JSON.parse(shown.stdout) as { tarballs: { name: string; members: string[] }[] };
    expect(tarballs).toMatchObject([
      {
        name: 'kubernetes-client-linux-amd64.tar.gz',
        members: [
          'kubernetes',
          'kubernetes/client',
          'kubernetes/client/bin',
          'kubernetes/client/bin/kubectl',
        ],
      },
    ]);
    const laidOut = await release(tree, ['--dry-run', '--oci', '--skip-images']);
    expect(laidOut.stdout).not.toContain('release-images');
    expect((await release(tree, ['--dry-run', '--oci', '--json'])).stdout).toContain('release-images/oci"');
    const wrong = await release(tree, ['--only', 'sever']);
    expect(wrong.stderr).toContain('did you mean server?');
    expect(wrong.exitCode).toBe(2);
    expect((await release(tree, ['-p', 'linux/mips'])).stderr).toContain('target/platform-unknown');
  });

  test('answers make', async () => {
    const env = { ...environment, KUBE_FASTBUILD: 'true', KUBEWRIGHT_CACHE: join(tree.scratch, 'cache') };
    const run = await tree.kubewright(['make', 'package-tarballs'], { env });
    expect(run.stderr).toMatch(
      /base-unavailable: the base image registry.invalid\/base\/box:1 cannot be had[\s\S]*registries.mirrors[\s\S]*--skip-images/,
    );
    expect(run.exitCode).toBe(1);
    tree.write('kubewright.yaml', 'release: { base: scratch }\n');
    expect((await tree.kubewright(['make', 'package-tarballs'], { env })).exitCode).toBe(0);
    tree.remove('_output/release-images');
    const images = await tree.kubewright(['make', 'package-tarballs', 'KUBE_DOCKER_REGISTRY=own.example'], {
      env,
    });
    expect(images).toMatchObject({ exitCode: 0 });
    const shown = await tree.kubewright(['make', '-n', 'quick-release-images'], { env });
    expect(shown.stdout).toBe(
      ['kube-apiserver', 'kube-aggregator']
        .map((name) => `${tree.root}/_output/release-images/amd64/${name}.tar\n`)
        .join(''),
    );
    tree.remove('kubewright.yaml');
    const asked = await tree.kubewright(['make', 'release', 'KUBE_RELEASE_RUN_TESTS=y'], { env });
    expect(asked.stderr).toContain('make/goal-unsupported');
  });
});
