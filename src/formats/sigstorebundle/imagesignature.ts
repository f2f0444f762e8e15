/**
 * Signatures of images as cosign keeps them in a registry that knows no referrers: an image of its own under the tag
 * `sha256-DIGEST.sig`, whose one layer is the signed payload (cosign, specs/SIGNATURE_SPEC.md; "simple signing").
 */
import { canonicalJson, type Digest, digestOfBytes } from '../digest.ts';

const PAYLOAD_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json';
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const ENVELOPE_TYPE = 'application/vnd.dsse.envelope.v1+json';
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

/** The tag of the attestations of a digest (cosign, specs/ATTESTATION_SPEC.md). */
export function attestationTag(digest: Digest): string {
  return `sha256-${digest}.att`;
}

/** The tag of the signatures of a digest. */
export function signatureTag(digest: Digest): string {
  return `sha256-${digest}.sig`;
}

/** An image that carries signatures or attestations of another one. */
export interface AttachedImage {
  readonly tag: string;
  readonly mediaType: typeof MANIFEST_TYPE;
  readonly manifest: Buffer;
  /** By digest: to be uploaded before the manifest. */
  readonly blobs: Readonly<Record<Digest, Buffer>>;
}

/** A layer of such an image: the payload that was signed and its signature, or a signed statement. */
export interface AttachedLayer {
  readonly mediaType: string;
  readonly size: number;
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The layers of a signature image that is in a registry; none of what is no such image. */
export function readSignatureLayers(manifest: Uint8Array): readonly AttachedLayer[] {
  return layersOf(manifest, PAYLOAD_TYPE);
}

/** The layers of an image of attestations; none of what is no such image. */
export function readAttestationLayers(manifest: Uint8Array): readonly AttachedLayer[] {
  return layersOf(manifest, ENVELOPE_TYPE);
}

function layersOf(manifest: Uint8Array, type: string): readonly AttachedLayer[] {
  try {
    const { layers } = JSON.parse(Buffer.from(manifest).toString()) as { layers?: readonly AttachedLayer[] };
    return (layers ?? []).filter(({ mediaType }) => mediaType === type);
  } catch {
    return [];
  }
}

/** The signature that a layer carries over a payload; undefined when the layer is about another one. */
export function signatureOver(payload: Buffer, { digest, annotations }: AttachedLayer): Buffer | undefined {
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
  others: readonly AttachedLayer[] = [],
): AttachedImage {
  const annotations = { [SIGNATURE]: signature.toString('base64') };
  const own = { ...descriptor(PAYLOAD_TYPE, payload), annotations };
  return attachedImage(signatureTag(digest), payload, [...others, own]);
}

/** The image that holds the attestations of a digest: those that are there, and one more. */
export function attestationImage(
  digest: Digest,
  envelope: Buffer,
  predicateType: string,
  others: readonly AttachedLayer[] = [],
): AttachedImage {
  // The signature is in the envelope; cosign wants the annotation all the same.
  const annotations = { [SIGNATURE]: '', predicateType };
  const own = { ...descriptor(ENVELOPE_TYPE, envelope), annotations };
  return attachedImage(attestationTag(digest), envelope, [...others, own]);
}

/** `blob`: what the newest layer is; those of the others are in the registry. */
function attachedImage(tag: string, blob: Buffer, layers: readonly AttachedLayer[]): AttachedImage {
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
    ...{ tag, mediaType: MANIFEST_TYPE, manifest },
    blobs: Object.fromEntries([config, blob].map((bytes) => [digestOfBytes(bytes), bytes])),
  };
}

function descriptor(mediaType: string, bytes: Buffer) {
  return { mediaType, size: bytes.length, digest: `sha256:${digestOfBytes(bytes)}` };
}
