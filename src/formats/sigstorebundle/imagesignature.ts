/**
 * Signatures of images as cosign keeps them in a registry that knows no referrers: an image of its own under the tag
 * `sha256-DIGEST.sig`, whose one layer is the signed payload (cosign, specs/SIGNATURE_SPEC.md; "simple signing").
 */
import { canonicalJson, type Digest, digestOfBytes } from '../digest.ts';

const PAYLOAD_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json';
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const SIGNATURE = 'dev.cosignproject.cosign/signature';
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

/** A layer of a signature image: the payload that was signed, and its signature. */
export interface SignatureLayer {
  readonly mediaType: string;
  readonly size: number;
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The layers of a signature image that is in a registry; none of what is no such image. */
export function readSignatureLayers(manifest: Uint8Array): readonly SignatureLayer[] {
  try {
    const { layers } = JSON.parse(Buffer.from(manifest).toString()) as { layers?: readonly SignatureLayer[] };
    return (layers ?? []).filter(({ mediaType }) => mediaType === PAYLOAD_TYPE);
  } catch {
    return [];
  }
}

/** The signature that a layer carries over a payload; undefined when the layer is about another one. */
export function signatureOver(payload: Buffer, { digest, annotations }: SignatureLayer): Buffer | undefined {
  const text = annotations?.[SIGNATURE];
  return text !== undefined && digest === `sha256:${digestOfBytes(payload)}`
    ? Buffer.from(text, 'base64')
    : undefined;
}

/** The image that holds the signatures of a digest: those that are there, and one more. */
export function signatureImage(
  digest: Digest,
  payload: Buffer,
  signature: Buffer,
  others: readonly SignatureLayer[] = [],
): SignatureImage {
  const own = {
    ...descriptor(PAYLOAD_TYPE, payload),
    annotations: { [SIGNATURE]: signature.toString('base64') },
  };
  const layers = [...others, own];
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
  return {
    ...{ tag: signatureTag(digest), mediaType: MANIFEST_TYPE, manifest },
    blobs: Object.fromEntries([config, payload].map((blob) => [digestOfBytes(blob), blob])),
  };
}

function descriptor(mediaType: string, bytes: Buffer) {
  return { mediaType, size: bytes.length, digest: `sha256:${digestOfBytes(bytes)}` };
}
