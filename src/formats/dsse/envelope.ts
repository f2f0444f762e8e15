/** DSSE 1.0: what is signed is the type and the payload together, each behind its length. */

export const INTOTO_PAYLOAD = 'application/vnd.in-toto+json';

/** The pre-authentication encoding (PAE). */
export function preAuthentication(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType);
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `),
    type,
    Buffer.from(` ${payload.length} `),
    payload,
  ]);
}

/** A signed statement as JSON. cosign refuses an envelope of a key that names the key. */
export function envelopeBytes(payload: Uint8Array, signature: Uint8Array): Buffer {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const signatures = [{ keyid: '', sig: base64(signature) }];
  return Buffer.from(JSON.stringify({ payloadType: INTOTO_PAYLOAD, payload: base64(payload), signatures }));
}

/** Statement and first signature of an envelope; undefined for anything else. */
export function readEnvelope(
  bytes: Uint8Array,
): { readonly payload: Buffer; readonly signature: Buffer } | undefined {
  try {
    const { payloadType, payload, signatures } = JSON.parse(Buffer.from(bytes).toString());
    if (payloadType !== INTOTO_PAYLOAD || typeof payload !== 'string') return undefined;
    const decoded = (text: string) => Buffer.from(text, 'base64');
    return { payload: decoded(payload), signature: decoded(signatures[0].sig) };
  } catch {
    return undefined;
  }
}
