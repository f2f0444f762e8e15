/** Releases in directories and buckets: real servers, broken connections, killed runs. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { AwsV4Signer } from 'aws4fetch';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startFakeGcs } from '../fakes/gcs.ts';
import { scratch } from '../trees.ts';
import { type Bucket, CuttingProxy, S3_KEYS, server, startGcs, startS3 } from './buckets.ts';
import { Monorepo, type RunOptions } from './monorepo.ts';

const PIECE = 16 * 1024 * 1024;

let tree: Monorepo;
beforeAll(() => {
  tree = new Monorepo('orchard');
  makeRelease('release', 'v1.20.2');
});
afterAll(() => tree.dispose());

/** A release directory as `kubewright release` leaves one: two platforms, one archive larger than two pieces. */
function makeRelease(name: string, version: string, large = randomBytes(2.5 * PIECE)): void {
  const pack = (archive: string, members: Readonly<Record<string, string | Buffer>>) => {
    const stage = scratch('stage');
    for (const [path, text] of Object.entries(members)) {
      mkdirSync(dirname(join(stage, path)), { recursive: true });
      writeFileSync(join(stage, path), text);
    }
    mkdirSync(join(tree.root, name), { recursive: true });
    execFileSync('tar', ['-czf', join(tree.root, name, archive), '-C', stage, 'kubernetes']);
  };
  pack('kubernetes.tar.gz', {
    'kubernetes/version': `${version}\n`,
    'kubernetes/cluster/gce/gci/configure.sh': '#!/bin/bash\n',
    'kubernetes/cluster/gce/windows/common.psm1': 'function Log {}\n',
    'kubernetes/cluster/get-kube.sh': '#!/bin/bash\n',
  });
  pack('kubernetes-server-linux-amd64.tar.gz', {
    'kubernetes/server/bin/kube-apiserver': large,
    'kubernetes/server/bin/kube-apiserver.tar': 'an image',
    'kubernetes/server/bin/kube-apiserver.docker_tag': version,
    'kubernetes/server/bin/kubectl': 'kubectl for linux',
    'kubernetes/LICENSES/LICENSE': 'a licence',
  });
  pack('kubernetes-client-linux-amd64.tar.gz', { 'kubernetes/client/bin/kubectl': 'kubectl for linux' });
  pack('kubernetes-client-darwin-amd64.tar.gz', { 'kubernetes/client/bin/kubectl': 'kubectl for darwin' });
  pack('kubernetes-test-linux-amd64.tar.gz', { 'kubernetes/test/bin/e2e.test': 'tests' });
  tree.write(`${name}/provenance.json`, '{}\n');
  tree.write(`${name}/kubernetes.tar.gz.sigstore.json`, '{}\n');
}

const FILES = [
  ...['bin/darwin/amd64/kubectl', 'bin/linux/amd64/kube-apiserver', 'bin/linux/amd64/kube-apiserver.tar'],
  ...['bin/linux/amd64/kube-apiserver.docker_tag', 'bin/linux/amd64/kubectl'],
  ...['extra/gce/configure.sh', 'extra/gce/windows/common.psm1', 'provenance.json'],
  ...['kubernetes-client-darwin-amd64.tar.gz', 'kubernetes-client-linux-amd64.tar.gz'],
  ...['kubernetes-server-linux-amd64.tar.gz', 'kubernetes-test-linux-amd64.tar.gz', 'kubernetes.tar.gz'],
];
const PUBLISHED = [
  ...FILES.flatMap((name) => [name, `${name}.sha256`, `${name}.sha512`]),
  ...['kubernetes.tar.gz.sigstore.json', 'SHA256SUMS', 'SHA512SUMS'],
].sort();
const MARKERS = [
  'latest-1.20.txt',
  'latest-1.txt',
  'latest.txt',
  'stable-1.20.txt',
  'stable-1.txt',
  'stable.txt',
];

const publish = (to: string, args: readonly string[] = [], options: RunOptions = {}) =>
  tree.kubewright(['publish', to, '--release', 'release', ...args], options);

function filesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

describe('a release in a directory', () => {
  let to: string;
  beforeEach(() => {
    to = scratch('published');
  });
  const marker = (name: string) => readFileSync(join(to, name), 'utf8');

  test('lies as in upstream’s bucket, with checksums that sha256sum and sha512sum accept, and markers', async () => {
    const run = await publish(to);
    expect(run.stderr).toMatch(/^40 files sent \(.* MiB\), 0 were there$/m);
    expect(run.stdout.split('\n').slice(0, 2)).toEqual([`${to}/v1.20.2/`, `${to}/latest.txt`]);
    expect(filesBelow(join(to, 'v1.20.2'))).toEqual(PUBLISHED);
    for (const tool of ['sha256sum', 'sha512sum']) {
      const list = readFileSync(join(to, 'v1.20.2', `${tool.replace('sum', '').toUpperCase()}SUMS`), 'utf8');
      expect(list.split('\n')).toHaveLength(FILES.length);
      execFileSync(tool, ['-c', '--strict', '--quiet'], { cwd: join(to, 'v1.20.2'), input: `${list}\n` });
    }
    const [digest] = execFileSync('sha256sum', ['kubernetes.tar.gz'], {
      cwd: join(to, 'v1.20.2'),
      encoding: 'utf8',
    }).split(' ');
    expect(marker('v1.20.2/kubernetes.tar.gz.sha256')).toBe(digest);
    expect(readdirSync(to).sort()).toEqual([...MARKERS, 'v1.20.2'].sort());
    for (const name of MARKERS) expect(marker(name)).toBe('v1.20.2');
    expect(tree.has('_output/kubewright/publish')).toBe(false);
  });

  test('a second run sends nothing, and brings back what is gone', async () => {
    await publish(to);
    expect((await publish(to)).stderr).toMatch(/^0 files sent \(0 B\), 40 were there$/m);
    execFileSync('rm', [join(to, 'v1.20.2/kubernetes.tar.gz')]);
    writeFileSync(join(to, 'v1.20.2/provenance.json'), '[]\n');
    expect((await publish(to)).stderr).toMatch(/^2 files sent \(.*\), 38 were there$/m);
    expect(filesBelow(join(to, 'v1.20.2'))).toEqual(PUBLISHED);
    expect(marker('v1.20.2/provenance.json')).toBe('{}\n');
  });

  test('another release of the same version is refused, and replaced when that is asked for', async () => {
    await publish(to);
    makeRelease('other', 'v1.20.2');
    const refused = await publish(to, ['--release', 'other']);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(`error publish/exists: another v1.20.2 is published in ${to}/v1.20.2/`);
    expect(refused.stderr).toContain('differs in bin/linux/amd64/kube-apiserver, kubernetes-');
    const replaced = await publish(to, ['--release', 'other', '--overwrite']);
    expect(replaced.exitCode).toBe(0);
    expect(filesBelow(join(to, 'v1.20.2'))).toEqual(PUBLISHED);
    expect(readdirSync(to).sort()).toEqual([...MARKERS, 'v1.20.2'].sort());
  });

  test('markers go forward alone, each in its own line of versions', async () => {
    const moved = async (version: string, ...args: string[]) => {
      const run = await publish(to, ['--release-version', version, ...args]);
      expect(run.stderr).not.toMatch(/^error/m);
      return run.stdout.split('\n').flatMap((line) => /\/([\w.-]+)\.txt$/.exec(line)?.[1] ?? []);
    };
    await moved('v1.20.2');
    expect(await moved('v1.21.0-alpha.3')).toEqual(['latest', 'latest-1', 'latest-1.21']);
    expect(await moved('v1.20.3-rc.1')).toEqual(['latest-1.20']);
    expect(await moved('v1.20.3')).toEqual(['latest-1.20', 'stable', 'stable-1', 'stable-1.20']);
    expect(await moved('v1.19.9')).toEqual(['latest-1.19', 'stable-1.19']);
    expect(await moved('v1.21.0-alpha.3.7+0123456789abcd', '--marker', 'k8s-master')).toEqual([
      ...['latest', 'latest-1', 'latest-1.21', 'k8s-master'],
    ]);
    expect(await moved('v1.18.0', '--no-markers')).toEqual([]);
    expect(await moved('v1.21.0-alpha.4', '--fast')).toEqual([
      'latest-fast',
      'latest-fast-1',
      'latest-fast-1.21',
    ]);
    expect(existsSync(join(to, 'fast/v1.21.0-alpha.4/SHA256SUMS'))).toBe(true);
    expect(MARKERS.map(marker)).toEqual([
      ...['v1.20.3', 'v1.21.0-alpha.3.7+0123456789abcd', 'v1.21.0-alpha.3.7+0123456789abcd'],
      ...['v1.20.3', 'v1.20.3', 'v1.20.3'],
    ]);
    expect(await moved('v1.20.2', '--force-markers')).toHaveLength(6);
    expect(MARKERS.map(marker)).toEqual(MARKERS.map(() => 'v1.20.2'));
  });

  test('a marker that holds no version is told before anything is sent', async () => {
    writeFileSync(join(to, 'stable.txt'), '<html>');
    const run = await publish(to);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('error publish/marker-unreadable: ');
    expect(readdirSync(to)).toEqual(['stable.txt']);
    expect((await publish(to, ['--force-markers'])).exitCode).toBe(0);
  });

  test('a dry run prints what would go where, and does nothing', async () => {
    const run = await publish(to, ['--dry-run']);
    expect(run.stdout).toContain(`${to}/v1.20.2/kubernetes.tar.gz  application/gzip  `);
    expect(run.stdout).toContain(`${to}/stable-1.20.txt  v1.20.2, unless it names a newer one\n`);
    expect(readdirSync(to)).toEqual([]);
  });

  test('no release, a wrong checksum, a version of uncommitted files: told first', async () => {
    const none = await publish(to, ['--release', 'nowhere']);
    expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('error artifact/none: ')]);
    const dirty = await publish(to, ['--release-version', 'v1.20.3-1+0123-dirty']);
    expect([dirty.exitCode, dirty.stderr]).toEqual([2, expect.stringContaining('error publish/version: ')]);
    const path = join(tree.root, 'release/kubernetes.tar.gz.sha256');
    onTestFinished(() => tree.remove('release/kubernetes.tar.gz.sha256'));
    writeFileSync(path, '0'.repeat(64));
    const wrong = await publish(to);
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      2,
      expect.stringContaining(`error publish/checksum: ${path} is not the checksum of its file`),
    ]);
    expect(readdirSync(to)).toEqual([]);
  });

  test('a directory that may not be written', async () => {
    execFileSync('chmod', ['a-w', to]);
    const run = await publish(to, [], { boundByPermissions: true });
    expect([run.exitCode, run.stderr]).toEqual([1, expect.stringContaining('error disk/permission: ')]);
  });
});

describe.skipIf(!server('versitygw'))('a release in a bucket of S3 (wants versitygw)', () => {
  let bucket: Bucket;
  beforeAll(async () => {
    bucket = await startS3();
  });
  afterAll(() => bucket.stop());

  const settings = (endpoint = bucket.endpoint) => ({ env: { ...S3_KEYS, AWS_ENDPOINT_URL: endpoint } });
  const objects = (prefix: string) =>
    filesBelow(join(bucket.data, 'fruit', prefix)).filter((name) => !name.startsWith('.'));
  const head = async (key: string) => {
    const url = `${bucket.endpoint}/fruit/${key}`;
    const keys = { accessKeyId: S3_KEYS.AWS_ACCESS_KEY_ID, secretAccessKey: S3_KEYS.AWS_SECRET_ACCESS_KEY };
    const signed = await new AwsV4Signer({
      method: 'HEAD',
      url,
      service: 's3',
      region: 'us-east-1',
      ...keys,
    }).sign();
    const { headers } = await fetch(signed.url, { method: 'HEAD', headers: signed.headers });
    return [headers.get('content-type'), headers.get('cache-control'), headers.get('content-encoding')];
  };

  test('has types, times of caching and the bytes of the directory', async () => {
    const run = await publish('s3://fruit/release', [], settings());
    expect(run.stderr).toMatch(/^40 files sent \(.* MiB\), 0 were there$/m);
    expect(objects('release')).toEqual([...MARKERS, ...PUBLISHED.map((name) => `v1.20.2/${name}`)].sort());
    const list = readFileSync(join(bucket.data, 'fruit/release/v1.20.2/SHA256SUMS'), 'utf8');
    execFileSync('sha256sum', ['-c', '--strict', '--quiet'], {
      cwd: join(bucket.data, 'fruit/release/v1.20.2'),
      input: `${list}\n`,
    });
    expect(await head('release/v1.20.2/kubernetes-server-linux-amd64.tar.gz')).toEqual([
      ...['application/gzip', 'max-age=3600, no-transform', null],
    ]);
    expect(await head('release/stable.txt')).toEqual([
      ...['text/plain; charset=utf-8', 'private, max-age=0, no-transform', null],
    ]);
    const again = await publish('s3://fruit/release', [], settings());
    expect(again.stderr).toMatch(/^0 files sent \(0 B\), 40 were there$/m);
    expect(again.stderr).toContain('stable.txt: v1.20.2, as before');
  });

  test('a version with a plus sign has it in the names of its objects', async () => {
    const version = 'v1.21.0-alpha.1.12+0123456789abcd';
    const run = await publish('s3://fruit/ci', ['--release-version', version], settings());
    expect(run.exitCode).toBe(0);
    expect(objects('ci')).toContain(`${version}/SHA256SUMS`);
    expect((await publish('s3://fruit/ci', ['--release-version', version], settings())).stderr).toContain(
      '0 files sent',
    );
  });

  test.each(['request', 'answer'] as const)(
    'is whole when each request is cut once in its %s',
    async (fault) => {
      const proxy = await CuttingProxy.start(bucket.endpoint, { fault });
      onTestFinished(() => proxy.stop());
      const run = await publish(`s3://fruit/cut-${fault}`, [], settings(proxy.endpoint));
      expect([run.exitCode, run.stderr]).toEqual([0, expect.stringContaining('40 files sent')]);
      expect(proxy.cuts).toBeGreaterThan(60);
      expect(proxy.cuts).toBe(new Set(proxy.requests).size);
      expect(objects(`cut-${fault}`)).toEqual(
        [...MARKERS, ...PUBLISHED.map((name) => `v1.20.2/${name}`)].sort(),
      );
      const place = join(bucket.data, 'fruit', `cut-${fault}`, 'v1.20.2');
      const list = readFileSync(join(place, 'SHA256SUMS'), 'utf8');
      execFileSync('sha256sum', ['-c', '--strict', '--quiet'], { cwd: place, input: `${list}\n` });
      // No upload that was begun twice stays behind.
      expect(filesBelow(join(bucket.data, 'fruit')).filter((name) => name.includes('multipart/'))).toEqual(
        [],
      );
    },
  );

  test('killed half-way and run again, only the missing is sent, piece by piece', async () => {
    const stalling = await CuttingProxy.start(bucket.endpoint, { stallAfter: 1.5 * PIECE });
    onTestFinished(() => stalling.stop());
    const first = await publish('s3://fruit/killed', ['-j1'], {
      ...settings(stalling.endpoint),
      onStart: (child) => void stalling.stalled.then(() => child.kill('SIGKILL')),
    });
    expect(first.signal).toBe('SIGKILL');
    expect(objects('killed').filter((name) => /SUMS|\.txt$/.test(name))).toEqual([]);
    const counting = await CuttingProxy.start(bucket.endpoint);
    onTestFinished(() => counting.stop());
    const second = await publish('s3://fruit/killed', [], settings(counting.endpoint));
    expect([second.exitCode, second.stderr]).toEqual([0, expect.stringMatching(/^39 files sent/m)]);
    const pieces = (proxy: CuttingProxy) =>
      proxy.requests.flatMap((name) => /^PUT (.*)\?partNumber=(\d)/.exec(name)?.slice(1).join(' ') ?? []);
    const [large] = pieces(stalling);
    expect(large).toMatch(/ 1$/);
    expect(pieces(counting)).not.toContain(large);
    expect(pieces(counting).filter((one) => one.startsWith(`${large?.slice(0, -1)}`))).toHaveLength(2);
    expect(objects('killed')).toEqual([...MARKERS, ...PUBLISHED.map((name) => `v1.20.2/${name}`)].sort());
  });

  test('wrong credentials, none, and those of a profile', async () => {
    const wrong = await publish('s3://fruit/a', [], {
      env: { ...settings().env, AWS_SECRET_ACCESS_KEY: 'a-guess' },
    });
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      2,
      expect.stringContaining(
        'error bucket/credentials: s3://fruit does not take the credentials of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
      ),
    ]);
    expect(wrong.stderr).not.toContain('a-guess');
    const none = await publish('s3://fruit/a', [], { env: { AWS_ENDPOINT_URL: bucket.endpoint } });
    expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('no credentials were found')]);
    const home = scratch('home');
    mkdirSync(join(home, '.aws'));
    writeFileSync(
      join(home, '.aws/credentials'),
      `[default]\naws_access_key_id = x\naws_secret_access_key = y\n\n[fruit]\naws_access_key_id = ${S3_KEYS.AWS_ACCESS_KEY_ID}\naws_secret_access_key = ${S3_KEYS.AWS_SECRET_ACCESS_KEY}\n`,
    );
    writeFileSync(join(home, '.aws/config'), `[profile fruit]\nendpoint_url = ${bucket.endpoint}\n`);
    const named = (profile: string) =>
      publish('s3://fruit/a', [], { env: { HOME: home, AWS_PROFILE: profile } });
    expect((await named('fruit')).exitCode).toBe(0);
    const missing = await named('vegetables');
    expect([missing.exitCode, missing.stderr]).toEqual([
      2,
      expect.stringContaining('error bucket/credentials: there is no profile vegetables'),
    ]);
    // A program that prints credentials: quotes hold words together, and no shell takes part.
    const told = JSON.stringify({
      ...{ Version: 1, AccessKeyId: S3_KEYS.AWS_ACCESS_KEY_ID },
      SecretAccessKey: S3_KEYS.AWS_SECRET_ACCESS_KEY,
    });
    writeFileSync(join(home, 'told.json'), told);
    writeFileSync(
      join(home, '.aws/config'),
      `[profile asked]\nendpoint_url = ${bucket.endpoint}\ncredential_process = cat "${join(home, 'told.json')}"\n`,
    );
    expect((await named('asked')).exitCode).toBe(0);
  });

  test('a missing bucket, a server that is down, and no server named', async () => {
    const missing = await publish('s3://vegetables/a', [], settings());
    expect([missing.exitCode, missing.stderr]).toEqual([
      2,
      expect.stringContaining('error bucket/missing: there is no bucket s3://vegetables'),
    ]);
    const down = await publish('s3://fruit/a', [], settings('http://127.0.0.1:1'));
    expect([down.exitCode, down.stderr]).toEqual([1, expect.stringContaining('error network/failed: ')]);
    expect(down.stderr).toContain('AWS_ENDPOINT_URL');
    const nowhere = await publish('s3://fruit/a', [], { env: S3_KEYS });
    expect([nowhere.exitCode, nowhere.stderr]).toEqual([
      2,
      expect.stringContaining('error bucket/no-endpoint: '),
    ]);
    const plain = await publish('s3://fruit/a', [], settings('http://storage.example:9000'));
    expect([plain.exitCode, plain.stderr]).toEqual([2, expect.stringContaining('without encryption')]);
    const offline = await publish('s3://fruit/a', ['--offline'], settings());
    expect([offline.exitCode, offline.stderr]).toEqual([
      2,
      expect.stringContaining('error network/offline: '),
    ]);
  });

  test('a bucket that may not be written', async () => {
    const locked = await startS3(bucket.data, '--readonly');
    onTestFinished(() => locked.stop());
    const run = await publish('s3://fruit/locked', [], settings(locked.endpoint));
    expect([run.exitCode, run.stderr]).toEqual([
      2,
      expect.stringContaining('error bucket/refused: s3://fruit '),
    ]);
    expect(existsSync(join(bucket.data, 'fruit/locked'))).toBe(false);
  });
});

const GCS = (endpoint: string) => ({ env: { STORAGE_EMULATOR_HOST: endpoint } });
const WHOLE = [...MARKERS, ...PUBLISHED.map((name) => `v1.20.2/${name}`)].sort();

interface Listed {
  readonly name: string;
  readonly contentType: string;
  readonly cacheControl: string;
}

async function listGcs({ endpoint }: Bucket, prefix: string): Promise<Listed[]> {
  const answer = await fetch(`${endpoint}/storage/v1/b/fruit/o?prefix=${prefix}/&maxResults=1000`);
  return ((await answer.json()) as { items?: Listed[] }).items ?? [];
}

async function namesInGcs(bucket: Bucket, prefix: string): Promise<string[]> {
  return (await listGcs(bucket, prefix)).map(({ name }) => name.slice(prefix.length + 1)).sort();
}

describe.skipIf(!server('fake-gcs-server'))('in a bucket of fake-gcs-server (wants it)', () => {
  inGoogle(startGcs);
});
describe('in a bucket of our own fake of Google', () => {
  inGoogle(startFakeGcs);
});

/** What both servers agree about. */
function inGoogle(start: () => Promise<Bucket>): void {
  let bucket: Bucket;
  beforeAll(async () => {
    bucket = await start();
  });
  afterAll(() => bucket.stop());
  const settings = () => GCS(bucket.endpoint);

  test('a release has types and times of caching, and is not sent twice', async () => {
    const run = await publish('gs://fruit/release', [], settings());
    expect([run.exitCode, run.stderr]).toEqual([0, expect.stringMatching(/^40 files sent/m)]);
    expect(await namesInGcs(bucket, 'release')).toEqual(WHOLE);
    const found = await listGcs(bucket, 'release');
    expect(found.find(({ name }) => name.endsWith('/kubernetes.tar.gz'))).toMatchObject({
      ...{ contentType: 'application/gzip', cacheControl: 'max-age=3600, no-transform' },
    });
    expect(found.find(({ name }) => name.endsWith('stable.txt'))).toMatchObject({
      cacheControl: 'private, max-age=0, no-transform',
    });
    expect((await publish('gs://fruit/release', [], settings())).stderr).toMatch(/^0 files sent/m);
  });

  test('a service account asks for a token; one that gets none, and a missing bucket, are told', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const assertions: string[] = [];
    const tokens = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        assertions.push(new URLSearchParams(body).get('assertion') ?? '');
        response.statusCode = assertions.length === 1 ? 200 : 400;
        response.end(JSON.stringify({ access_token: 'ya29.told', expires_in: 3600 }));
      });
    });
    await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void tokens.close());
    const { port } = tokens.address() as { port: number };
    const key = join(scratch('account'), 'key.json');
    writeFileSync(
      key,
      JSON.stringify({
        ...{ type: 'service_account', client_email: 'robot@orchard.example', private_key_id: '7' },
        ...{ token_uri: `http://127.0.0.1:${port}/token` },
        private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      }),
    );
    const env = { ...settings().env, GOOGLE_APPLICATION_CREDENTIALS: key };
    expect((await publish('gs://fruit/account', [], { env })).exitCode).toBe(0);
    const [header = '', claims = ''] = assertions[0]?.split('.') ?? [];
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      alg: 'RS256',
      typ: 'JWT',
      kid: '7',
    });
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: 'robot@orchard.example',
    });
    const refused = await publish('gs://fruit/account', [], { env });
    expect([refused.exitCode, refused.stderr]).toEqual([
      2,
      expect.stringContaining(`error bucket/credentials: the credentials in ${key} cannot be used`),
    ]);
    const missing = await publish('gs://vegetables/a', [], settings());
    expect([missing.exitCode, missing.stderr]).toEqual([
      2,
      expect.stringContaining('error bucket/missing: '),
    ]);
  });
}

describe('in a bucket of Google, when things break', () => {
  let bucket: Bucket;
  beforeAll(async () => {
    bucket = await startFakeGcs();
  });
  afterAll(() => bucket.stop());

  test.each(['request', 'answer'] as const)(
    'a release is whole when each request is cut once in its %s',
    async (fault) => {
      const proxy = await CuttingProxy.start(bucket.endpoint, { fault });
      onTestFinished(() => proxy.stop());
      const run = await publish(`gs://fruit/cut-${fault}`, [], GCS(proxy.endpoint));
      expect([run.exitCode, run.stderr]).toEqual([0, expect.stringContaining('40 files sent')]);
      expect(proxy.cuts).toBeGreaterThan(20);
      expect(await namesInGcs(bucket, `cut-${fault}`)).toEqual(WHOLE);
    },
  );

  test('killed half-way and run again, only the missing is sent', async () => {
    const stalling = await CuttingProxy.start(bucket.endpoint, { stallAfter: 1.5 * PIECE });
    onTestFinished(() => stalling.stop());
    const first = await publish('gs://fruit/killed', ['-j1'], {
      ...GCS(stalling.endpoint),
      onStart: (child) => void stalling.stalled.then(() => child.kill('SIGKILL')),
    });
    expect(first.signal).toBe('SIGKILL');
    expect((await namesInGcs(bucket, 'killed')).filter((name) => /SUMS|\.txt$/.test(name))).toEqual([]);
    // The address of an upload is that by which it was begun.
    stalling.flow();
    const second = await publish('gs://fruit/killed', [], GCS(stalling.endpoint));
    expect([second.exitCode, second.stderr]).toEqual([0, expect.stringMatching(/^39 files sent/m)]);
    const sent = Number(/sent \((\d+)\.\d MiB\)/.exec(second.stderr)?.[1]);
    // The program and its archive have five pieces of 16 MiB in all; one and a bit were there.
    expect(sent).toBeLessThan(5 * 16 - 15);
    expect(await namesInGcs(bucket, 'killed')).toEqual(WHOLE);
  });

  test('a server that is down', async () => {
    const down = await publish('gs://fruit/a', [], GCS('http://127.0.0.1:1'));
    expect([down.exitCode, down.stderr]).toEqual([1, expect.stringContaining('error network/failed: ')]);
  });
});

describe('a release that is published, and verified from there', () => {
  let orchard: Monorepo;
  let site: string;
  let address: string;
  const web = createServer((request, response) => {
    const path = join(site, decodeURIComponent(new URL(request.url ?? '', 'http://localhost').pathname));
    if (existsSync(path) && !path.endsWith('/')) response.end(readFileSync(path));
    else response.writeHead(404).end();
  });
  const environment = { SOURCE_DATE_EPOCH: '1610544489', KUBE_GIT_VERSION: 'v1.0.0' };
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    orchard.kubewright(args, { env: { ...environment, ...env } });

  beforeAll(async () => {
    orchard = new Monorepo();
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    orchard.write('key.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    orchard.write('key.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString());
    site = scratch('site');
    expect((await run(['release', 'full', '--platform', 'linux/amd64'])).stderr).toContain('Done');
    const attest = await run(['attest', '_output/release-tars', '--key', 'key.pem']);
    expect([attest.exitCode, attest.stderr]).toEqual([0, expect.not.stringContaining('error')]);
    expect((await run(['publish', site])).exitCode).toBe(0);
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(web.address() as { port: number }).port}/v1.0.0`;
  });
  afterAll(() => {
    web.close();
    orchard.dispose();
  });

  test('over http: archives and naked programs are those of the tree', async () => {
    const verify = await run(['verify-release', address, '--key', 'key.pub']);
    expect(verify.stderr).not.toMatch(/^error/m);
    expect(verify.stdout.split('\n').sort()).toEqual([
      ...[
        '',
        'equal  bin/linux/amd64/cellar',
        'equal  bin/linux/amd64/picker',
        'equal  bin/linux/amd64/press',
      ],
      ...['equal  orchard-client-linux-amd64.tar.gz', 'equal  orchard-server-linux-amd64.tar.gz'],
      ...['equal  orchard-src.tar.gz', 'equal  orchard-test-linux-amd64.tar.gz'],
    ]);
    expect(verify.exitCode).toBe(0);
    expect(orchard.has('_output/kubewright/verify-fetched')).toBe(false);
  });

  test('a file that was changed there, and one that nobody made; from a bucket where versitygw is', async () => {
    const bucket = server('versitygw') === undefined ? undefined : await startS3();
    onTestFinished(() => bucket?.stop());
    const env = bucket ? { ...S3_KEYS, AWS_ENDPOINT_URL: bucket.endpoint } : {};
    const from = bucket ? 's3://fruit/release/v1.0.0' : new URL('changed/v1.0.0', address).href;
    const to = bucket ? 's3://fruit/release' : join(site, 'changed');
    expect((await run(['publish', to], env)).exitCode).toBe(0);
    const place = bucket ? join(bucket.data, 'fruit/release/v1.0.0') : join(to, 'v1.0.0');
    const program = (name: string) => join(place, 'bin/linux/amd64', name);
    writeFileSync(program('press'), 'another program');
    writeFileSync(program('cellar'), 'a third program');
    const [digest = ''] = execFileSync('sha256sum', [program('cellar')], { encoding: 'utf8' }).split(' ');
    const list = readFileSync(join(place, 'SHA256SUMS'), 'utf8');
    const line = /^[0-9a-f]+(?= {2}bin\/linux\/amd64\/cellar$)/m;
    writeFileSync(join(place, 'SHA256SUMS'), list.replace(line, digest));
    const verify = await run(['verify-release', from, '--key', 'key.pub'], env);
    expect(verify.exitCode).toBe(1);
    expect(verify.stderr.match(/^error .*/gm)).toEqual([
      expect.stringMatching(
        /^error verify\/different: bin\/linux\/amd64\/press is not what SHA256SUMS says: /,
      ),
      'error verify/different: bin/linux/amd64/cellar is in the release, and not in its provenance',
    ]);
    expect(verify.stdout).toContain('equal  bin/linux/amd64/picker\n');
    const nothing = await run(['verify-release', `${from}9`], env);
    expect([nothing.exitCode, nothing.stderr]).toEqual([
      2,
      expect.stringContaining('error verify/not-whole: '),
    ]);
  });

  test('no list, a list that leads elsewhere, and commands that make nothing: told before anything is built', async () => {
    const parent = await run(['verify-release', new URL('.', address).href]);
    expect([parent.exitCode, parent.stderr]).toEqual([
      2,
      expect.stringContaining('error verify/not-whole: '),
    ]);
    mkdirSync(join(site, 'bad'));
    writeFileSync(join(site, 'bad/SHA256SUMS'), `${'0'.repeat(64)}  ../../../etc/passwd`);
    const unsafe = await run(['verify-release', new URL('bad', address).href]);
    expect([unsafe.exitCode, unsafe.stderr]).toEqual([
      2,
      expect.stringContaining('names "../../../etc/passwd"'),
    ]);
    const text = readFileSync(join(site, 'v1.0.0/provenance.json'), 'utf8');
    const place = scratch('evil');
    writeFileSync(join(place, 'provenance.json'), text.replace('"release"', '"clean"'));
    const evil = await run(['verify-release', place]);
    expect([evil.exitCode, evil.stderr]).toEqual([
      1,
      expect.stringMatching(
        /error verify\/rebuild-failed: the provenance records kubewright clean .*, which is not run/,
      ),
    ]);
  });
});
