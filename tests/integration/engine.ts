/** Real parts for images: a container engine and a registry of this test run's own, on this machine alone. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { scratch } from '../trees.ts';

/** Whether a program can be started here. */
export function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** Why images cannot be tried here; undefined when they can. */
export const MISSING = ['dockerd', 'docker-registry', 'skopeo', 'busybox'].every(has)
  ? process.getuid?.() === 0
    ? undefined
    : 'wanted root, to start a container engine'
  : 'wanted docker.io, docker-registry, skopeo and busybox-static';

/** A port that nobody listens at. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export async function until(what: string, isReady: () => boolean): Promise<void> {
  for (let tries = 0; tries < 150; tries++) {
    if (isReady()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${what} did not start`);
}

const bridges: string[] = [];

/** A bridge of our own: an engine without one removes docker0, whosever it is. */
function makeBridge(): string {
  const name = `kw${process.pid % 1_000_000}-${bridges.length}`;
  const ip = (...words: string[]) => execFileSync('ip', words);
  ip('link', 'add', name, 'type', 'bridge');
  ip('address', 'add', `172.31.${process.pid % 250}.1/28`, 'dev', name);
  ip('link', 'set', name, 'up');
  bridges.push(name);
  return name;
}

/** A Docker Engine without a network; `run` calls its client. */
export class Engine {
  readonly environment: Readonly<Record<string, string>>;
  readonly socket: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, socket: string, config: string) {
    this.#child = child;
    this.socket = socket;
    this.environment = { DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: config };
  }

  /** `more`: further words for dockerd; with `network`, containers have one and ports are published. */
  static async start(more: readonly string[] = [], network = false): Promise<Engine> {
    const place = scratch('engine');
    mkdirSync(join(place, 'config'));
    const socket = join(place, 'd.sock');
    const child = spawn(
      'dockerd',
      [
        ...[
          '--host',
          `unix://${socket}`,
          '--data-root',
          join(place, 'data'),
          '--exec-root',
          join(place, 'exec'),
        ],
        ...['--pidfile', join(place, 'pid'), '--iptables=false', '--ip-forward=false'],
        ...(network ? ['--bridge', makeBridge()] : ['--bridge=none']),
        ...more,
      ],
      { stdio: 'ignore' },
    );
    return Engine.of(child, socket, join(place, 'config'));
  }

  static async of(child: ChildProcess, socket: string, config: string): Promise<Engine> {
    const engine = new Engine(child, socket, config);
    await until('the engine', () => engine.try(['info']).status === 0);
    return engine;
  }

  run(words: readonly string[], input?: string): string {
    const env = { ...process.env, ...this.environment };
    return execFileSync('docker', [...words], { env, encoding: 'utf8', ...(input ? { input } : {}) }).trim();
  }

  try(words: readonly string[]) {
    return spawnSync('docker', [...words], {
      env: { ...process.env, ...this.environment },
      encoding: 'utf8',
    });
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await new Promise((resolve) => this.#child.once('close', resolve));
    for (const name of bridges.splice(0)) spawnSync('ip', ['link', 'delete', name]);
    // podman leaves its storage mounted.
    const place = dirname(this.socket);
    const mounted = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    for (const path of mounted.reverse()) if (path.startsWith(`${place}/`)) spawnSync('umount', ['-l', path]);
  }
}

/** podman's service: another engine that speaks Docker's API. The Docker command line asks it too. */
export async function startPodman(): Promise<Engine> {
  const place = scratch('podman');
  mkdirSync(join(place, 'config'));
  const socket = join(place, 'p.sock');
  // Its own default is more than a process of this machine may have.
  const files = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  const limit = /^\d+$/.test(files) ? files : '1048576';
  writeFileSync(
    join(place, 'containers.conf'),
    `[containers]\ndefault_ulimits=["nofile=${limit}:${limit}","nproc=4096:4096"]\n`,
  );
  const child = spawn(
    'podman',
    [
      // crun refuses the control groups of some machines.
      ...(has('runc') ? ['--runtime', 'runc'] : []),
      ...['--root', join(place, 'root'), '--runroot', join(place, 'run'), '--events-backend', 'file'],
      ...['system', 'service', '--time=0', `unix://${socket}`],
    ],
    { stdio: 'ignore', env: { ...process.env, CONTAINERS_CONF: join(place, 'containers.conf') } },
  );
  return Engine.of(child, socket, join(place, 'config'));
}

/** A registry with its own storage; with a password file it wants a name. */
export class ImageRegistry {
  readonly host: string;
  readonly storage: string;
  readonly #child: ChildProcess;

  private constructor(host: string, storage: string, child: ChildProcess) {
    [this.host, this.storage, this.#child] = [host, storage, child];
  }

  static async start(htpasswd?: string): Promise<ImageRegistry> {
    const place = scratch('registry');
    const port = await freePort();
    const auth =
      htpasswd === undefined ? '' : `auth: {htpasswd: {realm: here, path: ${join(place, 'users')}}}\n`;
    if (htpasswd !== undefined) writeFileSync(join(place, 'users'), `${htpasswd}\n`);
    writeFileSync(
      join(place, 'registry.yml'),
      `version: 0.1\nstorage: {filesystem: {rootdirectory: ${place}/data}}\nhttp: {addr: "127.0.0.1:${port}"}\n${auth}`,
    );
    const child = spawn('docker-registry', ['serve', join(place, 'registry.yml')], { stdio: 'ignore' });
    const host = `127.0.0.1:${port}`;
    const open = `exec 3<>/dev/tcp/127.0.0.1/${port}`;
    await until('docker-registry', () => spawnSync('bash', ['-c', open]).status === 0);
    return new ImageRegistry(host, `${place}/data`, child);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await new Promise((resolve) => this.#child.once('close', resolve));
  }
}

/** What skopeo says of an image. */
export function inspect(words: readonly string[]): Record<string, unknown> {
  const text = execFileSync('skopeo', ['inspect', '--tls-verify=false', ...words], { encoding: 'utf8' });
  return JSON.parse(text) as Record<string, unknown>;
}
