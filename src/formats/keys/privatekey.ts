/** Keys that sign: PKCS#8 and SEC 1 in PEM (RFC 5958, RFC 7468), and cosign's own encrypted form of PKCS#8. */
import { createPrivateKey, createPublicKey, type KeyObject, scryptSync } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { digestOfBytes } from '../digest.ts';

/** Why a key cannot be used. */
export type KeyTrouble = 'not-a-key' | 'unsupported' | 'passphrase-missing' | 'passphrase-wrong';

export class BadKey extends Error {
  readonly trouble: KeyTrouble;

  constructor(trouble: KeyTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

export interface SigningKey {
  readonly key: KeyObject;
  readonly kind: 'ecdsa-p256' | 'ed25519';
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  /** How cosign names a key: the SHA-256 of its SubjectPublicKeyInfo in base64. */
  readonly hint: string;
}

const COSIGN = /-----BEGIN ENCRYPTED (?:COSIGN|SIGSTORE) PRIVATE KEY-----([^-]*)-----END/;
const PEM = /-----BEGIN (?:(ENCRYPTED|EC|RSA) )?PRIVATE KEY-----/;

/** Opens a key; throws BadKey. An empty passphrase is one: cosign encrypts with it too. */
export function openPrivateKey(pem: string, passphrase: string | undefined): SigningKey {
  const sealed = COSIGN.exec(pem)?.[1];
  if (sealed !== undefined) return signingKey(openSealed(sealed, passphrase));
  const kind = PEM.exec(pem);
  if (!kind) throw new BadKey('not-a-key', 'it holds no private key in PEM');
  const isEncrypted = kind[1] === 'ENCRYPTED' || pem.includes('Proc-Type: 4,ENCRYPTED');
  if (isEncrypted && passphrase === undefined) throw new BadKey('passphrase-missing', 'it is encrypted');
  try {
    return signingKey(
      createPrivateKey({ key: pem, ...(isEncrypted ? { passphrase: passphrase ?? '' } : {}) }),
    );
  } catch (problem) {
    if (problem instanceof BadKey) throw problem;
    if (isEncrypted) throw new BadKey('passphrase-wrong', 'it does not open with this passphrase');
    throw new BadKey('not-a-key', `its PEM does not decode: ${(problem as Error).message}`);
  }
}

interface Sealed {
  readonly kdf: {
    readonly name: string;
    readonly params: { readonly N: number; readonly r: number; readonly p: number };
    readonly salt: string;
  };
  readonly cipher: { readonly name: string; readonly nonce: string };
  readonly ciphertext: string;
}

/** go-securesystemslib, encrypted: JSON that names scrypt and NaCl's secretbox. */
function openSealed(text: string, passphrase: string | undefined): KeyObject {
  let sealed: Sealed;
  try {
    sealed = JSON.parse(Buffer.from(text, 'base64').toString()) as Sealed;
    if (sealed.kdf.name !== 'scrypt' || sealed.cipher.name !== 'nacl/secretbox') throw new Error();
  } catch {
    throw new BadKey('not-a-key', 'what is in its PEM is not what cosign writes');
  }
  if (passphrase === undefined) throw new BadKey('passphrase-missing', 'it is encrypted');
  const { N, r, p } = sealed.kdf.params;
  // 2^20 is far more than cosign asks for; a hostile file must not take all memory.
  if (!(N <= 1 << 20 && r <= 16 && p <= 4)) throw new BadKey('not-a-key', 'it asks for too much memory');
  const bytes = (base64: string) => Buffer.from(base64, 'base64');
  const secret = scryptSync(passphrase, bytes(sealed.kdf.salt), 32, { N, r, p, maxmem: 256 * N * r });
  try {
    const der = xsalsa20poly1305(secret, bytes(sealed.cipher.nonce)).decrypt(bytes(sealed.ciphertext));
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  } catch {
    throw new BadKey('passphrase-wrong', 'it does not open with this passphrase');
  }
}

function signingKey(key: KeyObject): SigningKey {
  const kind = kindOf(key);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return { key, kind, publicKey, hint: Buffer.from(digestOfBytes(publicKey), 'hex').toString('base64') };
}

function kindOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): SigningKey['kind'] {
  if (type === 'ed25519') return 'ed25519';
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ecdsa-p256';
  const name = [type, details?.namedCurve ?? details?.modulusLength].filter(Boolean).join(' ');
  throw new BadKey('unsupported', `it is of another kind: ${name}`);
}

/** The public key as verifiers take it. */
export function publicKeyPem({ key }: SigningKey): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
}
