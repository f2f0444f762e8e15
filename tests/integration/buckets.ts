/** Real servers of buckets for tests, and a proxy in front of them that breaks connections. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer, type Server, type Socket, connect as tcp } from 'node:net';
import { join } from 'node:path';
import { scratch } from '../trees.ts';
import { freePort, until } from './engine.ts';

/** Where ./test keeps the servers that it installs. */
const SERVERS = process.env['KUBEWRIGHT_TEST_SERVERS'] ?? '';

/** The path of a server that tests start; undefined where it is not installed. */
export function server(name: string): string | undefined {
  const places = [SERVERS, ...(process.env['PATH'] ?? '').split(':')].filter(Boolean);
  return places.map((place) => join(place, name)).find((path) => existsSync(path));
}

export interface Bucket {
  /** `http://127.0.0.1:…` */
  readonly endpoint: string;
  /** Where the server keeps its objects. */
  readonly data: string;
  stop(): Promise<void>;
}

export const S3_KEYS = { AWS_ACCESS_KEY_ID: 'orchard', AWS_SECRET_ACCESS_KEY: 'a-secret-of-tests' };

/** versitygw, a strict S3 server on plain files, with one bucket: `fruit`. */
export function startS3(data = scratch('s3'), ...options: readonly string[]): Promise<Bucket> {
  mkdirSync(join(data, 'fruit'), { recursive: true });
  const environment = {
    ROOT_ACCESS_KEY: S3_KEYS.AWS_ACCESS_KEY_ID,
    ROOT_SECRET_KEY: S3_KEYS.AWS_SECRET_ACCESS_KEY,
  };
  return start('versitygw', data, environment, (port) => [
    ...['--port', `127.0.0.1:${port}`, '--quiet', ...options],
    ...['posix', data],
  ]);
}

/** fake-gcs-server, with one bucket: `fruit`. */
export function startGcs(data = scratch('gcs')): Promise<Bucket> {
  mkdirSync(join(data, 'fruit'), { recursive: true });
  return start('fake-gcs-server', data, {}, (port) => [
    ...['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-log-level', 'error'],
    ...['-backend', 'filesystem', '-filesystem-root', data],
  ]);
}

async function start(
  program: string,
  data: string,
  environment: Readonly<Record<string, string>>,
  argv: (port: number) => string[],
): Promise<Bucket> {
  const port = await freePort();
  const path = server(program) ?? program;
  const env = { ...process.env, ...environment };
  const child: ChildProcess = spawn(path, argv(port), { stdio: 'ignore', env });
  const open = `exec 3<>/dev/tcp/127.0.0.1/${port}`;
  await until(program, () => spawnSync('bash', ['-c', open]).status === 0);
  return {
    ...{ endpoint: `http://127.0.0.1:${port}`, data },
    stop: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null)
        await new Promise((resolve) => child.once('close', resolve));
    },
  };
}

/** What the proxy does to a request that it sees for the first time. */
export type Fault =
  /** Cut in the middle of its body. */
  | 'request'
  /** Cut when the server begins to answer: it has done what was asked. */
  | 'answer';

/** A TCP proxy that reads along where each request of HTTP begins. */
export class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #seen = new Set<string>();
  readonly #stalled: Promise<void>;
  #tellStalled = () => {};
  #bytes = 0;
  /** Every request that came by: `PUT /fruit/a`. */
  readonly requests: string[] = [];
  cuts = 0;

  readonly #target: number;
  readonly #fault: Fault | undefined;
  #stallAfter: number;

  private constructor(target: number, fault: Fault | undefined, stallAfter: number) {
    [this.#target, this.#fault, this.#stallAfter] = [target, fault, stallAfter];
    this.#stalled = new Promise((resolve) => {
      this.#tellStalled = resolve;
    });
    this.#server = createServer((client) => this.#serve(client));
  }

  /** `stallAfter`: bytes of requests after which nothing is passed on any more. */
  static async start(
    endpoint: string,
    { fault, stallAfter = Number.POSITIVE_INFINITY }: { fault?: Fault; stallAfter?: number } = {},
  ): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(Number(new URL(endpoint).port), fault, stallAfter);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /** Resolves when nothing is passed on any more. */
  get stalled(): Promise<void> {
    return this.#stalled;
  }

  /** Passes everything on again. */
  flow(): void {
    this.#stallAfter = Number.POSITIVE_INFINITY;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    const upstream = tcp(this.#target, '127.0.0.1');
    let head = Buffer.alloc(0);
    let bodyLeft = 0;
    let cutBodyAt = -1;
    let cutsAnswer = false;
    const close = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('error', close).on('close', () => {
        this.#sockets.delete(socket);
        close();
      });
    }
    client.on('data', (chunk: Buffer) => {
      let rest = chunk;
      while (rest.length > 0) {
        if (bodyLeft > 0) {
          const part = rest.subarray(0, bodyLeft - Math.max(cutBodyAt, 0));
          rest = rest.subarray(part.length);
          bodyLeft -= part.length;
          this.#pass(upstream, part);
        } else {
          head = Buffer.concat([head, rest]);
          const end = head.indexOf('\r\n\r\n');
          if (end < 0) return;
          const text = head.toString('latin1', 0, end);
          rest = head.subarray(end + 4);
          const whole = head.subarray(0, end + 4);
          head = Buffer.alloc(0);
          bodyLeft = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
          const name = text.slice(0, text.indexOf(' HTTP/'));
          const isNew = !this.#seen.has(name);
          this.#seen.add(name);
          this.requests.push(name);
          cutBodyAt = isNew && this.#fault === 'request' ? bodyLeft >> 1 : -1;
          cutsAnswer = isNew && this.#fault === 'answer';
          this.#pass(upstream, whole);
        }
        if (cutBodyAt >= 0 && bodyLeft <= cutBodyAt) {
          this.cuts++;
          return close();
        }
      }
    });
    upstream.on('data', (chunk: Buffer) => {
      if (!cutsAnswer) return void client.write(chunk);
      this.cuts++;
      close();
    });
  }

  #pass(upstream: Socket, bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes > this.#stallAfter) this.#tellStalled();
    else upstream.write(bytes);
  }
}
