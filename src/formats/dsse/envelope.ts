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
