import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { hostWith, printed, scratch } from '../../tests/trees.ts';
import { Failure } from '../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../formats/digest.ts';
import { openNetwork } from '../host/network.ts';
import { parseChallenge, refusedRealm } from './challenge.ts';
import { Registry } from './client.ts';
import { findCredentials } from './credentials.ts';
import { apiOf, parseMirrors, placesOf } from './mirrors.ts';
import { pushImages, type SentImage } from './push.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

/** A server on this machine whose answers the test gives; returns its address. */
async function serve(handler: Handler): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => handler(request, response, Buffer.concat(chunks)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function registryAt(host: string, credentials?: { user: string; password: string }): Registry {
  const network = openNetwork(hostWith({ NO_PROXY: '*' }), {
    ...{ offline: false, signal: new AbortController().signal },
    limits: { tries: 3, firstDelay: 1 },
  });
  return new Registry({
    ...{ api: `http://${host}/v2/`, name: host, network, setting: 'MIRROR' },
    credentials: async () => credentials && { ...credentials, from: 'the test' },
  });
}

async function problemOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (problem) {
    if (problem instanceof Failure) return printed(problem.diagnostics);
    throw problem;
  }
  throw new Error('nothing went wrong');
}

describe('authentication', () => {
  test('challenges are read in all their forms', () => {
    expect(parseChallenge('Bearer realm="https://a/t",service="s",scope="repository:x:pull,push"')).toEqual({
      ...{ scheme: 'bearer', realm: 'https://a/t', service: 's', scope: 'repository:x:pull,push' },
    });
    expect(parseChallenge('Basic realm="x"')).toEqual({ scheme: 'basic' });
    expect(parseChallenge('Basic realm="x", Bearer realm=https://a/t')).toMatchObject({ scheme: 'bearer' });
    expect(parseChallenge('Negotiate')).toBeUndefined();
  });

  test.each([
    ['https://auth.example/token', undefined],
    ['http://auth.example/token', 'unencrypted'],
    ['https://169.254.169.254/token', 'private network'],
    ['https://localhost/token', 'private network'],
    ['https://registry.example/token', undefined],
    ['nothing', 'no address'],
  ])('the realm %s: %s', (realm, refusal) => {
    const problem = refusedRealm(realm, new URL('https://registry.example/v2/'));
    if (refusal === undefined) expect(problem).toBeUndefined();
    else expect(problem).toContain(refusal);
  });

  test('a token is asked for with the name and password, once for a scope', async () => {
    const asked: string[] = [];
    const host = await serve((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      asked.push(`${request.method} ${pathname} ${request.headers.authorization ?? '-'}`);
      if (pathname === '/token') {
        expect(searchParams.get('scope')).toBe('repository:a:pull');
        response.end(JSON.stringify({ token: 'T' }));
      } else if (request.headers.authorization === 'Bearer T') response.end('{}');
      else
        response
          .writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token",service="s"` })
          .end();
    });
    const registry = registryAt(host, { user: 'u', password: 'p' });
    await registry.manifest('a', 'v1');
    await registry.manifest('a', 'v2');
    expect(asked).toEqual([
      'GET /v2/a/manifests/v1 -',
      `GET /token Basic ${Buffer.from('u:p').toString('base64')}`,
      'GET /v2/a/manifests/v1 Bearer T',
      'GET /v2/a/manifests/v2 Bearer T',
    ]);
  });

  test('wrong and missing credentials say where they came from', async () => {
    const host = await serve((_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    const wrong = registryAt(host, { user: 'u', password: 'p' }).manifest('a', 'v1');
    expect(await problemOf(wrong)).toContain(
      `error registry/unauthorized: ${host} does not let us at a with the name in the test (401)`,
    );
    expect(await problemOf(registryAt(host).manifest('a', 'v1'))).toContain('without a name (401)');
  });

  test('a password is not sent where a challenge from elsewhere points', async () => {
    const host = await serve((_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://127.0.0.1:9/token"' }).end();
    });
    const refused = registryAt(host, { user: 'u', password: 'p' }).manifest('a', 'v1');
    expect(await problemOf(refused)).toContain('and it was not sent');
  });
});

describe('credentials', () => {
  test('come from helpers first, then from the file', async () => {
    const directory = scratch();
    const bin = join(directory, 'bin');
    mkdirSync(bin);
    writeFileSync(
      join(bin, 'docker-credential-test'),
      '#!/bin/sh\nread host\n[ "$host" = helped.example ] || { echo "credentials not found"; exit 1; }\necho \'{"Username":"<token>","Secret":"S"}\'\n',
    );
    chmodSync(join(bin, 'docker-credential-test'), 0o755);
    writeFileSync(
      join(directory, 'config.json'),
      JSON.stringify({
        credHelpers: { 'helped.example': 'test', 'lost.example': 'test' },
        auths: {
          'https://plain.example/v1/': { auth: Buffer.from('me:se:cret').toString('base64') },
          'https://index.docker.io/v1/': { username: 'hub', password: 'p' },
          'lost.example': { identitytoken: 'I' },
        },
      }),
    );
    const { Processes } = await import('../host/processes.ts');
    const host = {
      ...hostWith({ DOCKER_CONFIG: directory, PATH: process.env['PATH'] ?? '' }),
      processes: new Processes(`${bin}:${process.env['PATH']}`),
    };
    const from = join(directory, 'config.json');
    expect(await findCredentials(host, 'helped.example')).toMatchObject({ identityToken: 'S' });
    expect(await findCredentials(host, 'lost.example')).toEqual({ identityToken: 'I', from });
    expect(await findCredentials(host, 'plain.example')).toEqual({ user: 'me', password: 'se:cret', from });
    expect(await findCredentials(host, 'docker.io')).toMatchObject({ user: 'hub' });
    expect(await findCredentials(host, 'other.example')).toBeUndefined();
  });

  test('a file that is no JSON is told', async () => {
    const host = hostWith({ DOCKER_AUTH_CONFIG: '{' });
    expect(await problemOf(findCredentials(host, 'a.example'))).toContain(
      'error registry/credentials-unreadable: the registry credentials in DOCKER_AUTH_CONFIG',
    );
  });
});

describe('mirrors', () => {
  const settings = { mirrors: { 'k8s.gcr.io': ['m.example/k8s', 'n.example'] }, insecure: ['n.example'] };

  test('stand in front of the registry itself', () => {
    const places = placesOf({ registry: 'k8s.gcr.io', repository: 'pause' }, settings);
    expect(places.map(({ host, repository }) => `${host}/${repository}`)).toEqual([
      'm.example/k8s/pause',
      'n.example/pause',
      'k8s.gcr.io/pause',
    ]);
    expect(places.map(({ host }) => apiOf(host, settings))).toEqual([
      'https://m.example/v2/',
      'http://n.example/v2/',
      'https://k8s.gcr.io/v2/',
    ]);
    expect(apiOf('docker.io', settings)).toBe('https://registry-1.docker.io/v2/');
  });

  test('are named by the environment too', () => {
    expect(parseMirrors('a=b/c/, a=d  x')).toEqual({ a: ['b/c', 'd'] });
  });
});

describe('a push', () => {
  const bytes = Buffer.from('0123456789'.repeat(10));
  const digest = `sha256:${digestOfBytes(bytes)}`;
  const manifest = Buffer.from('{"a":1}');
  const image: SentImage = {
    ...{ repository: 'r', tags: ['v1'] },
    manifest: { digest: `sha256:${digestOfBytes(manifest)}`, mediaType: 'application/x', bytes: manifest },
    blobs: [
      {
        ...{ digest, size: bytes.length },
        open: async function* (from, to) {
          yield bytes.subarray(from, to);
        },
      },
    ],
  };

  /** A registry that keeps one upload and one manifest; `cut` ends the connection of the n-th piece half-way. */
  async function keeping(cut = -1) {
    const state = {
      upload: Buffer.alloc(0),
      done: false,
      manifests: new Map<string, Buffer>(),
      log: [] as string[],
    };
    let pieces = 0;
    const host = await serve((request, response, body) => {
      const path = (request.url ?? '').replace(/^\/v2\/r\//, '');
      state.log.push(`${request.method} ${path.replace(/sha256[:%3A]+\w+/, 'DIGEST')}`);
      if (request.method === 'HEAD')
        response
          .writeHead(state.done ? 200 : 404, state.done ? { 'content-length': bytes.length } : {})
          .end();
      else if (request.method === 'POST')
        response.writeHead(202, { location: '/v2/r/blobs/uploads/1' }).end();
      else if (request.method === 'PATCH') {
        if (pieces++ === cut) {
          state.upload = Buffer.concat([state.upload, body.subarray(0, body.length / 2)]);
          response.destroy();
          return;
        }
        expect(request.headers['content-range']).toMatch(new RegExp(`^${state.upload.length}-`));
        state.upload = Buffer.concat([state.upload, body]);
        response.writeHead(202, { location: '/v2/r/blobs/uploads/1' }).end();
      } else if (request.method === 'GET' && path.startsWith('blobs'))
        response.writeHead(204, { range: `0-${state.upload.length - 1}` }).end();
      else if (request.method === 'PUT' && path.startsWith('blobs')) {
        state.done = state.upload.equals(bytes);
        response.writeHead(state.done ? 201 : 400).end();
      } else if (request.method === 'PUT') {
        state.manifests.set(path, body);
        response.writeHead(201).end();
      } else response.end(state.manifests.get(path));
    });
    return { host, state };
  }

  const options = { signal: new AbortController().signal, onProgress: () => {}, chunkBytes: 40 };

  test('sends pieces, and gives the name last', async () => {
    const { host, state } = await keeping();
    expect(await pushImages(registryAt(host), [image], options)).toEqual({
      ...{ sent: 1, mounted: 0, present: 0, sentBytes: 100 },
    });
    expect(state.log).toEqual([
      'HEAD blobs/DIGEST',
      'POST blobs/uploads/',
      ...['PATCH', 'PATCH', 'PATCH'].map((method) => `${method} blobs/uploads/1`),
      'PUT blobs/uploads/1?digest=DIGEST',
      'HEAD blobs/DIGEST',
      'PUT manifests/DIGEST',
      'GET manifests/DIGEST',
      'HEAD blobs/DIGEST',
      'PUT manifests/v1',
    ]);
  });

  test('goes on in the middle of a piece whose connection broke', async () => {
    const { host, state } = await keeping(1);
    await pushImages(registryAt(host), [image], options);
    expect(state.upload.equals(bytes)).toBe(true);
    expect(state.log.filter((line) => line.startsWith('POST'))).toHaveLength(1);
  });

  test('goes on where an earlier run stood', async () => {
    const { host, state } = await keeping();
    state.upload = bytes.subarray(0, 60);
    const known = new Map([[`r@${digest}`, `http://${host}/v2/r/blobs/uploads/1`]]);
    const resumed = {
      get: (key: string) => known.get(key),
      set: (key: string, location: string | undefined) =>
        void (location === undefined ? known.delete(key) : known.set(key, location)),
    };
    const report = await pushImages(registryAt(host), [image], { ...options, resumed });
    expect(report).toMatchObject({ sent: 1, sentBytes: 40 });
    expect(known.size).toBe(0);
  });

  test('names nothing when a blob is not what was sent', async () => {
    const { host, state } = await keeping();
    const wrong = {
      ...image,
      blobs: image.blobs.map((blob) => ({
        ...blob,
        open: async function* (from: number, to: number) {
          yield Buffer.alloc(to - from);
        },
      })),
    };
    expect(await problemOf(pushImages(registryAt(host), [wrong], options))).toContain('registry/not-kept');
    expect(state.manifests.size).toBe(0);
  });
});
