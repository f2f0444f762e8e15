import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from '../../../tests/trees.ts';
import type { Failure } from '../../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../../formats/digest.ts';
import { openPrivateKey } from '../../formats/keys/privatekey.ts';
import { realHost } from '../../host/host.ts';
import { isSignedBy, keySigner, signingPacker } from './run.ts';

function newKey(type: 'ec' | 'ed25519') {
  const { privateKey } =
    type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  return openPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), undefined);
}

test.each(['ec', 'ed25519'] as const)(
  'a file that is not as the run has read it is not signed (%s)',
  async (type) => {
    const path = join(scratch(), 'artifact');
    writeFileSync(path, 'now');
    const output = `${path}.sigstore.json`;
    const pack = (digest: string) =>
      signingPacker(keySigner(newKey(type))).pack({
        ...{ host: realHost(), parameters: {}, inputs: [path], outputs: [output], digests: [digest] },
        ...{ jobs: 1, signal: new AbortController().signal, onProgress: () => {}, putNamed: () => {} },
      });
    const refused = await pack(digestOfBytes('before')).catch((problem: unknown) => problem);
    expect((refused as Failure).diagnostics[0]?.code).toBe('sign/input-changed');
    expect(() => readFileSync(output)).toThrow();
    await pack(digestOfBytes('now'));
    expect(readFileSync(output, 'utf8')).toContain(
      '"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"',
    );
  },
);

test('a statement is signed with its type, so the same bytes as a file do not pass for it', async () => {
  const key = newKey('ec');
  const payload = Buffer.from('{}');
  const { dsseEnvelope } = JSON.parse(await keySigner(key).statement(payload));
  expect(dsseEnvelope.payloadType).toBe('application/vnd.in-toto+json');
  // cosign 3 refuses an envelope of a key that names the key.
  expect(dsseEnvelope.signatures[0].keyid ?? '').toBe('');
  const signature = Buffer.from(dsseEnvelope.signatures[0].sig, 'base64');
  expect(isSignedBy(key, payload, signature)).toBe(true);
  expect(isSignedBy(key, Buffer.from('{ }'), signature)).toBe(false);
  expect(isSignedBy(newKey('ec'), payload, signature)).toBe(false);
});
