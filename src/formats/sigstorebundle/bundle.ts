/** Sigstore bundles v0.3 that a public key verifies: what `cosign verify-blob` and `verify-blob-attestation` read. */
import { createPublicKey, verify } from 'node:crypto';
import {
  type Bundle,
  bundleFromJSON,
  bundleToJSON,
  toDSSEBundle,
  toMessageSignatureBundle,
} from '@sigstore/bundle';
import { INTOTO_PAYLOAD, preAuthentication } from '../dsse/envelope.ts';

/** A signature over the bytes of a file. */
export function messageBundle(digest: string, signature: Buffer, hint: string): string {
  const bundle = toMessageSignatureBundle({ digest: Buffer.from(digest, 'hex'), signature, keyHint: hint });
  return bundleText(bundle);
}

/** A signed statement. cosign 3 refuses an envelope of a key that names the key, so the name stands outside alone. */
export function statementBundle(statement: Buffer, signature: Buffer, hint: string): string {
  const bundle = toDSSEBundle({
    ...{ artifact: statement, artifactType: INTOTO_PAYLOAD, signature, keyHint: hint },
  });
  for (const one of bundle.content.dsseEnvelope.signatures) one.keyid = '';
  return bundleText(bundle);
}

/** A bundle as a file: members in the order of the specification, a line feed at the end. */
export function bundleText(bundle: Bundle): string {
  return `${JSON.stringify(bundleToJSON(bundle))}\n`;
}

/** Statement and signature of a bundle that holds a statement; undefined for anything else. */
export function readStatementBundle(
  text: string,
): { readonly payload: Buffer; readonly signature: Buffer } | undefined {
  try {
    const { content } = bundleFromJSON(JSON.parse(text));
    if (content.$case !== 'dsseEnvelope') return undefined;
    const [signature] = content.dsseEnvelope.signatures;
    return signature && { payload: content.dsseEnvelope.payload, signature: signature.sig };
  } catch {
    return undefined;
  }
}

/** Whether a signed statement is of the owner of a public key in PEM; a text that is no key says no. */
export function isVerifiedBy(
  publicPem: string,
  signed: { readonly payload: Buffer; readonly signature: Buffer },
): boolean {
  try {
    const key = createPublicKey(publicPem);
    const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
    return verify(hash, preAuthentication(INTOTO_PAYLOAD, signed.payload), key, signed.signature);
  } catch {
    return false;
  }
}
