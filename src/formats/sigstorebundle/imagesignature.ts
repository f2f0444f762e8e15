/**
 * Signatures of images as cosign keeps them in a registry that knows no referrers: an image of its own under the tag
 * `sha256-DIGEST.sig`, whose one layer is the signed payload (cosign, specs/SIGNATURE_SPEC.md; "simple signing").
 */
import { canonicalJson, type Digest, digestOfBytes } from '../digest.ts';

const PAYLOAD_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json';
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';

/** What is signed of an image: its name without tag, and the digest of its manifest or index. */
export function simpleSigningPayload(repository: string, digest: Digest): Buffer {
  const critical = {
    identity: { 'docker-reference': repository },
    image: { 'docker-manifest-digest': `sha256:${digest}` },
    type: 'cosign container image signature',
  };
  return Buffer.from(JSON.stringify({ critical, optional: null }));
}

/** The tag of the signatures of a digest. */
export function signatureTag(digest: Digest): string {
  return `sha256-${digest}.sig`;
}

export interface SignatureImage {
  readonly tag: string;
  readonly mediaType: typeof MANIFEST_TYPE;
  readonly manifest: Buffer;
  /** By digest: to be uploaded before the manifest. */
  readonly blobs: Readonly<Record<Digest, Buffer>>;
}

/** The image that holds the signatures of a digest: one layer for each. */
export function signatureImage(
  digest: Digest,
  signatures: readonly { readonly payload: Buffer; readonly signature: Buffer }[],
): SignatureImage {
  const layers = signatures.map(({ payload, signature }) => ({
    ...descriptor(PAYLOAD_TYPE, payload),
    annotations: { 'dev.cosignproject.cosign/signature': signature.toString('base64') },
  }));
  const config = Buffer.from(
    canonicalJson({
      ...{ architecture: '', config: {}, created: '0001-01-01T00:00:00Z', os: '' },
      history: layers.map(() => ({ created: '0001-01-01T00:00:00Z' })),
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: descriptor(CONFIG_TYPE, config),
      layers,
    }),
  );
  const blobs = [config, ...signatures.map(({ payload }) => payload)];
  return {
    ...{ tag: signatureTag(digest), mediaType: MANIFEST_TYPE, manifest },
    blobs: Object.fromEntries(blobs.map((blob) => [digestOfBytes(blob), blob])),
  };
}

function descriptor(mediaType: string, bytes: Buffer) {
  return { mediaType, size: bytes.length, digest: `sha256:${digestOfBytes(bytes)}` };
}
