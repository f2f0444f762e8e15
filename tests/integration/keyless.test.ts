/** Signing as an identity, against an authority and a log with the interfaces of Fulcio and Rekor. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeSigstore, ISSUER } from '../fakes/sigstore.ts';
import { server } from './buckets.ts';
import { Monorepo } from './monorepo.ts';

const EMAIL = 'release@example.org';
const BIN = '_output/local/bin';
const PRESS = `${BIN}/linux/amd64/press`;

const COSIGN = server('cosign');
let sigstore: FakeSigstore;
let orchard: Monorepo;
const run = (...args: string[]) =>
  orchard.kubewright(args, {
    env: {
      ...{ SIGSTORE_FULCIO_URL: sigstore.url, SIGSTORE_REKOR_URL: sigstore.url },
      ...{ SOURCE_DATE_EPOCH: '1610544489', KUBE_GIT_VERSION: 'v1.0.0' },
    },
  });

beforeAll(async () => {
  sigstore = await FakeSigstore.start();
  orchard = new Monorepo();
  orchard.write('token', `${sigstore.token(EMAIL)}\n`);
  orchard.write('trust.json', JSON.stringify(sigstore.trustedRoot()));
  expect((await run('build', 'cmd/press', '--platform', 'linux/amd64')).exitCode).toBe(0);
});
afterAll(async () => {
  orchard?.dispose();
  await sigstore?.stop();
});

/** What a person does who trusts the authority and the log, and nothing else. */
function verify(bundle: string, artifact?: Buffer, email = EMAIL) {
  const { tlogs, certificateAuthorities, ...root } = sigstore.trustedRoot();
  const start = new Date('2020-01-01');
  const bytes = (text: string) => Buffer.from(text, 'base64');
  const trust = toTrustMaterial({
    ...root,
    tlogs: tlogs.map(({ publicKey, logId, ...log }) => ({
      ...{ ...log, hashAlgorithm: 1, logId: { keyId: bytes(logId.keyId) } },
      publicKey: { rawBytes: bytes(publicKey.rawBytes), keyDetails: 5, validFor: { start } },
    })),
    certificateAuthorities: certificateAuthorities.map(({ certChain, ...authority }) => ({
      ...{ ...authority, validFor: { start } },
      certChain: {
        certificates: certChain.certificates.map(({ rawBytes }) => ({ rawBytes: bytes(rawBytes) })),
      },
    })),
  } as never);
  const verifier = new Verifier(trust, { tlogThreshold: 1, ctlogThreshold: 0, timestampThreshold: 0 });
  return verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(bundle)), artifact), {
    subjectAlternativeName: email,
    extensions: { issuer: ISSUER },
  });
}

test('a file is signed by a key that lives for the moment, certified for the identity and entered into the log', async () => {
  const signed = await run('sign', PRESS, '--keyless', '--identity-token', 'token');
  expect([signed.exitCode, signed.stderr]).toEqual([0, expect.stringContaining('1 built')]);
  expect(sigstore.asked).toEqual(['/api/v2/signingCert', '/api/v1/log/entries']);
  const bundle = orchard.read(`${PRESS}.sigstore.json`);
  const program = readFileSync(join(orchard.root, PRESS));
  expect(verify(bundle, program).identity?.subjectAlternativeName).toBe(EMAIL);
  program[program.length >> 1] = (program[program.length >> 1] ?? 0) ^ 1;
  expect(() => verify(bundle, program)).toThrow();
  expect(() => verify(bundle, readFileSync(join(orchard.root, PRESS)), 'somebody@example.org')).toThrow();
  expect(bundle).not.toContain(sigstore.token(EMAIL));
});

test('what is signed already is not signed again', async () => {
  const before = sigstore.asked.length;
  expect((await run('sign', PRESS, '--keyless', '--identity-token', 'token')).stderr).toContain(
    'Nothing to do',
  );
  expect(sigstore.asked).toHaveLength(before);
});

test('provenance is signed and entered into the log as a statement', async () => {
  const attested = await run('attest', PRESS, '--keyless', '--identity-token', 'token');
  expect([attested.exitCode, attested.stderr]).toEqual([0, '']);
  verify(orchard.read(`${PRESS}.provenance.sigstore.json`));
});

test.skipIf(!COSIGN)('cosign accepts both, and no other identity (wants cosign)', () => {
  const ask = (verb: string, bundle: string, email: string, ...words: string[]) =>
    execFileSync(
      COSIGN as string,
      [
        ...[verb, '--bundle', bundle, '--trusted-root', 'trust.json', '--insecure-ignore-sct', ...words],
        ...['--certificate-identity', email, '--certificate-oidc-issuer', ISSUER, PRESS],
      ],
      { cwd: orchard.root, stdio: 'pipe' },
    );
  ask('verify-blob', `${PRESS}.sigstore.json`, EMAIL);
  const statement = ['--type', 'slsaprovenance1'];
  ask('verify-blob-attestation', `${PRESS}.provenance.sigstore.json`, EMAIL, ...statement);
  expect(() => ask('verify-blob', `${PRESS}.sigstore.json`, 'somebody@example.org')).toThrow();
});

test('a token that is refused, a log that fails: nothing is written, and both addresses are named', async () => {
  orchard.remove(`${PRESS}.provenance.sigstore.json`);
  for (const [path, status] of [
    ['/api/v2/signingCert', 401],
    ['/api/v1/log/entries', 400],
  ] as const) {
    sigstore.refusals.set(path, status);
    const refused = await run('attest', PRESS, '--keyless', '--identity-token', 'token');
    sigstore.refusals.delete(path);
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('error sign/keyless: ')]);
    expect(refused.stderr).toContain(`(${status}) There was an error processing the identity token`);
    expect(refused.stderr).toContain(`${sigstore.url} is asked for a certificate`);
    expect(orchard.has(`${PRESS}.provenance.sigstore.json`)).toBe(false);
  }
});
