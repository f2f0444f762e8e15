/** What is said of images: provenance and signatures of layouts and of images in a registry, and whether they hold. */
import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { preAuthentication } from '../../src/formats/dsse/envelope.ts';
import type { ProvenanceStatement } from '../../src/formats/intoto/statement.ts';
import { server } from './buckets.ts';
import { has, ImageRegistry } from './engine.ts';
import { Monorepo } from './monorepo.ts';

const LAYOUT = '_output/release-images/oci';
const IMAGES = `
registries: { name: example.dev/orchard }
images:
  press: { base: scratch, platforms: [linux/amd64, linux/arm64] }
  cellar: { base: scratch, path: /cellar, platforms: [linux/amd64] }
`;

const COSIGN = server('cosign');
let orchard: Monorepo;
const environment = { SOURCE_DATE_EPOCH: '1610544489', KUBE_GIT_VERSION: 'v1.0.0' };
const run = (...args: string[]) => orchard.kubewright(args, { env: environment });

beforeAll(async () => {
  orchard = new Monorepo();
  orchard.write('kubewright.yaml', `${orchard.read('kubewright.yaml')}${IMAGES}`);
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  orchard.write('key.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  orchard.write('key.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString());
  expect((await run('build', 'server', '-p', 'linux/amd64', '-p', 'linux/arm64')).exitCode).toBe(0);
  expect((await run('image', '-p', 'linux/amd64')).exitCode).toBe(0);
});
afterAll(() => orchard.dispose());

interface Descriptor {
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

function documents(directory: string): readonly Descriptor[] {
  return (JSON.parse(orchard.read(`${directory}/index.json`)) as { manifests: Descriptor[] }).manifests;
}

function digestOf(name: string): string {
  const found = documents(LAYOUT).find(
    (one) => one.annotations?.['org.opencontainers.image.ref.name'] === `example.dev/orchard/${name}:v1.0.0`,
  );
  return found?.digest.slice('sha256:'.length) ?? '';
}

describe('an OCI layout', () => {
  test('is made once, repaired when a blob is gone, and rid of what no image needs', async () => {
    const made = await run('image', '-p', 'all', '--oci', LAYOUT);
    expect([made.exitCode, made.stdout]).toEqual([0, `${orchard.root}/${LAYOUT}/index.json\n`]);
    expect((await run('image', '-p', 'all', '--oci', LAYOUT)).stderr).toContain('Nothing to do');
    const blobs = () => readdirSync(join(orchard.root, `${LAYOUT}/blobs/sha256`)).sort();
    const before = blobs();
    orchard.remove(`${LAYOUT}/blobs/sha256/${before[0]}`);
    orchard.write(`${LAYOUT}/blobs/sha256/${'0'.repeat(64)}`, 'of an earlier image');
    const repaired = await run('image', '-p', 'all', '--oci', LAYOUT);
    expect(repaired.stderr).toContain('OCI layout oci: started, an output is gone or was changed');
    expect(blobs()).toEqual(before);
    for (const name of before) expect(orchard.digest(`${LAYOUT}/blobs/sha256/${name}`)).toBe(name);
  });

  test('is signed, described and attested file by file, with what its programs were made of', async () => {
    expect((await run('sign', LAYOUT, '--key', 'key.pem')).exitCode).toBe(0);
    expect((await run('sbom', '_output/release-images')).exitCode).toBe(0);
    const bom = JSON.parse(orchard.read(`${LAYOUT}.spdx.json`)) as { packages: { name: string }[] };
    expect(bom.packages.map(({ name }) => name)).toContain('example.dev/orchard');
    const attest = await run('attest', '_output/release-images', '--key', 'key.pem');
    expect(attest).toMatchObject({ exitCode: 0, stderr: '' });
    const statement = JSON.parse(
      orchard.read('_output/release-images/provenance.json'),
    ) as ProvenanceStatement;
    const names = statement.subject.map(({ name }) => name);
    expect(names).toContain('amd64/press.tar');
    expect(names).toContain(`oci/blobs/sha256/${digestOf('press')}`);
    expect(names.filter((name) => name.startsWith('oci/'))).toHaveLength(
      readdirSync(join(orchard.root, `${LAYOUT}/blobs/sha256`)).length + 2,
    );
    const { internalParameters, externalParameters } = statement.predicate.buildDefinition;
    expect(internalParameters.steps.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['compile:cmd/press@linux/arm64', 'layout:<out>/release-images/oci']),
    );
    expect(externalParameters.commands.map(({ argv }) => argv[1])).toContain('image');
    expect(orchard.read('_output/release-images/provenance.json')).not.toContain(orchard.root);
  });

  test('is equal when it is made again, and what stands at its place is not touched', async () => {
    cpSync(join(orchard.root, '_output/release-images'), join(orchard.root, 'release'), { recursive: true });
    const times = () =>
      ['index.json', `blobs/sha256/${digestOf('press')}`].map(
        (name) => statSync(join(orchard.root, LAYOUT, name)).ctimeMs,
      );
    const before = times();
    const verified = await run('verify-release', 'release', '--key', 'key.pub');
    expect(verified.stderr).not.toMatch(/^error/m);
    expect(verified.stdout).toContain('equal  oci/index.json\n');
    expect(verified.stdout).not.toContain('different');
    expect(verified.exitCode).toBe(0);
    expect(times()).toEqual(before);
    expect(orchard.has('_output/kubewright/verify')).toBe(false);
  });

  test('one byte of a program in a layer: the layer, the program and its section are named', async () => {
    const changed = readdirSync(join(orchard.root, 'release/oci/blobs/sha256')).flatMap((name) => {
      const path = join(orchard.root, 'release/oci/blobs/sha256', name);
      const bytes = readFileSync(path);
      if (bytes.readUInt16BE(0) !== 0x1f8b) return [];
      const layer = gunzipSync(bytes);
      const at = layer.indexOf('example.dev/orchard');
      if (at < 0 || !layer.subarray(0, 512).toString().includes('cellar')) return [];
      layer[at] = 'E'.charCodeAt(0);
      writeFileSync(path, gzipSync(layer));
      return [name];
    });
    expect(changed).toHaveLength(1);
    const verified = await run('verify-release', '-q', 'release');
    expect(verified.exitCode).toBe(1);
    expect(verified.stderr.match(/^error .*/gm)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^error verify/different: oci/blobs/sha256/${changed[0]}!cellar differs in \\.\\S+ \\(1 byte`,
        ),
      ),
    ]);
  });
});

describe.skipIf(!has('docker-registry'))('an image in a registry (wants docker-registry)', () => {
  let registry: ImageRegistry;
  beforeAll(async () => {
    registry = await ImageRegistry.start();
    expect((await run('publish', `oci://${registry.host}/fruit`)).exitCode).toBe(0);
  });
  afterAll(() => registry.stop());

  const fetched = async (path: string) => {
    const accept = 'application/vnd.oci.image.manifest.v1+json';
    const answer = await fetch(`http://${registry.host}/v2/fruit/${path}`, { headers: { accept } });
    return { bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  const attested = async (name: string) => {
    const { bytes } = await fetched(`${name}/manifests/sha256-${digestOf(name)}.att`);
    const manifest = JSON.parse(bytes.toString()) as { layers: (Descriptor & { mediaType: string })[] };
    const [layer] = manifest.layers;
    const envelope = JSON.parse((await fetched(`${name}/blobs/${layer?.digest}`)).bytes.toString());
    return { manifest, layer, envelope };
  };

  test('has its provenance beside it, signed, once', async () => {
    const image = `oci://${registry.host}/fruit/press:v1.0.0`;
    const first = await run('attest', image, '--key', 'key.pem');
    expect([first.stderr, first.stdout]).toEqual([
      '',
      `${registry.host}/fruit/press:sha256-${digestOf('press')}.att\n`,
    ]);
    const { manifest, layer, envelope } = await attested('press');
    expect(layer).toMatchObject({
      mediaType: 'application/vnd.dsse.envelope.v1+json',
      annotations: { predicateType: 'https://slsa.dev/provenance/v1' },
    });
    const payload = Buffer.from(envelope.payload, 'base64');
    const signature = Buffer.from(envelope.signatures[0].sig, 'base64');
    const key = createPublicKey(orchard.read('key.pub'));
    expect(verify('sha256', preAuthentication(envelope.payloadType, payload), key, signature)).toBe(true);
    const statement = JSON.parse(payload.toString()) as ProvenanceStatement;
    expect(statement.subject.map(({ digest }) => digest.sha256)).toContain(digestOf('press'));
    expect(statement.subject).toHaveLength(3);
    expect(statement.predicate.buildDefinition.internalParameters.steps.map(({ id }) => id)).toContain(
      'compile:cmd/press@linux/arm64',
    );
    expect((await run('attest', image, '--key', 'key.pem')).exitCode).toBe(0);
    expect((await attested('press')).manifest).toEqual(manifest);
  });

  test('that was sent without a layout has provenance too', async () => {
    const pushed = await run('image', 'cellar', '--tag', 'v2', '--push', `${registry.host}/fruit`);
    expect(pushed.exitCode).toBe(0);
    const attest = await run('attest', `oci://${registry.host}/fruit/cellar:v2`, '--key', 'key.pem');
    expect([attest.stderr, attest.exitCode]).toEqual(['', 0]);
  });

  test('that nobody here made has none; without a key nothing is said', async () => {
    const image = `oci://${registry.host}/fruit/cellar:v1.0.0`;
    const keyless = await run('attest', image);
    expect([keyless.exitCode, keyless.stderr]).toEqual([
      2,
      expect.stringContaining('error request/conflict'),
    ]);
    orchard.remove('_output/kubewright/runs');
    const unknown = await run('attest', image, '--key', 'key.pem');
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      2,
      expect.stringContaining(`error attest/origin-unknown: no run here made ${registry.host}/fruit/cellar`),
    ]);
  });

  test.skipIf(!COSIGN)('is verified by cosign itself: signature and provenance (wants cosign)', async () => {
    const name = `${registry.host}/fruit/press:v1.0.0`;
    expect((await run('sign', `oci://${name}`, '--key', 'key.pem')).exitCode).toBe(0);
    const ask = (key: string, verb: string, ...words: string[]) =>
      execFileSync(
        COSIGN as string,
        [verb, '--key', key, '--insecure-ignore-tlog', '--allow-http-registry', ...words, name],
        { cwd: orchard.root, stdio: 'pipe', encoding: 'utf8' },
      );
    expect(ask('key.pub', 'verify')).toContain(digestOf('press'));
    expect(ask('key.pub', 'verify-attestation', '--type', 'slsaprovenance1')).toContain('payload');
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    orchard.write('stranger.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString());
    expect(() => ask('stranger.pub', 'verify')).toThrow();
    expect(() => ask('stranger.pub', 'verify-attestation', '--type', 'slsaprovenance1')).toThrow();
  });
});
