/** Our client of the Docker Engine API against a real engine, over each way that leads to one. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Failure } from '../../src/diagnostic/diagnostic.ts';
import { findEngine } from '../../src/engine/endpoint.ts';
import { Engine } from '../../src/engine/engine.ts';
import { demultiplex } from '../../src/engine/streams.ts';
import { tar } from '../../src/formats/tar.ts';
import { membersOf } from '../../src/formats/unpack.ts';
import { openEngineConnection } from '../../src/host/engine-connection.ts';
import { Processes } from '../../src/host/processes.ts';
import { hostWith, scratch } from '../trees.ts';
import { Certificates } from './certificates.ts';
import { freePort, has, MISSING, Engine as RealEngine } from './engine.ts';

let real: RealEngine;
let certificates: Certificates;
let port = 0;
const opened: Engine[] = [];

beforeAll(async () => {
  if (MISSING) return;
  certificates = new Certificates(['DNS:localhost', 'IP:127.0.0.1']);
  port = await freePort();
  real = await RealEngine.start([
    ...['--host', `tcp://127.0.0.1:${port}`, '--tlsverify', '--tlscacert', `${certificates.ca}/ca.pem`],
    ...['--tlscert', `${certificates.server}/cert.pem`, '--tlskey', `${certificates.server}/key.pem`],
  ]);
  await connect({ DOCKER_HOST: `unix://${real.socket}` }).images.importFiles(busybox(), 'busybox:test');
});

afterAll(async () => {
  for (const engine of opened) await engine.close();
  await real?.stop();
});

/** The client as an environment leads to an engine. */
function connect(environment: Readonly<Record<string, string>>): Engine {
  const host = {
    ...hostWith(environment),
    processes: new Processes(environment['PATH'] ?? process.env['PATH'] ?? ''),
  };
  const found = findEngine(host);
  if (!found.ok) throw new Failure(...found.diagnostics);
  const engine = new Engine(openEngineConnection(host, found.value.endpoint));
  opened.push(engine);
  return engine;
}

function busybox(): AsyncIterable<Uint8Array> {
  const program = readFileSync('/bin/busybox');
  return tar([
    { entry: { path: 'bin', kind: 'directory', mode: 0o755, size: 0 } },
    { entry: { path: 'bin/busybox', kind: 'file', mode: 0o755, size: program.length }, content: program },
    { entry: { path: 'bin/sh', kind: 'symlink', mode: 0o777, size: 0, target: 'busybox' } },
  ]);
}

async function codes(work: Promise<unknown>): Promise<string[]> {
  try {
    await work;
    return [];
  } catch (problem) {
    if (problem instanceof Failure) return problem.diagnostics.map(({ code }) => code);
    throw problem;
  }
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** ssh to an own sshd, as the user's configuration would lead there. */
async function sshTo(login: string): Promise<{ PATH: string; stop: () => void; port: number }> {
  const place = scratch('ssh');
  const [sshd, key, bin] = [await freePort(), join(place, 'key'), join(place, 'bin')];
  mkdirSync('/run/sshd', { recursive: true });
  mkdirSync(bin);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const config = [
    `Port ${sshd}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${key}`,
    `AuthorizedKeysFile ${key}.pub`,
    ...['StrictModes no', 'UsePAM no', 'PermitRootLogin yes', `PidFile ${place}/pid`],
  ];
  writeFileSync(join(place, 'sshd'), `${config.join('\n')}\n`);
  writeFileSync(
    join(place, 'ssh'),
    `Host *\n  User ${login}\n  IdentityFile ${key}\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n`,
  );
  writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${place}/ssh "$@"\n`);
  chmodSync(join(bin, 'ssh'), 0o755);
  const child = spawn('/usr/sbin/sshd', ['-D', '-f', join(place, 'sshd')], { stdio: 'ignore' });
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { PATH: `${bin}:${process.env['PATH'] ?? ''}`, stop: () => child.kill(), port: sshd };
}

let conversations = 0;

/** What every way to an engine must be able to do. */
async function conversation(engine: Engine): Promise<void> {
  expect((await engine.version()).Os).toBe('linux');
  expect((await engine.images.inspect('busybox:test'))?.Architecture).toMatch(/^(amd64|arm64)$/);
  expect(await engine.images.inspect('busybox:none')).toBeUndefined();
  const labels = { 'test.run': 'one' };
  const id = await engine.containers.create(`conversation-${conversations++}`, {
    ...{ Image: 'busybox:test', Labels: labels, OpenStdin: true, StdinOnce: true, AttachStdin: true },
    Cmd: ['/bin/busybox', 'sh', '-c', 'busybox cat; echo problem >&2; busybox cat /in/note; exit 7'],
    HostConfig: { NetworkMode: 'none' },
  });
  await engine.containers.putArchive(
    ...([
      id,
      '/',
      tar([
        { entry: { path: 'in/note', kind: 'file', mode: 0o644, size: 5 }, content: Buffer.from('note\n') },
      ]),
    ] as const),
  );
  const stream = await engine.containers.attach(id, { stdin: true });
  const heard = { stdout: '', stderr: '' };
  const listening = (async () => {
    for await (const { stream: name, bytes } of demultiplex(stream.output)) heard[name] += Buffer.from(bytes);
  })();
  await engine.containers.start(id);
  await stream.write(Buffer.from('said\n'));
  stream.end();
  expect(await engine.containers.wait(id)).toBe(7);
  await listening;
  expect(heard).toEqual({ stdout: 'said\nnote\n', stderr: 'problem\n' });
  const archive = await engine.containers.getArchive(id, '/in');
  const names: string[] = [];
  for await (const member of membersOf(archive as AsyncIterable<Uint8Array>)) {
    names.push(member.path.join('/'));
    if (member.path.at(-1) === 'in/note') expect(await textOf(member.content)).toBe('note\n');
  }
  expect(names).toContain('in/note');
  expect(await engine.containers.getArchive(id, '/nowhere')).toBeUndefined();
  expect((await engine.containers.list(['test.run=one'])).map(({ Id }) => Id)).toEqual([id]);
  await engine.containers.remove(id);
  await engine.containers.remove(id);
  expect(await engine.containers.inspect(id)).toBeUndefined();
}

describe.skipIf(MISSING)(`a client of the engine${MISSING ? ` (${MISSING})` : ''}`, () => {
  test('over its Unix socket', () => conversation(connect({ DOCKER_HOST: `unix://${real.socket}` })));

  test('over TCP with TLS', () =>
    conversation(
      connect({
        ...{ DOCKER_HOST: `tcp://127.0.0.1:${port}`, DOCKER_TLS_VERIFY: '1' },
        DOCKER_CERT_PATH: certificates.client,
      }),
    ));

  test('over a Docker context with certificates', async () => {
    const config = scratch('config');
    execFileSync(
      'docker',
      ['context', 'create', 'lab', '--docker', `host=tcp://localhost:${port},${certificates.contextWords}`],
      { env: { ...process.env, DOCKER_CONFIG: config }, stdio: 'ignore' },
    );
    await conversation(connect({ DOCKER_CONFIG: config, DOCKER_CONTEXT: 'lab' }));
    execFileSync('docker', ['context', 'use', 'lab'], {
      env: { ...process.env, DOCKER_CONFIG: config },
      stdio: 'ignore',
    });
    expect((await connect({ DOCKER_CONFIG: config }).version()).Os).toBe('linux');
    expect(
      await codes(Promise.resolve().then(() => connect({ DOCKER_CONFIG: config, DOCKER_CONTEXT: 'no' }))),
    ).toEqual(['engine/context-unknown']);
  });

  test.skipIf(!has('/usr/sbin/sshd'))('over ssh', async () => {
    const ssh = await sshTo('root');
    try {
      const engine = connect({ PATH: ssh.PATH, DOCKER_HOST: `ssh://127.0.0.1:${ssh.port}${real.socket}` });
      await conversation(engine);
      const nobody = connect({ PATH: ssh.PATH, DOCKER_HOST: `ssh://127.0.0.1:1${real.socket}` });
      await expect(nobody.version()).rejects.toThrow(/engine\/unreachable.*refused/s);
    } finally {
      ssh.stop();
    }
  });

  test('images are imported, named, saved, loaded and removed', async () => {
    const engine = connect({ DOCKER_HOST: `unix://${real.socket}` });
    await engine.images.tag('busybox:test', 'localhost:5000/corp/busybox:two');
    const saved: Uint8Array[] = [];
    for await (const chunk of engine.images.save(['localhost:5000/corp/busybox:two'])) saved.push(chunk);
    expect(await engine.images.remove('localhost:5000/corp/busybox:two')).toBe(true);
    expect(await engine.images.remove('localhost:5000/corp/busybox:two')).toBe(false);
    expect(await engine.images.load(Buffer.concat(saved))).toEqual(['localhost:5000/corp/busybox:two']);
    const found = await engine.images.list({ reference: ['localhost:5000/corp/*'] });
    expect(found.map(({ RepoTags }) => RepoTags)).toEqual([['localhost:5000/corp/busybox:two']]);
    await engine.images.remove('localhost:5000/corp/busybox:two');
    expect(await codes(engine.images.load(Buffer.from('no archive at all')))).toEqual([
      'image/engine-failed',
    ]);
  });

  test('volumes carry labels and go again', async () => {
    const engine = connect({ DOCKER_HOST: `unix://${real.socket}` });
    await engine.volumes.create('cellar', { 'test.run': 'two' });
    await engine.volumes.create('cellar', { 'test.run': 'two' });
    expect((await engine.volumes.list(['test.run=two'])).map(({ Name }) => Name)).toEqual(['cellar']);
    expect(await engine.volumes.remove('cellar')).toBe(true);
    expect(await engine.volumes.inspect('cellar')).toBeUndefined();
  });

  test('what went wrong on the way is said', async () => {
    const at = (environment: Readonly<Record<string, string>>) =>
      codes((async () => connect(environment).version())());
    expect(await at({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })).toEqual(['engine/unreachable']);
    expect(await at({ DOCKER_HOST: 'tcp://127.0.0.1:1' })).toEqual(['engine/unreachable']);
    expect(await at({ DOCKER_HOST: 'docker.sock' })).toEqual(['engine/address']);
    expect(await at({ DOCKER_HOST: `tcp://127.0.0.1:${port}` })).toEqual(['engine/tls']);
    const tls = { DOCKER_HOST: `tcp://127.0.0.1:${port}`, DOCKER_TLS_VERIFY: '1' };
    expect(await at({ ...tls, DOCKER_CERT_PATH: '/nowhere' })).toEqual(['engine/tls']);
    expect(await at({ ...tls, DOCKER_CERT_PATH: new Certificates(['DNS:other']).client })).toEqual([
      'engine/tls',
    ]);
  });

  test('events tell what was done at the engine', async () => {
    const engine = connect({ DOCKER_HOST: `unix://${real.socket}` });
    const since = Math.floor(Date.now() / 1000) - 1;
    await engine.images.tag('busybox:test', 'busybox:event');
    await engine.images.remove('busybox:event');
    const seen: string[] = [];
    for await (const { Type, Action } of engine.events(since, Math.ceil(Date.now() / 1000) + 1))
      seen.push(`${Type} ${Action}`);
    expect(seen).toEqual(expect.arrayContaining(['image tag', 'image untag']));
  });
});
