import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type HttpProxy,
  httpProxy,
  type Misbehaviour,
  miniatureToolchain,
  proxyPath,
} from '../../tests/fakes/module-proxy.ts';
import { Failure } from '../diagnostic/diagnostic.ts';
import { printDiagnostic } from '../diagnostic/printer.ts';
import { type Host, realHost } from './host.ts';
import { type Network, openNetwork } from './network.ts';

const GO = miniatureToolchain('1.15.15', 'linux/amd64');
const PATH = proxyPath('1.15.15', 'linux/amd64');

let server: HttpProxy | undefined;
let directory: string;
let network: Network;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kw-network-'));
  network = client();
});

afterEach(async () => {
  await network.close();
  await server?.close();
  server = undefined;
  rmSync(directory, { recursive: true, force: true });
});

function client(environment: Host['environment'] = {}, offline = false): Network {
  const limits = { firstDelay: 1, idle: 300, firstByte: 300, tries: 4 };
  const host = { ...realHost(), environment };
  return openNetwork(host, { offline, signal: new AbortController().signal, limits });
}

async function serving(misbehave?: Misbehaviour): Promise<HttpProxy> {
  server = await httpProxy([GO], misbehave);
  return server;
}

/** Downloads the archive; the printed Diagnostic when that fails, with the address shortened. */
async function download(url: string, limitBytes = 1 << 20): Promise<string> {
  const wanted = { url, what: 'Go 1.15.15', setting: 'GOPROXY', limitBytes };
  try {
    await network.download(wanted, join(directory, 'file'));
    return readFileSync(join(directory, 'file')).equals(GO.zip) ? 'whole' : 'wrong bytes';
  } catch (problem) {
    if (!(problem instanceof Failure)) throw problem;
    return problem.diagnostics
      .map((diagnostic) => printDiagnostic(diagnostic))
      .join('\n')
      .replaceAll(/127\.0\.0\.1:\d+/g, 'SERVER');
  }
}

test('a broken connection resumes where it stopped', async () => {
  const { url, requests } = await serving((request, response, file) => {
    if (!file || request.headers.range) return false;
    response.writeHead(200, { etag: '"one"', 'content-length': file.length });
    response.write(file.subarray(0, 200), () => setTimeout(() => response.destroy(), 20));
    return true;
  });
  expect(await download(url + PATH)).toBe('whole');
  expect(requests).toEqual([`GET ${PATH}`, `GET ${PATH} bytes=200-`]);
});

test('a server that stalls is asked again, and one that cannot resume starts over', async () => {
  let first = true;
  const { url, requests } = await serving((_, response, file) => {
    if (!file) return false;
    response.writeHead(200, { etag: '"one"', 'content-length': file.length });
    if (first) response.write(file.subarray(0, 200));
    else response.end(file);
    first = false;
    return true;
  });
  expect(await download(url + PATH)).toBe('whole');
  expect(requests).toEqual([`GET ${PATH}`, `GET ${PATH} bytes=200-`]);
});

test('a resume that begins at another byte is not trusted: the file is fetched anew', async () => {
  let first = true;
  const { url, requests } = await serving((request, response, file) => {
    if (!file) return false;
    if (request.headers.range) {
      const range = `bytes 0-${file.length - 1}/${file.length}`;
      response.writeHead(206, { etag: '"one"', 'content-range': range }).end(file);
      return true;
    }
    if (!first) return false;
    first = false;
    response.writeHead(200, { etag: '"one"', 'content-length': file.length });
    response.write(file.subarray(0, 200), () => setTimeout(() => response.destroy(), 20));
    return true;
  });
  expect(await download(url + PATH)).toBe('whole');
  expect(requests).toEqual([`GET ${PATH}`, `GET ${PATH} bytes=200-`, `GET ${PATH}`]);
});

test('a server that is busy is asked again; one that refuses is not', async () => {
  let busy = 2;
  const { url, requests } = await serving((request, response) => {
    if (request.url?.endsWith('/refused')) {
      response.writeHead(403).end('ask your administrator');
      return true;
    }
    if (busy-- <= 0) return false;
    response.writeHead(503, { 'retry-after': '0' }).end();
    return true;
  });
  expect(await download(url + PATH)).toBe('whole');
  expect(await download(`${url}/refused`)).toBe(
    [
      'error network/failed: Go 1.15.15 could not be fetched from http://SERVER/refused',
      '  why: the server answered 403: ask your administrator',
      '  help: check that address from this machine, or name another one: GOPROXY',
    ].join('\n'),
  );
  expect(requests.filter((line) => line === 'GET /refused')).toHaveLength(1);
});

test('redirects are followed five times, and the password goes to no other server', async () => {
  const seen: (string | undefined)[] = [];
  const other = await httpProxy([GO], (request) => {
    seen.push(request.headers.authorization);
    return false;
  });
  const { url } = await serving((request, response) => {
    seen.push(request.headers.authorization);
    const location = request.url === '/loop' ? '/loop' : other.url + request.url;
    response.writeHead(302, { location }).end();
    return true;
  });
  const withPassword = url.replace('http://', 'http://me:secret@');
  expect(await download(withPassword + PATH)).toBe('whole');
  expect(seen).toEqual([`Basic ${Buffer.from('me:secret').toString('base64')}`, undefined]);
  expect(await download(`${withPassword}/loop`)).toBe(
    [
      'error network/failed: Go 1.15.15 could not be fetched from http://me:***@SERVER/loop',
      '  why: more than 5 redirects',
      '  help: check that address from this machine, or name another one: GOPROXY',
    ].join('\n'),
  );
  await other.close();
});

test('a server that is not there is told with its address, after a few tries', async () => {
  const { url } = await serving();
  await server?.close();
  server = undefined;
  expect(await download(url + PATH)).toBe(
    [
      `error network/failed: Go 1.15.15 could not be fetched from http://SERVER${PATH}`,
      '  why: SERVER refuses connections (tried 4 times)',
      '  help: check that address from this machine, or name another one: GOPROXY',
    ].join('\n'),
  );
});

test('an answer larger than allowed is cut off', async () => {
  const { url } = await serving((_, response) => {
    response.writeHead(200);
    response.write('x'.repeat(5_000));
    response.end('x'.repeat(5_000));
    return true;
  });
  expect(await download(url + PATH, 6_000)).toContain(
    'why: it holds 10000 bytes or more, and 6000 are allowed',
  );
});

test('--offline names the address and who wanted it, and asks nobody', async () => {
  const { url, requests } = await serving();
  await network.close();
  network = client({}, true);
  expect(await download(url + PATH)).toBe(
    [
      `error network/offline: Go 1.15.15 is not on this machine, and --offline forbids to ask http://SERVER${PATH}`,
      '  why: the work cannot go on without it',
      '  help: run the same command once without --offline, or name a file:// mirror: GOPROXY',
    ].join('\n'),
  );
  expect(requests).toEqual([]);
});

test('requests go through the proxy of the environment, except to hosts that NO_PROXY names', async () => {
  const { url } = await serving();
  const asked: string[] = [];
  const { createServer } = await import('node:http');
  const { connect } = await import('node:net');
  const gateway = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(404).end();
  });
  gateway.on('connect', (request, socket) => {
    asked.push('CONNECT');
    const [host, port] = (request.url ?? '').split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [socket, onward]) end.on('error', () => {});
  });
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  const address = gateway.address();
  const proxy = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  await network.close();
  network = client({ http_proxy: proxy });
  await download(url + PATH);
  expect(asked).toHaveLength(1);
  await network.close();
  network = client({ HTTP_PROXY: proxy, NO_PROXY: '127.0.0.1' });
  expect(await download(url + PATH)).toBe('whole');
  expect(asked).toHaveLength(1);
  gateway.closeAllConnections();
  gateway.close();
});

test('a disk that cannot take the file is told as such, not as a network problem', async () => {
  const { url } = await serving();
  const wanted = { url: url + PATH, what: 'Go 1.15.15', setting: 'GOPROXY', limitBytes: 1 << 20 };
  const missing = join(directory, 'no-such-directory', 'file');
  await expect(network.download(wanted, missing)).rejects.toThrow('disk/write-failed');
  expect(readdirSync(directory)).toEqual([]);
});
