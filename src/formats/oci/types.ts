/** Images as JSON: descriptors, manifests, indexes and configurations (OCI image-spec 1.1; Docker's schema 2 is its twin). */

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: ImagePlatform;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ImagePlatform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
}

export interface Manifest {
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface Index {
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
}

/** What a container of the image starts with. */
export interface ContainerConfig {
  readonly User?: string;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly ExposedPorts?: Readonly<Record<string, unknown>>;
  readonly Volumes?: Readonly<Record<string, unknown>>;
  readonly StopSignal?: string;
}

export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
  readonly created?: string;
  readonly author?: string;
  readonly config?: ContainerConfig;
  readonly rootfs: { readonly type: string; readonly diff_ids: readonly string[] };
  readonly history?: readonly HistoryEntry[];
}

export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

export const MEDIA = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  layerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
} as const;

/** What a request for a manifest may be answered with. */
export const MANIFEST_TYPES: readonly string[] = [
  MEDIA.index,
  MEDIA.manifest,
  MEDIA.dockerIndex,
  MEDIA.dockerManifest,
];

/** A manifest or an index larger than this is refused (reliability R6.9). */
export const MANIFEST_LIMIT = 4 * 1024 * 1024;

/** The bytes are no image document; `message` completes `NAME is no image: `. */
export class MalformedImage extends Error {}

export type ImageDocument =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'index'; readonly index: Index };

/** Reads a manifest or an index. A body that claims to be both is refused (reliability R6.12). */
export function parseDocument(bytes: Uint8Array, mediaType?: string): ImageDocument {
  const value = parseJson(bytes);
  const stated = typeof value['mediaType'] === 'string' ? value['mediaType'] : undefined;
  const hasManifests = Array.isArray(value['manifests']);
  const hasLayers = Array.isArray(value['layers']);
  if (hasManifests && (hasLayers || value['config'] !== undefined))
    throw new MalformedImage('it is both a manifest and an index');
  const declared = mediaType?.split(';')[0]?.trim();
  if (stated && declared && MANIFEST_TYPES.includes(declared) && stated !== declared)
    throw new MalformedImage(`it was sent as ${declared} and says that it is ${stated}`);
  if (value['schemaVersion'] === 1)
    throw new MalformedImage('it is a schema 1 manifest, given up by registries in 2019');
  if (hasManifests) {
    const manifests = (value['manifests'] as unknown[]).map(descriptor);
    return { kind: 'index', index: { mediaType: stated ?? declared ?? MEDIA.index, manifests } };
  }
  if (!hasLayers) throw new MalformedImage('it has neither layers nor manifests');
  return {
    kind: 'manifest',
    manifest: {
      mediaType: stated ?? declared ?? MEDIA.manifest,
      config: descriptor(value['config']),
      layers: (value['layers'] as unknown[]).map(descriptor),
    },
  };
}

/** Reads the configuration of an image. */
export function parseConfig(bytes: Uint8Array): ImageConfig {
  const value = parseJson(bytes);
  const rootfs = value['rootfs'] as { diff_ids?: unknown } | undefined;
  const diffIds = rootfs?.diff_ids;
  if (typeof value['architecture'] !== 'string' || typeof value['os'] !== 'string')
    throw new MalformedImage('its configuration names no platform');
  if (!Array.isArray(diffIds) || !diffIds.every(isDigest))
    throw new MalformedImage('its configuration lists no layers (rootfs.diff_ids)');
  return value as unknown as ImageConfig;
}

export function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);
}

/** Compact JSON with one line's end: what we write is the same everywhere. */
export function toBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function parseJson(bytes: Uint8Array): Record<string, unknown> {
  if (bytes.length > MANIFEST_LIMIT) throw new MalformedImage(`it holds more than ${MANIFEST_LIMIT} bytes`);
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new MalformedImage('it is no JSON object');
}

function descriptor(value: unknown): Descriptor {
  const { mediaType, digest, size } = (value ?? {}) as Partial<Descriptor>;
  if (!isDigest(digest))
    throw new MalformedImage(`it names something without a SHA-256 digest: ${String(digest)}`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new MalformedImage(`${digest} has no size`);
  return { ...(value as Descriptor), mediaType: String(mediaType ?? ''), digest, size };
}
