/** The build image of a tree: of packages and Go, fetched, or found at the engine; in the hands of a real one. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImagePackages } from '../../src/tree/container/buildimage.ts';
import { scratch } from '../trees.ts';
import { Checkout, CROSS_VERSION } from './containers.ts';
import { Engine, ImageRegistry, MISSING } from './engine.ts';
import { APT_MISSING, PackageSource } from './packagesource.ts';

const LARGE = 48 << 20;
const LACKING = MISSING ?? APT_MISSING;
const DOCKERFILE = 'FROM k8s.gcr.io/build-image/kube-cross:KUBE_BUILD_IMAGE_CROSS_TAG\n';
const CROSS = `build-image/kube-cross:${CROSS_VERSION}`;

let engine: Engine;
let registry: ImageRegistry;
let environment: Record<string, string>;

/** Packages of the names that a build image wants, and Go that says so. */
beforeAll(async () => {
  if (LACKING) return;
  [engine, registry] = await Promise.all([Engine.start(), ImageRegistry.start()]);
  const source = new PackageSource();
  const links = 'update-alternatives --install /bin/sh sh /bin/busybox 1\n';
  source.add('tiny-base', { 'bin/busybox': readFileSync('/bin/busybox') }, 'Essential: yes\n', {
    'DEBIAN/postinst': `#!/bin/sh\n${links}`,
  });
  for (const name of buildImagePackages('linux/amd64', ['linux/arm64'], []))
    source.add(name, { [`usr/share/tiny/${name}`]: name });
  // What no compression makes small: an engine takes its time with it.
  source.add('tiny-large', { 'usr/share/large': randomBytes(LARGE) });
  source.list();
  const gos = scratch('gos');
  const files = {
    VERSION: 'go1.15.15',
    'bin/go': '#!/bin/sh\necho go version of the tests\n',
    'pkg/tool/linux_amd64/compile': 'x',
    'src/fmt/print.go': 'package fmt\n',
  };
  for (const [path, text] of Object.entries(files)) {
    const place = join(gos, 'go1.15.15', path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, text, { mode: path.startsWith('src') ? 0o644 : 0o755 });
  }
  environment = {
    ...engine.environment,
    ...source.environment,
    KUBEWRIGHT_CACHE: scratch('cache'),
    KUBEWRIGHT_TOOLCHAINS: gos,
  };
});

afterAll(async () => {
  await Promise.all([engine?.stop(), registry?.stop()]);
});

function checkout(): Checkout {
  return new Checkout(environment, {
    'build/build-image/Dockerfile': DOCKERFILE,
    'build/build-image/rsyncd.sh': '#!/bin/sh\n',
  });
}

describe.skipIf(LACKING)(`the build image${LACKING ? ` (${LACKING})` : ''}`, () => {
  test('is made of packages and Go alone, once; another checkout names the same layers', async () => {
    const [one, two] = [checkout(), checkout()];
    const made = await one.kubewright(['container', 'image']);
    expect(made).toMatchObject({ exitCode: 0 });
    const name = made.stdout.trim();
    expect(name).toMatch(/^kube-build:build-[0-9a-f]{10}-5-v1\.15\.15-legacy-1$/);
    const script =
      'go version; busybox ls /kube-build-image /rsyncd.sh; busybox cat /etc/gitconfig; busybox stat -c "%a %n" /go/src/k8s.io/kubernetes /run/kubernetes /usr/local/go/pkg /usr/local/go/src; echo $GOPATH $HOME $KUBE_OUTPUT_SUBPATH; busybox ls /usr/share/tiny';
    const said = engine.run(['run', '--rm', '--network=none', '--user', '1234', name, 'sh', '-c', script]);
    expect(said).toContain('go version of the tests\n/kube-build-image\n/rsyncd.sh\n[user]');
    expect(said).toContain(
      '777 /go/src/k8s.io/kubernetes\n777 /run/kubernetes\n777 /usr/local/go/pkg\n755 /usr/local/go/src',
    );
    expect(said).toContain('/go /go/src/k8s.io/kubernetes _output/dockerized');
    expect(said.split('\n')).toEqual(expect.arrayContaining(['gcc', 'git', 'jq', 'make', 'rsync']));
    const id = engine.run(['inspect', '-f', '{{.Id}}', name]);
    const again = await one.kubewright(['container', 'image']);
    expect(again.stderr).toContain(`${name} is up to date`);
    expect(engine.run(['inspect', '-f', '{{.Id}}', name])).toBe(id);
    const other = (await two.kubewright(['container', 'image'])).stdout.trim();
    expect(other).not.toBe(name);
    const layers = (image: string) => engine.run(['inspect', '-f', '{{json .RootFS.Layers}}', image]);
    expect(layers(other)).toBe(layers(name));
    // Cleaning one leaves the other's alone.
    expect(await one.kubewright(['container', 'clean'])).toMatchObject({ exitCode: 0 });
    expect(engine.run(['images', '-q', name])).toBe('');
    expect(engine.run(['images', '-q', other])).not.toBe('');
  });

  test('holds more when more is asked for, and is written to a file where there is no engine', async () => {
    const one = checkout();
    const file = join(scratch('saved'), 'build.tar');
    const words = ['container', 'image', '-p', 'linux/arm64', '--save', file];
    const saved = await one.kubewright(words, { env: { DOCKER_HOST: 'unix:///nowhere' } });
    expect(saved).toMatchObject({ exitCode: 0, stdout: `${file}\n` });
    const [, name = ''] = /Loaded image: (\S+)/.exec(engine.run(['load', '-i', file])) ?? [];
    const listed = engine.run(['run', '--rm', '--network=none', name, 'busybox', 'ls', '/usr/share/tiny']);
    expect(listed).toContain('gcc-aarch64-linux-gnu');
    const dry = await one.kubewright(['container', 'image', '--dry-run', '--save', file]);
    expect(dry.stdout).toContain('layer     COPY go1.15.15 /usr/local/go');
    const offline = await one.kubewright(['container', 'image', '--offline', '--save', file]);
    expect(offline).toMatchObject({ exitCode: 0 });
  });

  test('is kube-cross where a mirror has it, or the engine has a copy under any name', async () => {
    const one = checkout();
    const mirrored = { KUBEWRIGHT_REGISTRY_MIRRORS: `k8s.gcr.io=${registry.host}/mirror` };
    const context = scratch('cross');
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nADD busybox /bin/busybox\nENV CROSS=yes\n');
    writeFileSync(join(context, 'busybox'), readFileSync('/bin/busybox'), { mode: 0o755 });
    const copy = `${registry.host}/mirror/${CROSS}`;
    engine.run(['build', '-q', '--network=none', '-t', copy, context]);
    engine.run(['push', '-q', copy]);
    const found = await one.kubewright(['container', 'image']);
    expect(found.stderr).toContain(`the engine has ${copy}: container run builds in it`);
    engine.run(['rmi', copy]);
    const made = await one.kubewright(['container', 'image'], { env: mirrored });
    expect(made).toMatchObject({ exitCode: 0 });
    const name = made.stdout.trim();
    expect(engine.run(['inspect', '-f', '{{json .Config.Env}}', name])).toContain('CROSS=yes');
    expect(made.stderr).toContain(`${name}: k8s.gcr.io/${CROSS}`);
    // A mirror without it is told, and the image is made.
    await registry.stop();
    const without = await one.kubewright(['container', 'image', '--refresh'], { env: mirrored });
    expect(without.stderr).toContain('warning image/base-unavailable');
    expect(without).toMatchObject({ exitCode: 0 });
    registry = await ImageRegistry.start();
  });

  test.each([
    ['apt is asked', 'asking apt'],
    ['packages are fetched', 'fetching'],
    ['they are laid out', 'laying out'],
    ['the engine takes it', 'loading the image'],
  ])('killed while %s, a second call makes it, and nothing is left over', async (_, line) => {
    const one = checkout();
    const cache = scratch('cache');
    const words = ['container', 'image', '--package', 'tiny-large'];
    // Images of one date come in any order.
    const sorted = (words: readonly string[]) => engine.run(words).split('\n').sort();
    const listing = () =>
      [
        ['images', '-aq'],
        ['ps', '-aq'],
        ['volume', 'ls', '-q'],
      ].map(sorted);
    const before = listing();
    const killed = await one.kubewright(words, {
      env: { KUBEWRIGHT_CACHE: cache },
      onStart: (child) => {
        let said = '';
        child.stderr?.on('data', (text) => {
          said += text;
          if (said.includes(line)) setTimeout(() => child.kill('SIGKILL'), 20);
        });
      },
    });
    expect(killed.signal).toBe('SIGKILL');
    const made = await one.kubewright(words, { env: { KUBEWRIGHT_CACHE: cache } });
    expect(made).toMatchObject({ exitCode: 0 });
    const run = [
      'run',
      '--rm',
      '--network=none',
      made.stdout.trim(),
      'busybox',
      'wc',
      '-c',
      '/usr/share/large',
    ];
    expect(engine.run(run)).toBe(`${LARGE} /usr/share/large`);
    const left = [cache, join(one.root, '_output')].flatMap((place) =>
      readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) =>
        /\.kw-tmp|\/scratch\/./.test(name),
      ),
    );
    expect(left).toEqual([]);
    expect(await one.kubewright(['container', 'clean'])).toMatchObject({ exitCode: 0 });
    expect(listing()).toEqual(before);
  });

  test.each([
    [['--from', 'nowhere'], 'error request/invalid: --from nowhere is not known'],
    [['-p', 'darwin/amd64'], 'error request/invalid: Debian has no C compiler for darwin/amd64'],
    [['--from', 'engine'], 'error container/no-image: the engine at'],
    [
      ['--package', 'no-such-thing'],
      'error image/packages-unresolved: apt knows no way to install no-such-thing',
    ],
    [
      ['--from', 'registry', '--offline'],
      'error image/base-unavailable: the base image k8s.gcr.io/build-image/kube-cross',
    ],
    [['--engine', 'unix:///nowhere'], 'error engine/'],
  ])('%j is answered with what to do', async (words, message) => {
    const env = words.includes('--offline') ? { KUBEWRIGHT_CACHE: scratch('cache') } : {};
    const run = await checkout().kubewright(['container', 'image', ...words], { env });
    expect(run.exitCode).not.toBe(0);
    expect(run.stderr).toContain(message);
  });
});
