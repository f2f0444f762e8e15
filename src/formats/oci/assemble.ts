/** From a base and layers to an image: its configuration and its manifest as bytes (OCI image-spec 1.1). */
import { digestOfBytes } from '../digest.ts';
import { type ContainerConfig, type Descriptor, type ImageConfig, MEDIA, toBytes } from './types.ts';

/** What an image adds to its base. Values that are absent stay the base's. */
export interface ConfigChanges {
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: readonly string[];
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A layer as a configuration tells of it. */
export interface LayerOfImage {
  readonly diffId: string;
  /** How it was made, for `docker history`. */
  readonly createdBy: string;
}

/** Bytes of one document and how others point at it. */
export interface Blob {
  readonly bytes: Buffer;
  readonly descriptor: Descriptor;
}

/** The configuration of an image: the base's, the changes, and more layers. `created`: seconds since 1970. */
export function configOf(
  platform: { readonly os: string; readonly arch: string; readonly variant?: string | undefined },
  base: ImageConfig | undefined,
  changes: ConfigChanges,
  layers: readonly LayerOfImage[],
  created: number,
): Blob {
  const time = new Date(created * 1000).toISOString().replace('.000Z', 'Z');
  const before = base?.config ?? {};
  const labels = { ...before.Labels, ...changes.labels };
  const environment = merged(before.Env ?? [DEFAULT_PATH], changes.environment ?? []);
  const config: ContainerConfig = {
    ...before,
    ...(platform.os === 'windows' && !before.Env ? {} : { Env: environment }),
    // As docker build: an entry point of one's own drops the command that was meant for the base's.
    ...(changes.entrypoint ? { Entrypoint: changes.entrypoint, Cmd: null } : {}),
    ...(changes.command ? { Cmd: changes.command } : {}),
    ...(changes.user === undefined ? {} : { User: changes.user }),
    ...(changes.workingDirectory === undefined ? {} : { WorkingDir: changes.workingDirectory }),
    ...(Object.keys(labels).length > 0 ? { Labels: sorted(labels) } : {}),
  };
  const variant = base?.variant ?? platform.variant;
  const osVersion = base?.['os.version'];
  const image: ImageConfig = {
    ...{ created: time, architecture: platform.arch, os: platform.os },
    ...(variant === undefined ? {} : { variant }),
    ...(osVersion === undefined ? {} : { 'os.version': osVersion }),
    config: withoutNull(config),
    rootfs: {
      type: 'layers',
      diff_ids: [...(base?.rootfs.diff_ids ?? []), ...layers.map(({ diffId }) => diffId)],
    },
    history: [
      ...(base?.history ?? []),
      ...layers.map(({ createdBy }) => ({ created: time, created_by: createdBy })),
    ],
  };
  return blobOf(image, MEDIA.config);
}

/** The manifest that joins a configuration and its layers. */
export function manifestOf(config: Descriptor, layers: readonly Descriptor[]): Blob {
  const document = {
    ...{ schemaVersion: 2, mediaType: MEDIA.manifest, config },
    layers: layers.map(({ mediaType, digest, size }) => ({
      mediaType: ociMediaType(mediaType),
      digest,
      size,
    })),
  };
  return blobOf(document, MEDIA.manifest);
}

/** A list of images, one for each platform. */
export function indexOf(manifests: readonly Descriptor[]): Blob {
  return blobOf({ schemaVersion: 2, mediaType: MEDIA.index, manifests }, MEDIA.index);
}

/** Any JSON document as a blob. */
export function blobOf(document: unknown, mediaType: string): Blob {
  const bytes = toBytes(document);
  const descriptor = { mediaType, digest: `sha256:${digestOfBytes(bytes)}`, size: bytes.length };
  return { bytes, descriptor };
}

/** A manifest of ours names OCI's media types, whatever the base was described in. */
export function ociMediaType(mediaType: string): string {
  if (mediaType === MEDIA.dockerLayerGzip) return MEDIA.layerGzip;
  if (mediaType === MEDIA.dockerLayer) return MEDIA.layer;
  return mediaType;
}

/** What docker build gives an image from scratch. */
const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** `NAME=value` pairs: a later one takes the place of an earlier one of its name. */
function merged(before: readonly string[], after: readonly string[]): string[] {
  const pairs = new Map<string, string>();
  for (const pair of [...before, ...after]) pairs.set(pair.slice(0, pair.indexOf('=')), pair);
  return [...pairs.values()];
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function withoutNull(config: ContainerConfig): ContainerConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null)) as ContainerConfig;
}
