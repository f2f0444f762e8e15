/** Runs in containers that are killed, and engines, images and settings that are not as they should be. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHECKOUT_LABEL, OWNER_LABEL } from '../../src/cli/container/names.ts';
import { Engine } from '../../src/engine/engine.ts';
import { tar } from '../../src/formats/tar.ts';
import { openEngineConnection } from '../../src/host/engine-connection.ts';
import { hostWith, scratch } from '../trees.ts';
import { Certificates } from './certificates.ts';
import { Checkout, CROSS_VERSION, rootFiles } from './containers.ts';
import { freePort, MISSING, Engine as RealEngine } from './engine.ts';

const BIN = '_output/dockerized/bin/linux/amd64';
const CROSS = `corp.example/kube-cross:${CROSS_VERSION}`;

let real: RealEngine;
let engine: Engine;
let certificates: Certificates;
let port = 0;

beforeAll(async () => {
  if (MISSING) return;
  certificates = new Certificates(['IP:127.0.0.1']);
  port = await freePort();
  const tls = ['--tlsverify', '--tlscacert', `${certificates.ca}/ca.pem`];
  const own = ['--tlscert', `${certificates.server}/cert.pem`, '--tlskey', `${certificates.server}/key.pem`];
  real = await RealEngine.start(['--host', `tcp://127.0.0.1:${port}`, ...tls, ...own], true);
  engine = new Engine(openEngineConnection(hostWith(), { kind: 'unix', path: real.socket }));
  await engine.images.importFiles(rootFiles(['rsync', 'find', 'dash']), CROSS);
});

afterAll(async () => {
  await engine?.close();
  await real?.stop();
});

async function stateOf(): Promise<string | undefined> {
  return (await engine.containers.list([CHECKOUT_LABEL])).find(({ Names }) =>
    Names.some((name) => name.startsWith('/kube-build-')),
  )?.State;
}

/** Runs a line of shell and kills kubewright when its container is in a state. */
async function killedAt(
  tree: Checkout,
  line: string,
  state: string,
  words: readonly string[],
  name: NodeJS.Signals,
) {
  let child: { kill(signal: NodeJS.Signals): boolean } | undefined;
  let isOver = false;
  const run = tree.shell(line, words, {
    onStart: (started) => {
      child = started;
    },
  });
  void run.finally(() => {
    isOver = true;
  });
  while (!isOver && (await stateOf()) !== state) await new Promise((resolve) => setTimeout(resolve, 5));
  child?.kill(name);
  return run;
}

function leftOvers(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.includes('.kw-tmp'),
  );
}

const MADE = `mkdir -p ${BIN} && cat pkg/large/* > ${BIN}/large && cat pkg/apples/types.go > ${BIN}/apple`;

describe.skipIf(MISSING)(`containers and faults${MISSING ? ` (${MISSING})` : ''}`, () => {
  test.each([
    ['sources come in', 'created', []],
    ['sources come in', 'created', ['--transport', 'rsync']],
    ['the command runs', 'running', []],
    ['results go out', 'exited', []],
  ] as const)(
    'killed while %s (%s, %o), a second run succeeds and nothing is left',
    async (_, state, words) => {
      const tree = new Checkout(real.environment);
      const large = Buffer.alloc(24 << 20, 'large ');
      for (let i = 0; i < 4; i++) tree.write(`pkg/large/${i}`, `${i}${large.toString()}`);
      const wanted = createHash('sha256');
      for (let i = 0; i < 4; i++) wanted.update(`${i}${large.toString()}`);
      const line = state === 'running' ? `sleep 2; ${MADE}` : MADE;
      const killed = await killedAt(tree, line, state, words, 'SIGKILL');
      expect(killed.signal).toBe('SIGKILL');
      const again = await tree.shell(MADE, words);
      expect(again).toMatchObject({ exitCode: 0 });
      const bin = join(tree.root, BIN);
      const digest = execFileSync('sha256sum', [`${bin}/large`], { encoding: 'utf8' }).slice(0, 64);
      expect(digest).toBe(wanted.digest('hex'));
      expect(readdirSync(bin).sort()).toEqual(['apple', 'large']);
      expect(leftOvers(join(tree.root, '_output'))).toEqual([]);
      expect(await engine.containers.list([CHECKOUT_LABEL])).toEqual([]);
      await tree.kubewright(['container', 'clean']);
      expect(await engine.volumes.list([CHECKOUT_LABEL])).toEqual([]);
    },
  );

  test('ended in good order, the command hears of it and its container goes', async () => {
    const tree = new Checkout(real.environment);
    const line = `trap 'echo told; exit 3' TERM; sleep 60 & wait`;
    const ended = await killedAt(tree, line, 'running', [], 'SIGTERM');
    expect(ended).toMatchObject({ exitCode: 130 });
    expect(ended.stderr).toContain('run/cancelled');
    expect(await engine.containers.list([CHECKOUT_LABEL])).toEqual([]);
    await tree.kubewright(['container', 'clean']);
  });

  test('an engine that cannot be had is said before anything else', async () => {
    const tree = new Checkout({});
    const run = async (env: Readonly<Record<string, string>>) => {
      const { exitCode, stderr } = await tree.shell('true', [], { env });
      return `${exitCode} ${/^error (\S+):/m.exec(stderr)?.[1]}`;
    };
    expect(await run({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })).toBe('2 engine/unreachable');
    expect(await run({ DOCKER_HOST: `tcp://127.0.0.1:${await freePort()}` })).toBe('2 engine/unreachable');
    const tls = { DOCKER_HOST: `tcp://127.0.0.1:${port}`, DOCKER_TLS_VERIFY: '1' };
    const wrong = new Certificates(['IP:127.0.0.1']).client;
    expect(await run({ ...tls, DOCKER_CERT_PATH: wrong })).toBe('2 engine/tls');
    expect(await run({ ...tls, DOCKER_CERT_PATH: scratch('empty') })).toBe('2 engine/tls');
    chmodSync(real.socket, 0);
    try {
      const refused = await tree.shell('true', [], { env: real.environment, boundByPermissions: true });
      expect(refused).toMatchObject({ exitCode: 2 });
      expect(refused.stderr).toContain('error engine/permission: you may not speak to the engine at unix://');
    } finally {
      chmodSync(real.socket, 0o660);
    }
    expect(readdirSync(tree.root)).not.toContain('_output');
  });

  test('images that cannot be built in are told apart', async () => {
    const tree = new Checkout(real.environment);
    const run = async (words: readonly string[]) => {
      const { exitCode, stderr } = await tree.shell('true', words);
      return `${exitCode} ${/^error (\S+):/m.exec(stderr)?.[1]}`;
    };
    await engine.images.importFiles(rootFiles([]), 'foreign:1');
    await engine.images.importFiles(
      tar([{ entry: { path: 'etc/a', kind: 'file', mode: 0o644, size: 1 }, content: Buffer.from('a') }]),
      'bare:1',
    );
    await engine.images.load(otherArchitecture());
    expect(await run(['--image', 'none:1'])).toBe('2 container/no-image');
    expect(await run(['--image', 'bare:1'])).toBe('2 container/image-unfit');
    expect(await run(['--image', 'riscy:1'])).toBe('2 container/image-other-platform');
    expect(await run(['--image', 'foreign:1', '--transport', 'rsync'])).toBe('2 container/no-rsync');
    expect(await run(['--image', 'foreign:1'])).toBe('0 undefined');
    expect(await engine.containers.list([CHECKOUT_LABEL])).toEqual([]);
    tree.write('build/build-image/cross/VERSION', 'v9.9.9-1\n');
    expect(await run([])).toBe('2 container/no-image');
    await tree.kubewright(['container', 'clean', '--all']);
  });

  test('a port in use is said, and another way is named', async () => {
    const tree = new Checkout(real.environment);
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port: taken } = server.address() as { port: number };
    const run = await tree.shell('true', [], { env: { KUBE_RSYNC_PORT: String(taken) } });
    server.close();
    expect(run).toMatchObject({ exitCode: 2 });
    expect(run.stderr).toContain('error engine/port-in-use');
    expect(await engine.containers.list([CHECKOUT_LABEL])).toEqual([]);
    await tree.kubewright(['container', 'clean']);
  });

  test('a volume of another user is left alone', async () => {
    const tree = new Checkout(real.environment);
    const dry = await tree.kubewright(['container', 'run', '--dry-run', '--json', 'true']);
    const mounts = (JSON.parse(dry.stdout) as { mounts: string[] }).mounts;
    const volume = mounts[0]?.split(' ')[1] ?? '';
    await engine.volumes.create(volume, { [OWNER_LABEL]: '4321:4321' });
    const run = await tree.shell('true');
    expect(run).toMatchObject({ exitCode: 2 });
    expect(run.stderr).toContain(
      `error container/volume-owner: the volume ${volume} belongs to the user 4321:4321`,
    );
    await engine.volumes.remove(volume);
  });

  test('a checkout that the engine does not see is not mounted', () => {
    const tree = new Checkout(real.environment);
    const copy = scratch('copy');
    execFileSync('cp', ['-a', `${tree.root}/.`, copy]);
    const program = fileURLToPath(new URL('../../bin/kubewright.cjs', import.meta.url));
    const script =
      'mount -t tmpfs none "$1" && cp -a "$2/." "$1" && cd "$1" && exec "$3" "$4" container run --transport bind true';
    const { status, stderr } = spawnSync(
      'unshare',
      ['-m', 'sh', '-c', script, 'x', tree.root, copy, process.execPath, program],
      { env: { PATH: process.env['PATH'], HOME: scratch('home'), ...real.environment }, encoding: 'utf8' },
    );
    expect(stderr).toContain('error container/bind-elsewhere');
    expect(status).toBe(2);
  });

  test('a full disk of the engine is said, and the next run goes on when there is room', async () => {
    const place = scratch('small');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', place]);
    const small = await RealEngine.start(['--data-root', place]);
    try {
      const other = new Engine(openEngineConnection(hostWith(), { kind: 'unix', path: small.socket }));
      await other.images.importFiles(rootFiles(['find']), CROSS);
      const tree = new Checkout(small.environment);
      mkdirSync(join(tree.root, 'pkg/large'));
      writeFileSync(join(tree.root, 'pkg/large/file'), Buffer.alloc(80 << 20, 'x'));
      const full = await tree.shell('true');
      expect(full).toMatchObject({ exitCode: 1 });
      expect(full.stderr).toContain('error engine/disk-full');
      rmSync(join(tree.root, 'pkg/large'), { recursive: true });
      expect(await tree.shell('ls pkg')).toMatchObject({
        exitCode: 0,
        stdout: expect.not.stringContaining('large'),
      });
      await tree.kubewright(['container', 'clean']);
      await other.close();
    } finally {
      await small.stop();
      execFileSync('umount', ['-l', place]);
    }
  });
});

/** An archive of `docker save` with an image of an architecture that no machine of ours has. */
function otherArchitecture(): AsyncIterable<Uint8Array> {
  const layer = Buffer.alloc(1024);
  const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const config = Buffer.from(
    JSON.stringify({
      ...{ architecture: 'riscv64', os: 'linux', config: {} },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sum(layer)}`] },
    }),
  );
  const name = `${sum(config)}.json`;
  const manifest = Buffer.from(
    JSON.stringify([{ Config: name, RepoTags: ['riscy:1'], Layers: ['layer.tar'] }]),
  );
  const file = (path: string, content: Buffer) =>
    ({ entry: { path, kind: 'file', mode: 0o644, size: content.length }, content }) as const;
  return tar([file('layer.tar', layer), file(name, config), file('manifest.json', manifest)]);
}
