/** Commands of a tree in containers of a real engine: each way in and out gives the same. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test as plain } from 'vitest';
import { CHECKOUT_LABEL } from '../../src/cli/container/names.ts';
import { Engine } from '../../src/engine/engine.ts';
import { openEngineConnection } from '../../src/host/engine-connection.ts';
import { hostWith } from '../trees.ts';
import { Certificates } from './certificates.ts';
import { Checkout, CROSS_VERSION, rootFiles } from './containers.ts';
import { freePort, has, MISSING, Engine as RealEngine, startPodman } from './engine.ts';

const LACKING = MISSING ?? (has('rsync') && has('make') ? undefined : 'wanted rsync and make');
const ENGINES = [
  { name: 'Docker Engine', isPodman: false, lacking: LACKING },
  { name: 'podman', isPodman: true, lacking: LACKING ?? (has('podman') ? undefined : 'wanted podman') },
];
const BIN = '_output/dockerized/bin/linux/amd64';

let real: RealEngine;
let engine: Engine;
let certificates: Certificates;
let port = 0;

/** Begins the engine that the tests then ask; `isPodman`: another one that speaks the same. */
async function begin(isPodman: boolean): Promise<void> {
  certificates = new Certificates(['IP:127.0.0.1']);
  port = await freePort();
  const tls = ['--tlsverify', '--tlscacert', `${certificates.ca}/ca.pem`];
  const own = ['--tlscert', `${certificates.server}/cert.pem`, '--tlskey', `${certificates.server}/key.pem`];
  const words = ['--host', `tcp://127.0.0.1:${port}`, ...tls, ...own];
  real = isPodman ? await startPodman() : await RealEngine.start(words, true);
  engine = new Engine(openEngineConnection(hostWith(), { kind: 'unix', path: real.socket }));
  await engine.images.importFiles(
    rootFiles(['rsync', 'find', 'dash', 'make']),
    `corp.example/kube-cross:${CROSS_VERSION}`,
  );
}

async function end(): Promise<void> {
  await engine?.close();
  await real?.stop();
}

function checkout(files: Readonly<Record<string, string>> = {}): Checkout {
  return new Checkout(real.environment, files);
}

/** Everything that is at the engine, to be compared. */
async function listing(): Promise<string[]> {
  return [
    ...real.run(['ps', '-a', '--format', 'container {{.Names}}']).split('\n'),
    ...real.run(['volume', 'ls', '--format', 'volume {{.Name}}']).split('\n'),
    ...real.run(['images', '--format', 'image {{.Repository}}:{{.Tag}}']).split('\n'),
    ...real.run(['network', 'ls', '--format', 'network {{.Name}}']).split('\n'),
  ].sort();
}

/** Returns when a command runs in a container. */
async function untilInside(): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const all = await engine.containers.list([CHECKOUT_LABEL]);
    if (
      all.some(
        ({ State, Names }) => State === 'running' && Names.some((name) => name.includes('kube-build-')),
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('no command ran');
}

/** What a build makes of sources: a program of their text, and generated code beside them. */
const BUILD = `mkdir -p ${BIN} && cat pkg/apples/types.go > ${BIN}/apple && chmod 755 ${BIN}/apple && echo 'package apples // made' > pkg/apples/zz_generated.deepcopy.go`;

describe.each(ENGINES)('a command in a container of $name', ({ isPodman, lacking }) => {
  const test = lacking ? plain.skip : plain;
  beforeAll(() => (lacking ? undefined : begin(isPodman)));
  afterAll(() => (lacking ? undefined : end()));

  test.each([
    ['stream', {}],
    // podman's service listens without TLS alone.
    ...(isPodman ? [] : ([['stream', 'tls']] as const)),
    ['rsync', {}],
    ['rsync', { KUBE_RSYNC_PORT: 'free', KUBE_RSYNC_COMPRESS: '9' }],
    ['bind', {}],
  ] as const)('%s gives the same programs (%o)', async (transport, how) => {
    const tree = checkout();
    const tls = {
      ...{
        DOCKER_HOST: `tcp://127.0.0.1:${port}`,
        DOCKER_TLS_VERIFY: '1',
        DOCKER_CERT_PATH: certificates.client,
      },
    };
    const wanted = how === 'tls' ? tls : { ...how };
    const env =
      'KUBE_RSYNC_PORT' in wanted ? { ...wanted, KUBE_RSYNC_PORT: String(await freePort()) } : wanted;
    const words = 'KUBE_RSYNC_PORT' in wanted ? [] : ['--transport', transport];
    const first = await tree.shell(BUILD, words, { env });
    expect(first).toMatchObject({ exitCode: 0 });
    expect(first.stderr).toContain(`(${transport})`);
    expect(tree.read(`${BIN}/apple`)).toBe('package apples\n');
    expect(statSync(join(tree.root, `${BIN}/apple`)).mode & 0o777).toBe(0o755);
    // Generated sources stay inside unless they are asked for; a mounted tree has no inside.
    const here = transport === 'bind' ? 'package apples // made\n' : 'package apples // of the checkout\n';
    expect(tree.read('pkg/apples/zz_generated.deepcopy.go')).toBe(here);
    // An edit, a new file and a deleted one arrive.
    tree.write('pkg/apples/types.go', 'package apples // edited\n');
    tree.write('pkg/pears/types.go', 'package pears\n');
    expect(await tree.shell(`${BUILD} && cp pkg/pears/types.go ${BIN}/pear`, words, { env })).toMatchObject({
      exitCode: 0,
    });
    expect(tree.read(`${BIN}/apple`)).toBe('package apples // edited\n');
    expect(tree.read(`${BIN}/pear`)).toBe('package pears\n');
    rmSync(join(tree.root, 'pkg/pears'), { recursive: true });
    const last = await tree.shell(`ls pkg && rm ${BIN}/pear`, words, { env });
    expect(last).toMatchObject({ exitCode: 0 });
    expect(last.stdout).not.toContain('pears');
    expect(existsSync(join(tree.root, `${BIN}/pear`))).toBe(false);
    // Generated sources, when asked.
    const asked = await tree.shell(BUILD, [...words, '--generated'], { env });
    expect(asked).toMatchObject({ exitCode: 0 });
    expect(tree.read('pkg/apples/zz_generated.deepcopy.go')).toBe('package apples // made\n');
    expect(await tree.kubewright(['container', 'clean'], { env })).toMatchObject({ exitCode: 0 });
  });

  test('what a command changes among the sources is mended by the next run', async () => {
    const tree = checkout();
    expect(await tree.shell('rm -r pkg/apples; echo spoilt > build/common.sh')).toMatchObject({
      exitCode: 0,
    });
    const next = await tree.shell('cat pkg/apples/types.go; head -n 1 build/common.sh');
    expect(next.stdout).toBe('package apples\n#!/usr/bin/env bash\n');
    const times = await tree.shell('stat -c %Y pkg/apples/types.go');
    expect(Number(times.stdout)).toBe(
      Math.floor(statSync(join(tree.root, 'pkg/apples/types.go')).mtimeMs / 1000),
    );
    await tree.kubewright(['container', 'clean']);
  });

  test('nothing changed, nothing is sent; caches are kept over branches', async () => {
    const tree = checkout();
    await tree.shell('mkdir -p _output/dockerized/go/cache && echo warm > _output/dockerized/go/cache/a');
    const still = await tree.shell('cat _output/dockerized/go/cache/a', ['-v']);
    expect(still.stdout).toBe('warm\n');
    expect(still.stderr).not.toMatch(/sources.*started/);
    const git = (...words: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...words], { cwd: tree.root });
    git('init', '-q', '-b', 'main');
    git('add', '-A');
    git('commit', '-qm', 'all');
    git('checkout', '-qb', 'other');
    tree.write('pkg/apples/types.go', 'package apples // on another branch\n');
    const other = await tree.shell('cat _output/dockerized/go/cache/a pkg/apples/types.go');
    expect(other.stdout).toBe('warm\npackage apples // on another branch\n');
    await tree.kubewright(['container', 'clean']);
  });

  test('a build of which nothing changed is not run again; any other command is', async () => {
    const other = `test -z "$(OTHER)" || cp Makefile ${BIN}/apple`;
    const rules = [
      `all:\n\t@echo ran\n\t@mkdir -p ${BIN}\n\t@cmp -s pkg/apples/types.go ${BIN}/apple || cp pkg/apples/types.go ${BIN}/apple\n\t@${other}`,
      `clean:\n\t@echo ran\n\t@rm -rf _output/dockerized/bin`,
    ];
    const tree = checkout({ Makefile: `${rules.join('\n')}\n` });
    const ran = async (...words: string[]) => {
      const run = await tree.kubewright(['container', 'run', ...words]);
      expect(run).toMatchObject({ exitCode: 0 });
      if (run.stdout.includes('ran\n')) return true;
      expect(run.stderr).toContain('Nothing to do');
      return false;
    };
    const build = ['make', 'WHAT=cmd/kubectl'];
    expect(await ran(...build)).toBe(true);
    expect(await ran(...build)).toBe(false);
    expect(await ran('--always', ...build)).toBe(true);
    expect(await ran('-e', 'GOFLAGS=-v', ...build)).toBe(true);
    expect(await ran('make', 'all')).toBe(true);
    expect(await ran(...build)).toBe(false);
    tree.write('pkg/apples/types.go', 'package apples // edited\n');
    expect(await ran(...build)).toBe(true);
    expect(tree.read(`${BIN}/apple`)).toBe('package apples // edited\n');
    expect(await ran(...build)).toBe(false);
    // The same program, built another way: it is not what was asked for first.
    expect(await ran(...build, 'OTHER=way')).toBe(true);
    expect(await ran(...build, 'OTHER=way')).toBe(false);
    expect(await ran(...build)).toBe(true);
    expect(tree.read(`${BIN}/apple`)).toBe('package apples // edited\n');
    // The program here was changed, or is gone.
    tree.write(`${BIN}/apple`, 'package apples // spoilt\n');
    expect(await ran(...build)).toBe(true);
    expect(tree.read(`${BIN}/apple`)).toBe('package apples // edited\n');
    rmSync(join(tree.root, `${BIN}/apple`));
    expect(await ran(...build)).toBe(true);
    expect(tree.read(`${BIN}/apple`)).toBe('package apples // edited\n');
    expect(await ran(...build)).toBe(false);
    // What is no build may have changed anything inside.
    expect(await ran('make', 'clean')).toBe(true);
    expect(await ran('make', 'clean')).toBe(true);
    expect(existsSync(join(tree.root, `${BIN}/apple`))).toBe(false);
    expect(await ran(...build)).toBe(true);
    await tree.kubewright(['container', 'clean']);
    expect(await ran(...build)).toBe(true);
    await tree.kubewright(['container', 'clean']);
  });

  test('what a command writes among the sources does not have its neighbours sent again', async () => {
    const tree = checkout({ 'pkg/apples/more.go': 'package apples\n' });
    const before = statSync(join(tree.root, 'pkg/apples')).mtimeMs;
    const times = 'stat -c "%Y %Z" pkg/apples/more.go; stat -c %Y pkg/apples';
    const line = `${times}; echo 'package apples // made' > pkg/apples/zz_generated.deepcopy.go`;
    const first = await tree.shell(line);
    const next = await tree.shell(line);
    expect(next.stdout).toBe(first.stdout);
    expect(next.stdout.split('\n')[1]).toBe(String(Math.floor(before / 1000)));
    await tree.kubewright(['container', 'clean']);
  });

  test('the command gets its words as they are, its exit status and its streams come back', async () => {
    const tree = checkout();
    const words = await tree.kubewright([
      ...['container', 'run', '/bin/sh', '-c', 'for word; do echo "[$word]"; done', 'x'],
      ...['', 'a b', '*', '$HOME', '-j8', '--version'],
    ]);
    expect(words.stdout).toBe('[]\n[a b]\n[*]\n[$HOME]\n[-j8]\n[--version]\n');
    const failed = await tree.shell('echo out; echo problem >&2; exit 42');
    expect(failed).toMatchObject({ exitCode: 42, stdout: 'out\n' });
    expect(failed.stderr).toContain('problem\n');
    expect(failed.stderr).toContain('error container/command-failed: /bin/sh ended with 42');
    await tree.kubewright(['container', 'clean']);
  });

  test('it runs as the caller, with the version, proxies and variables of the tree', async () => {
    const tree = checkout();
    const env = {
      ...{ HTTPS_PROXY: 'http://me:secret@proxy.example:3128', KUBE_FASTBUILD: 'true', HOSTNAME: 'box' },
    };
    const run = await tree.shell(
      'id -u; cat $KUBE_GIT_VERSION_FILE; env; hostname; pwd',
      ['-e', 'ADDED=yes'],
      { env },
    );
    const lines = run.stdout.split('\n');
    expect(lines[0]).toBe(String(process.getuid?.()));
    expect(lines).toEqual(
      expect.arrayContaining([
        ...[
          "KUBE_GIT_VERSION='v1.20.2'",
          "KUBE_GIT_TREE_STATE='archive'",
          'KUBE_FASTBUILD=true',
          'ADDED=yes',
        ],
        ...['https_proxy=http://me:secret@proxy.example:3128', 'no_proxy=127.0.0.1,localhost', 'box'],
        ...['SOURCE_DATE_EPOCH=0', 'KUBE_OUTPUT_SUBPATH=_output/dockerized', '/go/src/k8s.io/kubernetes'],
      ]),
    );
    const dry = await tree.kubewright(['container', 'run', '--dry-run', 'make'], { env });
    expect(dry.stdout).toContain('https_proxy=http://***@proxy.example:3128');
    expect(dry.stdout).toMatch(/container +kube-build-[0-9a-f]{10}-5-v1\.15\.15-legacy-1/);
    const image = real.run(['image', 'inspect', `corp.example/kube-cross:${CROSS_VERSION}`]);
    expect(image).not.toContain('secret');
    await tree.kubewright(['container', 'clean'], { env });
  });

  test('two checkouts build at once, and cleaning leaves the engine as it was found', async () => {
    const before = await listing();
    const [one, two] = [checkout(), checkout()];
    two.write('pkg/apples/types.go', 'package apples // two\n');
    const runs = await Promise.all([one.shell(`sleep 1; ${BUILD}`), two.shell(`sleep 1; ${BUILD}`)]);
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(one.read(`${BIN}/apple`)).toBe('package apples\n');
    expect(two.read(`${BIN}/apple`)).toBe('package apples // two\n');
    expect((await listing()).filter((line) => !before.includes(line)).length).toBeGreaterThan(3);
    const clean = await one.kubewright(['container', 'clean']);
    expect(clean.stdout).toMatch(/^volume kube-build-data-/m);
    expect(await two.shell('cat pkg/apples/types.go')).toMatchObject({ stdout: 'package apples // two\n' });
    await two.kubewright(['container', 'clean']);
    expect(await listing()).toEqual(before);
  });

  test('a second run in one checkout is told who holds it', async () => {
    const tree = checkout();
    const started = tree.shell(`${BUILD}; sleep 6`);
    await untilInside();
    const second = await tree.shell('true');
    expect(second).toMatchObject({ exitCode: 2 });
    expect(second.stderr).toMatch(/error run\/locked: .*process \d+ \(kubewright container run/);
    expect(await started).toMatchObject({ exitCode: 0 });
    await tree.kubewright(['container', 'clean']);
  });

  test('copy-output brings what a run left inside', async () => {
    const tree = checkout();
    expect((await tree.kubewright(['container', 'copy-output'])).stderr).toContain('container/nothing-built');
    await tree.shell(BUILD, ['--no-copy-output']);
    expect(existsSync(join(tree.root, BIN))).toBe(false);
    const copied = await tree.kubewright(['container', 'copy-output', '--generated']);
    expect(copied.stdout).toBe(`${BIN}/apple\npkg/apples/zz_generated.deepcopy.go\n`);
    await tree.kubewright(['container', 'clean']);
  });

  test('an edit made while it is generated is not written over', async () => {
    const tree = checkout();
    const run = tree.shell(`sleep 3; echo generated > pkg/apples/types.go`, ['--generated']);
    await untilInside();
    tree.write('pkg/apples/types.go', 'package apples // my edit\n');
    expect((await run).stderr).toContain('warning container/edited-meanwhile: pkg/apples/types.go');
    expect(tree.read('pkg/apples/types.go')).toBe('package apples // my edit\n');
    utimesSync(join(tree.root, 'pkg/apples/types.go'), 1, 1);
    await tree.kubewright(['container', 'clean']);
    expect(readdirSync(tree.root)).toContain('pkg');
  });
});
