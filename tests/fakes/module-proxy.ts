/** Miniature Go toolchains, and a module proxy on a real port that serves them, well or badly. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { type ZipEntry, zipOf } from './zip.ts';

/** The files of a Go that only knows `go version`. */
export function toolchainEntries(version: string, platform: string): ZipEntry[] {
  const prefix = `golang.org/toolchain@v0.0.1-go${version}.${platform.replace('/', '-')}/`;
  const say = `#!/bin/sh\necho "go version go${version} ${platform}"\n`;
  return [
    { name: `${prefix}VERSION`, content: `go${version}` },
    { name: `${prefix}bin/go`, content: say },
    { name: `${prefix}pkg/tool/${platform.replace('/', '_')}/compile`, content: `compiler of ${version}` },
    { name: `${prefix}src/_go.mod`, content: 'module std\n' },
    { name: `${prefix}src/fmt/print.go`, content: 'package fmt\n'.repeat(2_000) },
  ];
}

/** The `h1:` sum as Go's dirhash defines it, computed here independently of the code under test. */
export function sumOf(entries: readonly ZipEntry[]): string {
  const hash = (text: string | Uint8Array) => createHash('sha256').update(text);
  const lines = entries.map(({ name, content }) => ({
    name,
    line: `${hash(content).digest('hex')}  ${name}\n`,
  }));
  lines.sort((a, b) => (a.name < b.name ? -1 : 1));
  return `h1:${hash(lines.map(({ line }) => line).join('')).digest('base64')}`;
}

export interface MiniatureToolchain {
  readonly version: string;
  readonly platform: string;
  readonly zip: Buffer;
  readonly sum: string;
}

export function miniatureToolchain(version: string, platform: string): MiniatureToolchain {
  const entries = toolchainEntries(version, platform);
  return { version, platform, zip: zipOf(entries), sum: sumOf(entries) };
}

/** Path of a module file below a proxy's address. */
export function proxyPath(version: string, platform: string, extension = 'zip'): string {
  return `/golang.org/toolchain/@v/v0.0.1-go${version}.${platform.replace('/', '-')}.${extension}`;
}

/** Lays toolchains out as a file:// proxy; returns its address. */
export function fileProxy(directory: string, toolchains: readonly MiniatureToolchain[]): string {
  for (const [path, content] of proxyFiles(toolchains)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return `file://${directory}`;
}

function proxyFiles(toolchains: readonly MiniatureToolchain[]): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const names = toolchains.map(
    ({ version, platform }) => `v0.0.1-go${version}.${platform.replace('/', '-')}`,
  );
  files.set('/golang.org/toolchain/@v/list', Buffer.from(`${names.join('\n')}\n`));
  for (const { version, platform, zip } of toolchains) {
    files.set(proxyPath(version, platform), zip);
    files.set(proxyPath(version, platform, 'info'), Buffer.from(`{"Version":"v0.0.1-go${version}"}`));
  }
  return files;
}

/** Answers one request itself and says so, or leaves it to the good server. */
export type Misbehaviour = (
  request: IncomingMessage,
  response: ServerResponse,
  file: Buffer | undefined,
) => boolean;

export interface HttpProxy {
  readonly url: string;
  /** Every request so far: `GET /path`, with its Range header if any. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** Serves toolchains with entity tags and ranges; `misbehave` sees each request first. */
export async function httpProxy(
  toolchains: readonly MiniatureToolchain[],
  misbehave: Misbehaviour = () => false,
): Promise<HttpProxy> {
  const files = proxyFiles(toolchains);
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const range = request.headers.range;
    requests.push(`${request.method} ${path}${range ? ` ${range}` : ''}`);
    const file = files.get(path);
    if (misbehave(request, response, file)) return;
    if (!file) {
      response.writeHead(404).end('not found');
      return;
    }
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const headers = { etag: '"one"', 'content-length': file.length - from };
    if (from > 0) {
      const contentRange = `bytes ${from}-${file.length - 1}/${file.length}`;
      response.writeHead(206, { ...headers, 'content-range': contentRange }).end(file.subarray(from));
    } else response.writeHead(200, headers).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
