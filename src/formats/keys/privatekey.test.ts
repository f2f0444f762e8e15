import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { BadKey, openPrivateKey, publicKeyPem } from './privatekey.ts';

/** Made by cosign 3.1.3 generate-key-pair with the passphrase `secret`; it signs nothing but tests. */
const COSIGN_KEY =
  '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\neyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6\nOCwicCI6MX0sInNhbHQiOiJaYmVuZmdiZngxV2JBNU9PU0diVk12MG5mTDJLMVZ2\nTVpObjg4VmlUY1lNPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94\nIiwibm9uY2UiOiJWSmdmcG41NWtqZDBvRFlLZkt4ZjVPcko5Y2tCTWFtViJ9LCJj\naXBoZXJ0ZXh0IjoiTXNmbHlRbUgvOFdRS3RTZU9NN2R0VmRWbmkwQnJLN0taU3Zi\ndG0vUVFIeEhEaGdKM1BFYXh2R09McU9KaVJnK0pNZDdtVmZvcVF0NHREOU8vaHVu\nWkRiR0NqZjhXTkxkWWN6RGpSUzQ1eXREL2VtSS9iNEFVRjBiaTBmRVIwZDJSRTJ3\ndndBSE1lQWpaM2I5d21LamJlSS9mT1Rzcm9hSVlsM2F4Y3J4dkhJRC8yVHJZVnpl\nZUo5Y1ZnNXo3SVhiekp5TG1PZmdQelVmcFE9PSJ9\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n';
const COSIGN_PUBLIC =
  '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbfJb/qDCI3QAVmxiZhmPfWJtoBQe\nSLo8D646wj4BuYbgi7vHCnaUPIk9FgPp05YiMe9xsFIVzEgwqXjqM8lHlw==\n-----END PUBLIC KEY-----\n';

function pem(type: 'ec' | 'ed25519' | 'rsa', cipher?: string): string {
  const pair =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 1024 })
        : generateKeyPairSync('ed25519');
  const sealed = cipher ? { cipher, passphrase: 'secret' } : {};
  return pair.privateKey.export({ type: 'pkcs8', format: 'pem', ...sealed }).toString();
}

function troubleOf(text: string, passphrase?: string): string {
  try {
    openPrivateKey(text, passphrase);
    return 'none';
  } catch (problem) {
    return problem instanceof BadKey ? problem.trouble : String(problem);
  }
}

describe('private keys', () => {
  test('cosign’s own form opens, and its public half is the one that cosign wrote', () => {
    const key = openPrivateKey(COSIGN_KEY, 'secret');
    expect(key.kind).toBe('ecdsa-p256');
    expect(publicKeyPem(key)).toBe(COSIGN_PUBLIC);
    expect(createPublicKey(COSIGN_PUBLIC).export({ type: 'spki', format: 'der' })).toEqual(key.publicKey);
  });

  test('PKCS#8 opens, plain and encrypted', () => {
    expect(openPrivateKey(pem('ec'), undefined).kind).toBe('ecdsa-p256');
    expect(openPrivateKey(pem('ed25519'), undefined).kind).toBe('ed25519');
    expect(openPrivateKey(pem('ec', 'aes-256-cbc'), 'secret').kind).toBe('ecdsa-p256');
  });

  test('what is wrong with a key is told', () => {
    expect(troubleOf(COSIGN_KEY)).toBe('passphrase-missing');
    expect(troubleOf(COSIGN_KEY, 'guess')).toBe('passphrase-wrong');
    expect(troubleOf(COSIGN_KEY.replace(/\n.{20}/, '\nAAAA'), 'secret')).toBe('not-a-key');
    expect(troubleOf(pem('ec', 'aes-256-cbc'))).toBe('passphrase-missing');
    expect(troubleOf(pem('ec', 'aes-256-cbc'), 'guess')).toBe('passphrase-wrong');
    expect(troubleOf(COSIGN_PUBLIC)).toBe('not-a-key');
    expect(troubleOf(pem('ec').replace(/\n.{20}/, '\nAAAA'))).toBe('not-a-key');
    expect(troubleOf(pem('rsa'))).toBe('unsupported');
  });
});
