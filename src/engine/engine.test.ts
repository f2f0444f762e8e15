import { describe, expect, test } from 'vitest';
import { copyOf, hostWith, scratch } from '../../tests/trees.ts';
import { findEngine, parseAddress } from './endpoint.ts';
import { refusal } from './problems.ts';
import { demultiplex, NotFramed } from './streams.ts';

function frame(kind: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = kind;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

async function* pieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function heard(source: AsyncIterable<Uint8Array>) {
  const all = { stdout: '', stderr: '' };
  for await (const { stream, bytes } of demultiplex(source)) all[stream] += Buffer.from(bytes).toString();
  return all;
}

describe('streams', () => {
  const both = Buffer.concat([frame(1, 'made '), frame(2, 'warned'), frame(1, ''), frame(1, 'all')]);

  test('frames are told apart wherever the network cuts them', async () => {
    for (let size = 1; size <= both.length; size++)
      expect(await heard(pieces(both, size))).toEqual({ stdout: 'made all', stderr: 'warned' });
  });

  test('bytes that are no frames are an error, not output', async () => {
    await expect(heard(pieces(Buffer.from('plain text of a terminal'), 64))).rejects.toThrow(NotFramed);
  });
});

describe('the engine that is meant', () => {
  test('addresses are read as Docker writes them', () => {
    expect(parseAddress('unix:///run/d.sock')).toEqual({ kind: 'unix', path: '/run/d.sock' });
    expect(parseAddress('tcp://[::1]:99')).toEqual({ kind: 'tcp', host: '::1', port: 99 });
    expect(parseAddress('tcp://builder', { verify: true })).toEqual({
      ...{ kind: 'tcp', host: 'builder', port: 2376, tls: { verify: true } },
    });
    expect(parseAddress('ssh://ada@builder:22022/run/d.sock')).toEqual({
      ...{ kind: 'ssh', destination: 'ada@builder', port: 22022, socket: '/run/d.sock' },
    });
    for (const wrong of ['d.sock', 'unix://d.sock', 'npipe:////./pipe/docker', 'ftp://builder', ''])
      expect(parseAddress(wrong)).toBeUndefined();
  });

  test('DOCKER_HOST stands above contexts, and contexts above sockets', () => {
    const config = scratch('config');
    const host = (environment: Readonly<Record<string, string>>) =>
      hostWith({ DOCKER_CONFIG: config, ...environment });
    const address = (environment: Readonly<Record<string, string>>, named?: string) => {
      const found = findEngine(host(environment), named);
      return found.ok ? found.value.from : found.diagnostics.map(({ code }) => code);
    };
    expect(address({ DOCKER_HOST: 'unix:///a', DOCKER_CONTEXT: 'lab' })).toBe('DOCKER_HOST');
    expect(address({ DOCKER_CONTEXT: 'lab' })).toEqual(['engine/context-unknown']);
    expect(address({ DOCKER_CONTEXT: 'default' })).toBe('the socket of this machine');
    expect(address({ DOCKER_HOST: 'unix:///a' }, 'ssh://builder')).toBe('--engine');
    expect(address({ DOCKER_HOST: 'here' })).toEqual(['engine/address']);
  });

  test('a TCP engine elsewhere without TLS is warned of', () => {
    const found = findEngine(hostWith({ DOCKER_HOST: 'tcp://builder:2375' }));
    expect(found.diagnostics.map(({ code }) => code)).toEqual(['engine/plain-tcp']);
    expect(findEngine(hostWith({ DOCKER_HOST: 'tcp://127.0.0.1:2375' })).diagnostics).toEqual([]);
  });

  test('every certificate that is missing or wrong is named at once', () => {
    const directory = copyOf('go-work', { 'ca.pem': 'nothing', 'cert.pem': '-----BEGIN CERTIFICATE-----' });
    const environment = { DOCKER_HOST: 'tcp://a', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: directory };
    expect(findEngine(hostWith(environment)).diagnostics.map(({ what }) => what)).toEqual([
      'the key of the client certificate is missing',
      'ca.pem is no PEM file',
    ]);
  });
});

test('what an engine refuses has a code that says what to do', () => {
  const code = (words: string) => refusal('unix:///d', 'start it', 500, words).diagnostics[0]?.code;
  expect(code('write /x: no space left on device')).toBe('engine/disk-full');
  expect(code('Bind for 127.0.0.1:8730 failed: port is already allocated')).toBe('engine/port-in-use');
  expect(code('listen tcp4 127.0.0.1:8730: bind: address already in use')).toBe('engine/port-in-use');
  expect(code('client version 1.51 is too new. Maximum supported API version is 1.12')).toBe(
    'engine/too-old',
  );
  expect(code('Client sent an HTTP request to an HTTPS server.')).toBe('engine/tls');
  expect(code('something else')).toBe('engine/failed');
});
