/**
 * Connections to a container engine: HTTP over a Unix socket, over TCP with or without TLS, or over the user's own ssh.
 * It knows no Docker; `src/engine/` speaks the protocol over it.
 */
import { spawn } from 'node:child_process';
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Host } from './host.ts';
import { sharedTemporaryName, sweepTemporary } from './temporary.ts';

// To import them would load all that they lend, WebSockets too: a tenth of a second of every run in a container.
const http = process.getBuiltinModule('node:http');
const https = process.getBuiltinModule('node:https');

/** Certificates of a TCP engine, as PEM text. */
export interface EngineTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Whether the engine must prove that it is who the address says. */
  readonly verify: boolean;
}

/** Where an engine listens. */
export type EngineEndpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls?: EngineTls }
  | { readonly kind: 'ssh'; readonly destination: string; readonly port?: number; readonly socket?: string };

export interface EngineRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Longest time until the answer begins; a wait for a container has none. */
  readonly firstByteMilliseconds?: number;
  readonly signal?: AbortSignal;
}

export interface EngineAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** To be read to its end, or returned early, which closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Both directions of a connection that stopped being HTTP. */
export interface EngineStream {
  readonly output: AsyncIterable<Uint8Array>;
  /** Resolves when the other side can take more. */
  write(bytes: Uint8Array): Promise<void>;
  /** No more input; output still comes. */
  end(): void;
  close(): void;
}

export interface EngineConnection {
  /** For people: `unix:///var/run/docker.sock`. */
  readonly address: string;
  /** What the connecting program said, where there is one (ssh). */
  readonly words: () => string;
  request(asked: EngineRequest): Promise<EngineAnswer>;
  /** Asks for a raw stream; an answer without one comes back as it is. */
  upgrade(asked: EngineRequest): Promise<EngineStream | EngineAnswer>;
  close(): Promise<void>;
}

const CONNECT_MILLISECONDS = 10_000;
const FIRST_BYTE_MILLISECONDS = 120_000;

/** The address as Docker writes it. */
export function engineAddress(endpoint: EngineEndpoint): string {
  switch (endpoint.kind) {
    case 'unix':
      return `unix://${endpoint.path}`;
    case 'tcp':
      return `tcp://${endpoint.host}:${endpoint.port}`;
    case 'ssh':
      return `ssh://${endpoint.destination}${endpoint.port ? `:${endpoint.port}` : ''}${endpoint.socket ?? ''}`;
  }
}

/** Connects when first asked. Problems come as Node's own errors; `src/engine/problems.ts` explains them. */
export function openEngineConnection(host: Host, endpoint: EngineEndpoint): EngineConnection {
  if (endpoint.kind === 'ssh') return new Connection(engineAddress(endpoint), new SshRelay(host, endpoint));
  const target =
    endpoint.kind === 'unix'
      ? { socketPath: endpoint.path }
      : { host: endpoint.host, port: endpoint.port, tls: endpoint.tls };
  return new Connection(engineAddress(endpoint), { target: async () => target });
}

interface Target {
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number;
  readonly tls?: EngineTls | undefined;
}

interface Place {
  target(): Promise<Target>;
  words?(): string;
  close?(): Promise<void>;
}

class Connection implements EngineConnection {
  readonly address: string;
  readonly #place: Place;
  #agent: Agent | undefined;

  constructor(address: string, place: Place) {
    this.address = address;
    this.#place = place;
  }

  words(): string {
    return this.#place.words?.() ?? '';
  }

  async request(asked: EngineRequest): Promise<EngineAnswer> {
    const { request, answer } = await this.#start(asked);
    await this.#send(request, asked, answer);
    return toAnswer(await answer);
  }

  async upgrade(asked: EngineRequest): Promise<EngineStream | EngineAnswer> {
    const headers = { ...asked.headers, connection: 'Upgrade', upgrade: 'tcp' };
    const { request, answer } = await this.#start({ ...asked, headers });
    const upgraded = new Promise<EngineStream>((resolve) => {
      request.once('upgrade', (_response, socket: Duplex, head) => resolve(toStream(socket, head)));
    });
    await this.#send(request, asked, Promise.race([answer, upgraded]));
    return Promise.race([upgraded, answer.then(toAnswer)]);
  }

  async close(): Promise<void> {
    this.#agent?.destroy();
    await this.#place.close?.();
  }

  async #start(asked: EngineRequest): Promise<{ request: ClientRequest; answer: Promise<IncomingMessage> }> {
    asked.signal?.throwIfAborted();
    const { tls, ...target } = await this.#place.target();
    // Idle connections must not keep the process; every one in use does.
    const { Agent, request: send } = tls ? https : http;
    this.#agent ??= new Agent({ keepAlive: true });
    const request = send({
      ...target,
      ...(tls ? certificates(tls) : {}),
      method: asked.method,
      path: asked.path,
      headers: { host: target.host ?? 'docker', 'user-agent': 'kubewright', ...asked.headers },
      agent: this.#agent,
      ...(asked.signal ? { signal: asked.signal } : {}),
    });
    limitConnecting(request);
    const limit = asked.firstByteMilliseconds ?? FIRST_BYTE_MILLISECONDS;
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve).once('error', reject);
      request.once('finish', () => limitWaiting(request, limit));
    });
    answer.catch(() => {});
    return { request, answer };
  }

  /** Sends the body; an engine that answers early (it refuses) has said enough. */
  async #send(request: ClientRequest, { body }: EngineRequest, answered: Promise<unknown>): Promise<void> {
    if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
      request.end(body);
      return;
    }
    const sent = pipeline(Readable.from(body, { objectMode: false }), request);
    sent.catch(() => {});
    await Promise.race([sent, answered]).catch(async (problem: unknown) => {
      // The reason of a broken pipe is in the answer, if there is one.
      const code = (problem as NodeJS.ErrnoException).code ?? '';
      if (['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(code)) return answered;
      throw problem;
    });
  }
}

function certificates({ ca, cert, key, verify }: EngineTls) {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    rejectUnauthorized: verify,
    minVersion: 'TLSv1.2' as const,
  };
}

function limitConnecting(request: ClientRequest): void {
  request.once('socket', (socket: Socket) => {
    if (!socket.connecting) return;
    const late = () =>
      request.destroy(Object.assign(new Error('no connection in 10 s'), { code: 'ETIMEDOUT' }));
    const timer = setTimeout(late, CONNECT_MILLISECONDS);
    const stop = () => clearTimeout(timer);
    socket.once('connect', stop).once('close', stop);
  });
}

function limitWaiting(request: ClientRequest, milliseconds: number): void {
  if (!Number.isFinite(milliseconds)) return;
  const late = () => {
    const seconds = Math.round(milliseconds / 1000);
    request.destroy(Object.assign(new Error(`no answer in ${seconds} s`), { code: 'ETIMEDOUT' }));
  };
  const timer = setTimeout(late, milliseconds);
  const stop = () => clearTimeout(timer);
  request.once('response', stop).once('upgrade', stop).once('close', stop);
}

function toAnswer(response: IncomingMessage): EngineAnswer {
  return { status: response.statusCode ?? 0, headers: response.headers, body: response };
}

function toStream(socket: Duplex, head: Buffer): EngineStream {
  if (head.length > 0) socket.unshift(head);
  // Whoever reads the output meets a broken connection there.
  socket.on('error', () => {});
  return {
    output: socket,
    write: async (bytes) => {
      if (socket.destroyed || socket.writableEnded || socket.write(bytes)) return;
      await new Promise<void>((resolve) => {
        const go = () => {
          socket.off('drain', go).off('close', go);
          resolve();
        };
        socket.once('drain', go).once('close', go);
      });
    },
    end: () => void (socket.destroyed || socket.end()),
    close: () => void socket.destroy(),
  };
}

/**
 * ssh as the user has set it up, for each connection one: `docker system dial-stdio` there joins its standard streams with
 * the engine's socket. A Unix socket of our own stands in front, so that HTTP is as everywhere.
 */
class SshRelay implements Place {
  readonly #host: Host;
  readonly #argv: readonly string[];
  #server: Promise<{ server: Server; directory: string }> | undefined;
  #words = '';
  readonly #sockets = new Set<Socket>();

  constructor(host: Host, { destination, port, socket }: Extract<EngineEndpoint, { kind: 'ssh' }>) {
    this.#host = host;
    const far = [...(socket ? ['--host', `unix://${socket}`] : []), 'system', 'dial-stdio'];
    const options = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', '-T'];
    this.#argv = [...options, ...(port ? ['-p', String(port)] : []), '--', destination, 'docker', ...far];
  }

  words(): string {
    return this.#words.trim();
  }

  async target(): Promise<Target> {
    this.#server ??= this.#listen();
    const { directory } = await this.#server;
    return { socketPath: `${directory}/engine.sock` };
  }

  async close(): Promise<void> {
    if (!this.#server) return;
    const { server, directory } = await this.#server;
    for (const socket of this.#sockets) socket.destroy();
    server.close();
    this.#host.files.remove(directory);
  }

  async #listen(): Promise<{ server: Server; directory: string }> {
    const ssh = this.#host.processes.find('ssh');
    if (!ssh) throw Object.assign(new Error('the program ssh was not found on PATH'), { code: 'ENOENT' });
    const directory = privateDirectory(this.#host);
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#join(ssh, socket));
    await new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen(`${directory}/engine.sock`, resolve),
    );
    server.unref();
    return { server, directory };
  }

  #join(ssh: string, socket: Socket): void {
    this.#sockets.add(socket);
    const child = spawn(ssh, [...this.#argv], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#words = (this.#words + chunk.toString('utf8')).slice(-4096);
    });
    for (const stream of [socket, child.stdin, child.stdout]) stream.on('error', () => {});
    child.on('error', () => socket.destroy());
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      child.kill('SIGTERM');
    });
    child.once('exit', (code) => {
      if (code !== 0) socket.destroy();
    });
  }
}

/** For sockets: short enough for their names, and nobody else's. What killed runs left goes. */
function privateDirectory(host: Host): string {
  try {
    sweepTemporary(tmpdir());
  } catch {
    // Another user's, who sweeps it.
  }
  const directory = sharedTemporaryName(tmpdir());
  host.files.makeDirectory(directory, 0o700);
  return directory;
}
