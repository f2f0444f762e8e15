import { execFileSync } from 'node:child_process';
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  verify as verifySignature,
} from 'node:crypto';
import { appendFileSync, copyFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, Verifier } from '@sigstore/verify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProvenanceStatement } from '../../src/formats/intoto/statement.ts';
import { server } from './buckets.ts';
import { has, ImageRegistry } from './engine.ts';
import { Monorepo } from './monorepo.ts';

const BIN = '_output/local/bin';
const PRESS = `${BIN}/linux/amd64/press`;
const COSIGN = server('cosign');

/** What a person does who has our public key and nothing else. */
function verify(bundle: string, publicKey: string, artifact?: Buffer): void {
  const { messageSignature } = JSON.parse(bundle);
  if (artifact && createPublicKey(publicKey).asymmetricKeyType === 'ed25519') {
    // @sigstore/verify hashes a file before it asks Ed25519; cosign does not, and neither do we.
    const signature = Buffer.from(messageSignature.signature, 'base64');
    if (!verifySignature(null, artifact, publicKey, signature)) throw new Error('wrong signature');
    return;
  }
  const key = { publicKey: createPublicKey(publicKey), validFor: () => true };
  const trust = {
    certificateAuthorities: [],
    timestampAuthorities: [],
    tlogs: [],
    ctlogs: [],
    publicKey: () => key,
  };
  const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
  const parsed: Bundle = bundleFromJSON(JSON.parse(bundle));
  verifier.verify(toSignedEntity(parsed, artifact));
}

describe.each([
  ['ECDSA P-256', 'ec'],
  ['Ed25519', 'ed25519'],
] as const)('a release that is signed with %s', (_, kind) => {
  let orchard: Monorepo;
  let publicKey: string;
  const environment = {
    SOURCE_DATE_EPOCH: '1610544489',
    KUBE_GIT_VERSION: 'v1.0.0',
    COSIGN_PASSWORD: 'secret',
  };
  const run = (...args: string[]) => orchard.kubewright(args, { env: environment });

  beforeAll(async () => {
    orchard = new Monorepo();
    const pair =
      kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
    const sealed = { cipher: 'aes-256-cbc', passphrase: 'secret' };
    orchard.write('key.pem', pair.privateKey.export({ type: 'pkcs8', format: 'pem', ...sealed }).toString());
    publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    orchard.write('key.pub', publicKey);
    expect((await run('build', 'server', '--platform', 'linux/amd64')).exitCode).toBe(0);
  });
  afterAll(() => orchard.dispose());

  const bytes = (path: string) => readFileSync(join(orchard.root, path));

  test('each file verifies with the public key, and not after one byte is changed', async () => {
    expect((await run('sign', BIN, '--key', 'key.pem', '--detached')).exitCode).toBe(0);
    const bundle = orchard.read(`${PRESS}.sigstore.json`);
    verify(bundle, publicKey, bytes(PRESS));
    const patched = bytes(PRESS);
    patched[patched.length >> 1] = (patched[patched.length >> 1] ?? 0) ^ 1;
    expect(() => verify(bundle, publicKey, patched)).toThrow();
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    expect(() =>
      verify(bundle, other.export({ type: 'spki', format: 'pem' }).toString(), bytes(PRESS)),
    ).toThrow();
    expect(JSON.parse(bundle)).toMatchObject({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      messageSignature: { signature: orchard.read(`${PRESS}.sig`) },
    });
  });

  test('the second time everything is fresh, and a signature that was removed comes back as it was', async () => {
    const before = orchard.digest(`${PRESS}.sigstore.json`);
    const again = await run('sign', BIN, '--key', 'key.pem', '--detached');
    expect(again.stderr).toMatch(/Nothing to do: 4 outputs are fresh/);
    orchard.remove(`${PRESS}.sigstore.json`);
    expect((await run('sign', BIN, '--key', 'key.pem', '--detached')).stderr).toContain('1 restored');
    expect(orchard.digest(`${PRESS}.sigstore.json`)).toBe(before);
  });

  test('provenance names every subject, input and command, and is signed', async () => {
    expect((await run('attest', BIN, '--key', 'key.pem')).exitCode).toBe(0);
    const text = orchard.read(`${BIN}/provenance.json`);
    verify(orchard.read(`${BIN}/provenance.sigstore.json`), publicKey);
    const statement = JSON.parse(text) as ProvenanceStatement;
    expect(statement._type).toBe('https://in-toto.io/Statement/v1');
    expect(statement.subject).toEqual(
      ['cellar', 'press'].map((name) => ({
        name: `linux/amd64/${name}`,
        digest: { sha256: orchard.digest(`${BIN}/linux/amd64/${name}`) },
      })),
    );
    const { buildDefinition, runDetails } = statement.predicate;
    const { externalParameters, internalParameters, resolvedDependencies } = buildDefinition;
    expect(externalParameters.toolchain).toBe('go1.24.13');
    expect(externalParameters.commands.map(({ argv }) => argv.slice(1))).toEqual([
      ['build', 'server', '--platform', 'linux/amd64'],
    ]);
    expect(externalParameters.commands[0]?.environment).toMatchObject({ SOURCE_DATE_EPOCH: '1610544489' });
    expect(internalParameters.steps.map(({ id }) => id)).toEqual([
      'compile:cmd/cellar@linux/amd64',
      'compile:cmd/press@linux/amd64',
    ]);
    expect(internalParameters.packages.map((one) => one.package)).toContain('example.dev/orchard/pkg/juice');
    const inputs = Object.fromEntries(resolvedDependencies.map(({ name, digest }) => [name, digest]));
    expect(inputs['pkg/juice/juice.go']).toEqual({ sha256: orchard.digest('pkg/juice/juice.go') });
    expect(inputs['toolchain go1.24.13']).toMatchObject({ dirHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(Object.keys(inputs)).not.toContain('cmd/picker/main.go');
    expect(runDetails.builder.id).toBe('urn:kubewright:builder:local');
    // Neither a place of this machine nor the passphrase.
    expect(text).not.toContain(orchard.root);
    expect(text).not.toContain('COSIGN_PASSWORD');
    const digests = [`${BIN}/provenance.json`, `${BIN}/provenance.sigstore.json`].map((path) =>
      orchard.digest(path),
    );
    expect((await run('attest', BIN, '--key', 'key.pem')).exitCode).toBe(0);
    expect(
      [`${BIN}/provenance.json`, `${BIN}/provenance.sigstore.json`].map((path) => orchard.digest(path)),
    ).toEqual(digests);
  });

  test('a program that was changed after it was built has no provenance', async () => {
    copyFileSync(join(orchard.root, PRESS), join(orchard.root, 'changed'));
    appendFileSync(join(orchard.root, 'changed'), 'x');
    const attest = await run('attest', 'changed');
    expect(attest.exitCode).toBe(2);
    expect(attest.stderr).toContain('error attest/origin-unknown: no run here made changed');
    expect(orchard.has('changed.provenance.json')).toBe(false);
  });

  test('a wrong passphrase, no passphrase and no key are told before anything is read', async () => {
    const with_ = (env: Record<string, string>, ...args: string[]) =>
      orchard.kubewright(['sign', PRESS, ...args], { env: { ...environment, ...env } });
    const wrong = await with_({ COSIGN_PASSWORD: 'guess' }, '--key', 'key.pem');
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('error sign/passphrase: ')]);
    const missing = await with_({}, '--key', 'nowhere.pem');
    expect([missing.exitCode, missing.stderr]).toEqual([
      2,
      expect.stringContaining('there is no key at nowhere.pem'),
    ]);
    const publicHalf = await with_({}, '--key', 'key.pub');
    expect(publicHalf.stderr).toContain('error sign/key-invalid: the key key.pub cannot be used');
    const keyless = await with_({}, '--keyless');
    expect(keyless.stderr).toContain(
      'error sign/keyless: --keyless lacks --fulcio, --rekor, --identity-token',
    );
    expect(`${wrong.stderr}${wrong.stdout}`).not.toContain('guess');
  });

  test.skipIf(!COSIGN)('cosign itself accepts all of it, and refuses a changed byte (wants cosign)', () => {
    const cosign = (verb: string, file: string, ...args: string[]) =>
      execFileSync(COSIGN as string, [verb, '--key', 'key.pub', '--insecure-ignore-tlog', ...args, file], {
        cwd: orchard.root,
        stdio: 'pipe',
      });
    const attestation = ['--type', 'slsaprovenance1', '--bundle', `${BIN}/provenance.sigstore.json`];
    cosign('verify-blob', PRESS, '--bundle', `${PRESS}.sigstore.json`);
    cosign('verify-blob-attestation', PRESS, ...attestation);
    expect(() => cosign('verify-blob', 'changed', '--bundle', `${PRESS}.sigstore.json`)).toThrow();
    expect(() => cosign('verify-blob-attestation', 'changed', ...attestation)).toThrow();
  });
});

describe('verifying a release', () => {
  let orchard: Monorepo;
  const environment = { SOURCE_DATE_EPOCH: '1610544489', KUBE_GIT_VERSION: 'v1.0.0' };
  const run = (...args: string[]) => orchard.kubewright(args, { env: environment });

  beforeAll(async () => {
    orchard = new Monorepo();
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    orchard.write('key.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    orchard.write('key.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const platforms = ['-p', 'linux/amd64', '-p', 'linux/arm64'];
    const got = await run('toolchain', 'get');
    const goroot = /^Go \S+: (\S+)/m.exec(got.stdout)?.[1] ?? '';
    // Options of every command may stand before it, and a Go may be named by its place.
    const words = ['-j', '2', '--plain', 'build', 'server', ...platforms, '--toolchain', goroot];
    expect((await run(...words)).exitCode).toBe(0);
    expect((await run('attest', BIN, '--key', 'key.pem')).exitCode).toBe(0);
    cpSync(join(orchard.root, BIN), join(orchard.root, 'release'), { recursive: true });
  });
  afterAll(() => orchard.dispose());

  test('a release that its tree gives: everything is built again, from nothing, and equal', async () => {
    // Other settings around than those of the release: the recorded ones count.
    const verify = await orchard.kubewright(['verify-release', 'release', '--key', 'key.pub'], {
      env: { KUBE_GIT_VERSION: 'v9.9.9', GOLDFLAGS: '-s -w' },
    });
    expect(verify.stderr).not.toMatch(/^error/m);
    expect(verify.stderr).toContain('4 built');
    expect(verify.stdout).toBe(
      ['amd64/cellar', 'amd64/press', 'arm64/cellar', 'arm64/press']
        .map((name) => `equal  linux/${name}\n`)
        .join(''),
    );
    expect(verify.exitCode).toBe(0);
    expect(orchard.has('_output/kubewright/verify')).toBe(false);
  });

  test('one byte of one program: exactly that file and section are named', async () => {
    const patched = join(orchard.root, 'release/linux/arm64/press');
    const program = readFileSync(patched);
    const at = program.indexOf('example.dev/orchard');
    program[at] = 'E'.charCodeAt(0);
    writeFileSync(patched, program);
    writeFileSync(join(orchard.root, 'release/extra'), 'x');
    const verify = await run('verify-release', '-q', 'release');
    expect(verify.exitCode).toBe(1);
    expect(verify.stdout.split('\n').filter((line) => line.startsWith('different'))).toEqual([
      'different  linux/arm64/press',
    ]);
    expect(verify.stderr.match(/^error .*/gm)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^error verify/different: linux/arm64/press differs in \\.\\S+ \\(1 byte, first at ${at}\\)$`,
        ),
      ),
      'error verify/different: extra is in the release, and not in its provenance',
    ]);
    expect(verify.stderr).toContain('why: the file was changed after its provenance was written');
  });

  test('another tree, no provenance, a signature of somebody else: told before anything is built', async () => {
    orchard.replace('pkg/juice/juice.go', '6 / 10', '7 / 10');
    const other = await run('verify-release', 'release');
    expect(other.exitCode).toBe(2);
    expect(other.stderr).toMatch(/error verify\/other-tree: .*: pkg\/juice\/juice\.go is not as then/);
    orchard.replace('pkg/juice/juice.go', '7 / 10', '6 / 10');
    const none = await run('verify-release', 'pkg');
    expect([none.exitCode, none.stderr]).toEqual([
      2,
      expect.stringContaining('error verify/no-provenance: '),
    ]);
    const stranger = generateKeyPairSync('ed25519')
      .publicKey.export({ type: 'spki', format: 'pem' })
      .toString();
    orchard.write('stranger.pub', stranger);
    const unsigned = await run('verify-release', 'release', '--key', 'stranger.pub');
    expect([unsigned.exitCode, unsigned.stderr]).toEqual([
      1,
      expect.stringContaining('error verify/signature: '),
    ]);
  });
});

describe.skipIf(!has('docker-registry'))('an image in a registry (wants docker-registry)', () => {
  test('is signed by its digest, once for each key, and cosign takes it', async () => {
    const registry = await ImageRegistry.start();
    const orchard = new Monorepo();
    try {
      const keys = ['one', 'two'].map((name) => {
        const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        orchard.write(`${name}.pem`, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
        orchard.write(`${name}.pub`, publicKey.export({ type: 'spki', format: 'pem' }).toString());
        return publicKey;
      });
      const { digest, repository } = await emptyImage(registry.host);
      const sign = (key: string, tag = 'v1') =>
        orchard.kubewright(['sign', `oci://${registry.host}/${repository}:${tag}`, '--key', `${key}.pem`]);
      const signatures = async () => {
        const url = `http://${registry.host}/v2/${repository}/manifests/sha256-${digest}.sig`;
        const answer = await fetch(url, {
          headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
        });
        return (await answer.json()) as { layers: { digest: string; annotations: Record<string, string> }[] };
      };
      const first = await sign('one');
      expect([first.stderr, first.stdout]).toEqual([
        '',
        `${registry.host}/${repository}:sha256-${digest}.sig\n`,
      ]);
      const before = await signatures();
      await sign('one');
      expect(await signatures()).toEqual(before);
      expect((await sign('two')).exitCode).toBe(0);
      const { layers } = await signatures();
      expect(layers).toHaveLength(2);
      for (const [i, layer] of layers.entries()) {
        const blob = await fetch(`http://${registry.host}/v2/${repository}/blobs/${layer.digest}`);
        const payload = Buffer.from(await blob.arrayBuffer());
        expect(JSON.parse(payload.toString()).critical.image).toEqual({
          'docker-manifest-digest': `sha256:${digest}`,
        });
        const signature = Buffer.from(
          layer.annotations['dev.cosignproject.cosign/signature'] ?? '',
          'base64',
        );
        expect(verifySignature('sha256', payload, keys[i] as KeyObject, signature)).toBe(true);
      }
      const none = await sign('one', 'nowhere');
      expect([none.exitCode, none.stderr]).toEqual([
        2,
        expect.stringContaining('error artifact/none: there is no image'),
      ]);
      if (COSIGN) {
        const cosign = (key: string) =>
          execFileSync(
            COSIGN,
            [
              'verify',
              '--key',
              key,
              '--insecure-ignore-tlog',
              '--allow-http-registry',
              '--new-bundle-format=false',
              `${registry.host}/${repository}:v1`,
            ],
            { cwd: orchard.root, stdio: 'pipe' },
          );
        expect(cosign('one.pub').toString()).toContain(digest);
        cosign('two.pub');
        const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
        orchard.write('stranger.pub', stranger.export({ type: 'spki', format: 'pem' }).toString());
        expect(() => cosign('stranger.pub')).toThrow();
      }
    } finally {
      orchard.dispose();
      await registry.stop();
    }
  });
});

/** Sends an image without a layer to a registry, by bare requests. */
async function emptyImage(host: string): Promise<{ readonly digest: string; readonly repository: string }> {
  const repository = 'fruit/cellar';
  const sum = (text: string) => createHash('sha256').update(text).digest('hex');
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [] },
  });
  const begun = await fetch(`http://${host}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  const place = new URL(begun.headers.get('location') ?? '');
  place.searchParams.set('digest', `sha256:${sum(config)}`);
  await fetch(place, {
    method: 'PUT',
    body: config,
    headers: { 'content-type': 'application/octet-stream' },
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = JSON.stringify({
    ...{ schemaVersion: 2, mediaType, layers: [] },
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      size: config.length,
      digest: `sha256:${sum(config)}`,
    },
  });
  const sent = await fetch(`http://${host}/v2/${repository}/manifests/v1`, {
    ...{ method: 'PUT', body: manifest, headers: { 'content-type': mediaType } },
  });
  expect(sent.status).toBe(201);
  return { digest: sum(manifest), repository };
}
