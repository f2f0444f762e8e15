/** A release whose programs are built in a container, on a machine that can ask nobody. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Engine } from '../../src/engine/engine.ts';
import { openEngineConnection } from '../../src/host/engine-connection.ts';
import { COMMON_SCRIPT, PACKAGED_FILES, PACKAGING_SCRIPT } from '../fixtures/packaging.ts';
import { hostWith, scratch } from '../trees.ts';
import { Checkout, COMMON, CROSS_VERSION, rootFiles } from './containers.ts';
import { has, ImageRegistry, MISSING, Engine as RealEngine } from './engine.ts';
import type { RunOptions } from './monorepo.ts';
import { goBuild } from './toolchains.ts';

const LACKING = MISSING ?? (has('make') ? undefined : 'wanted make');
const CROSS = `build-image/kube-cross:${CROSS_VERSION}`;
const VERSION = { KUBE_GIT_VERSION: 'v1.20.2', SOURCE_DATE_EPOCH: '1610544489' };
const NAMES = 'kubectl kubelet kube-apiserver kube-aggregator kubemark e2e.test';

/** What the tree's own make does inside: programs of the version that it was handed, and a word about where it ran. */
const BUILD = `#!/bin/sh
set -eu
. "$KUBE_GIT_VERSION_FILE"
test "$KUBE_GIT_VERSION" = v1.20.2
echo "inside: $KUBE_FASTBUILD, networks: $(ls /sys/class/net | tr '\\n' ' ')"
bin=$KUBE_OUTPUT_SUBPATH/bin/linux/amd64
mkdir -p "$bin"
for name in ${NAMES}; do
  cmp -s made/program "$bin/$name" || cp made/program "$bin/$name"
done
`;

const RELEASE = `#!/usr/bin/env bash
kube::build::verify_prereqs
kube::build::build_image
kube::build::run_build_command make cross

if [[ $KUBE_RELEASE_RUN_TESTS =~ ^[yY]$ ]]; then
  kube::build::run_build_command make test
fi
kube::build::copy_output
kube::release::package_tarballs
`;

let open: RealEngine;
let closed: RealEngine;
let registry: ImageRegistry | undefined;
/** Whoever asks a proxy is counted. */
let proxy: Server;
let asked = 0;

async function checkout(engine: RealEngine): Promise<Checkout> {
  const tree = new Checkout(
    { ...engine.environment, ...VERSION, KUBEWRIGHT_CACHE: scratch('cache') },
    {
      ...PACKAGED_FILES,
      'build/common.sh': `${COMMON}${COMMON_SCRIPT}`,
      'build/lib/release.sh': PACKAGING_SCRIPT,
      'build/release.sh': RELEASE,
      'build/build-image/Dockerfile': 'FROM k8s.gcr.io/build-image/kube-cross:KUBE_BUILD_IMAGE_CROSS_TAG\n',
      'hack/build.sh': BUILD,
      Makefile: 'cross all:\n\t@echo "make $@ $(WHAT) for $(KUBE_BUILD_PLATFORMS)"\n\t@sh hack/build.sh\n',
      'made/go.mod': 'module example.dev/program\n\ngo 1.21\n',
      'made/main.go': 'package main\n\nvar gitVersion string\n\nfunc main() { println(gitVersion) }\n',
    },
  );
  tree.write(
    'hack/lib/golang.sh',
    tree
      .read('hack/lib/golang.sh')
      .replace('readonly KUBE_GOPATH', 'readonly KUBE_TEST_PORTABLE=(\n  hack/own\n)\nreadonly KUBE_GOPATH'),
  );
  const flags = ['-trimpath', '-ldflags', '-s -w -X main.gitVersion=v1.20.2'];
  await goBuild(join(tree.root, 'made'), ['-o', 'program', ...flags]);
  return tree;
}

beforeAll(async () => {
  if (LACKING) return;
  [open, closed, registry] = await Promise.all([
    RealEngine.start(),
    RealEngine.start(),
    ImageRegistry.start(),
  ]);
  const engine = new Engine(openEngineConnection(hostWith(), { kind: 'unix', path: open.socket }));
  const held = { [`mirror/${CROSS}`]: ['find', 'dash', 'make'], 'mirror/base/box:1': [] };
  for (const [name, programs] of Object.entries(held)) {
    await engine.images.importFiles(rootFiles(programs), `${registry?.host}/${name}`);
    open.run(['push', '-q', `${registry?.host}/${name}`]);
    open.run(['rmi', `${registry?.host}/${name}`]);
  }
  await engine.close();
  proxy = createServer((socket) => {
    asked++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => proxy.once('listening', resolve));
});

afterAll(async () => {
  proxy?.close();
  await Promise.all([open?.stop(), closed?.stop(), registry?.stop()]);
});

function mirrors(): RunOptions {
  const rules = ['k8s.gcr.io', 'registry.invalid'].map((name) => `${name}=${registry?.host}/mirror`);
  return { env: { KUBEWRIGHT_MIRRORS: rules.join(' ') } };
}

describe.skipIf(LACKING)(`a release built in a container${LACKING ? ` (${LACKING})` : ''}`, () => {
  const carried = join(scratch('carried'), 'images');
  const members = (tree: Checkout, name: string) =>
    execFileSync('tar', ['-tzf', join(tree.root, '_output/release-tars', name)], { encoding: 'utf8' });
  /** Programs that were built and packed here, byte for byte the same in every archive. */
  const digests = (tree: Checkout) =>
    execFileSync(
      'sh',
      ['-c', 'cd "$1" && sha256sum *.tar.gz', 'x', join(tree.root, '_output/release-tars')],
      {
        encoding: 'utf8',
      },
    );
  let connected: Checkout;

  test('with a mirror: the image is fetched, the tree’s make runs inside, packing is outside', async () => {
    connected = await checkout(open);
    const run = await connected.kubewright(['release', 'quick', '--container'], mirrors());
    expect(run.stderr).toContain('Done');
    expect(run).toMatchObject({ exitCode: 0 });
    expect(run.stdout).toContain('inside: true, networks: ');
    expect(run.stderr).toContain('make cross in kube-build:build-');
    expect(readdirSync(join(connected.root, '_output/dockerized/bin/linux/amd64')).sort()).toEqual(
      NAMES.split(' ').sort(),
    );
    expect(existsSync(join(connected.root, '_output/local/bin'))).toBe(false);
    expect(members(connected, 'kubernetes-server-linux-amd64.tar.gz')).toContain(
      'kubernetes/server/bin/kube-apiserver.tar\n',
    );
    // What is there is packed again without an engine.
    const again = await connected.kubewright(['release', 'quick', '--container', '--from-local'], {
      env: { ...mirrors().env, DOCKER_HOST: 'unix:///nowhere', KUBE_BUILD_PULL_LATEST_IMAGES: 'n' },
    });
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.stderr).toContain('Nothing to do');
    const saved = await connected.kubewright(['mirror', 'save', carried], mirrors());
    expect(saved).toMatchObject({ exitCode: 0 });
    expect(saved.stdout).toContain(`k8s.gcr.io/${CROSS}`);
    // Another version is handed in, and what make says of it ends the release.
    const other = await connected.kubewright(
      ['release', 'quick', '--container', '--version-string', 'v1.20.3'],
      mirrors(),
    );
    expect(other).toMatchObject({ exitCode: 2 });
    expect(other.stderr).toContain('error container/command-failed: make ended with 2');
    await connected.kubewright(['container', 'clean']);
    expect(open.run(['images', '-q']) + open.run(['ps', '-aq'])).toBe('');
  });

  test('without any network: what was carried is enough, and nobody is asked', async () => {
    await registry?.stop();
    registry = undefined;
    const tree = await checkout(closed);
    const { port } = proxy.address() as { port: number };
    const nobody = { HTTPS_PROXY: `http://127.0.0.1:${port}`, HTTP_PROXY: `http://127.0.0.1:${port}` };
    const since = String(Date.now() / 1000);
    const before = await tree.kubewright(['release', 'quick', '--container', '--offline'], { env: nobody });
    expect(before.exitCode).toBe(1);
    expect(before.stderr).toContain(
      'error image/base-unavailable: the base image registry.invalid/base/box:1',
    );
    expect(await tree.kubewright(['mirror', 'load', carried, '--offline'], { env: nobody })).toMatchObject({
      exitCode: 0,
    });
    const run = await tree.kubewright(['release', 'quick', '--container', '--offline'], { env: nobody });
    expect(run).toMatchObject({ exitCode: 0 });
    expect(run.stderr).not.toContain('warning');
    // The build container has no network either.
    expect(run.stdout).toContain('inside: true, networks: lo \n');
    const events = closed.run([
      'events',
      '--since',
      since,
      '--until',
      String(Date.now() / 1000 + 1),
      '--format',
      '{{json .}}',
    ]);
    const told = events.split('\n').map((line) => JSON.parse(line) as { Type: string; Action: string });
    const kinds = [...new Set(told.map(({ Type, Action }) => `${Type} ${Action}`))].sort();
    expect(kinds).toContain('image load');
    expect(kinds.filter((kind) => /pull|push|search|login/.test(kind))).toEqual([]);
    expect(asked).toBe(0);
    const archive = join(tree.root, '_output/release-images/amd64/kube-apiserver.tar');
    const [, name = ''] = /Loaded image: (\S+)/.exec(closed.run(['load', '-i', archive])) ?? [];
    expect(name).toBe('k8s.gcr.io/kube-apiserver-amd64:v1.20.2');
    const said = closed.try(['run', '--rm', '--network=none', name, '/usr/local/bin/kube-apiserver']);
    expect(said.stderr).toBe('v1.20.2\n');
    expect(digests(tree)).toBe(digests(connected));
    closed.run(['rmi', name]);
    expect(await tree.kubewright(['container', 'clean'])).toMatchObject({ exitCode: 0 });
    expect(
      closed.run(['ps', '-aq']) + closed.run(['volume', 'ls', '-q']) + closed.run(['images', '-q']),
    ).toBe('');
  });

  test('a part of it is what make is asked for', async () => {
    const tree = await checkout(open);
    const dry = async (...words: string[]) =>
      (await tree.kubewright(['release', '--container', '--dry-run', '--json', ...words])).stdout;
    const commandsOf = async (...words: string[]) =>
      (JSON.parse(await dry(...words)) as { container: string[][] }).container;
    expect(await commandsOf()).toEqual([['make', 'cross']]);
    expect(await commandsOf('--only', 'client', '-p', 'linux/amd64')).toEqual([
      ['make', 'all', 'WHAT=cmd/kubectl', 'KUBE_BUILD_PLATFORMS=linux/amd64'],
    ]);
    expect(await commandsOf('quick', '--only', 'images')).toEqual([
      [
        'make',
        'all',
        'WHAT=cmd/kube-apiserver vendor/k8s.io/kube-aggregator',
        'KUBE_BUILD_PLATFORMS=linux/amd64',
      ],
    ]);
  });

  test('make’s goals are built there as upstream’s are, unless somebody says otherwise or no engine is there', async () => {
    const tree = await checkout(open);
    const shown = async (words: readonly string[], env: Readonly<Record<string, string>> = {}) => {
      const run = await tree.kubewright(['make', '-n', ...words], { env });
      expect(run).toMatchObject({ exitCode: 0 });
      return run.stdout.startsWith('in a container: make ') ? 'inside' : 'here';
    };
    expect(await shown(['quick-release'])).toBe('inside');
    expect(await shown(['release', 'KUBEWRIGHT_RELEASE_CONTAINER=n'])).toBe('here');
    expect(await shown(['release-in-a-container'])).toBe('here');
    const alone = { DOCKER_HOST: '', HOME: scratch('home') };
    if (!existsSync('/var/run/docker.sock') && !existsSync('/run/podman/podman.sock'))
      expect(await shown(['quick-release'], alone)).toBe('here');
    const dead = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
    tree.write('kubewright.yaml', 'release: { base: scratch }\n');
    const without = await tree.kubewright(['make', 'quick-release'], { env: dead });
    expect(without).toMatchObject({ exitCode: 2 });
    expect(without.stderr).toContain('error engine/unreachable');
    expect(without.stderr).toContain('kubewright release --no-container');
    tree.write('kubewright.yaml', 'release: { container: false }\n');
    expect(await shown(['quick-release'])).toBe('here');
    tree.write('kubewright.yaml', 'release: { container: true }\n');
    const ours = await tree.kubewright(['release', 'quick', '--dry-run']);
    expect(ours.stdout).toContain('in a container: make cross\n');
    const not = await tree.kubewright(['release', 'quick', '--dry-run', '--no-container']);
    expect(not.stdout).not.toContain('in a container');
    tree.write('kubewright.yaml', '');
    tree.write('build/release.sh', '#!/bin/sh\n');
    expect(await shown(['quick-release'])).toBe('here');
    const refused = await tree.kubewright(['release', '--container', '--dry-run']);
    expect(refused.stderr).toContain('error release/no-container-build');
  });
});
