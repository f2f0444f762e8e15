/** Finished images as documents and blobs: what an OCI layout holds, and what a registry is sent. */
import { type Blob, configOf, indexOf, manifestOf } from '../formats/oci/assemble.ts';
import { type Descriptor, MEDIA, toBytes } from '../formats/oci/types.ts';
import type { Host } from '../host/host.ts';
import type { PlannedImage } from '../steps/image/plan.ts';
import { splitPlatform } from '../target/platform.ts';
import type { SentBlob, SentImage } from './push.ts';

/** A blob that lies in a file, or is here. */
export interface AssembledBlob {
  readonly digest: string;
  readonly size: number;
  readonly content: { readonly path: string } | { readonly bytes: Uint8Array };
}

/** One image for one platform, or a list over platforms. */
export interface AssembledImage {
  /** Full names with tags. */
  readonly names: readonly string[];
  readonly manifest: Blob;
  /** Of a list: those that it lists; their names may be the same as no name. */
  readonly lists: readonly AssembledImage[];
  readonly blobs: readonly AssembledBlob[];
}

/** A compressed layer as its Step left it. */
export interface FinishedLayer {
  readonly path: string;
  readonly digest: string;
  readonly size: number;
  readonly diffId: string;
}

/** Puts an image together of its base's layers and its own. */
export function assembleImage(image: PlannedImage, layers: readonly FinishedLayer[]): AssembledImage {
  const platform = { ...splitPlatform(image.platform), variant: image.variant };
  const told = layers.map(({ diffId }, i) => ({ diffId, createdBy: image.layers[i]?.createdBy ?? '' }));
  const config = configOf(platform, image.base.config, image.changes, told, image.created);
  const descriptors = [
    ...image.base.layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
    ...layers.map(({ digest, size }) => ({ mediaType: MEDIA.layerGzip, digest, size })),
  ];
  const variant = image.base.config?.variant ?? image.variant;
  const osVersion = image.base.config?.['os.version'];
  const manifest = manifestOf(config.descriptor, descriptors);
  const described: Descriptor = {
    ...manifest.descriptor,
    platform: {
      ...{ architecture: platform.arch, os: platform.os },
      ...(osVersion ? { 'os.version': osVersion } : {}),
      ...(variant ? { variant } : {}),
    },
  };
  return {
    ...{ names: image.names, manifest: { ...manifest, descriptor: described }, lists: [] },
    blobs: [
      { digest: config.descriptor.digest, size: config.bytes.length, content: { bytes: config.bytes } },
      ...image.base.layers.map(({ digest, size, path }) => ({ digest, size, content: { path } })),
      ...layers.map(({ digest, size, path }) => ({ digest, size, content: { path } })),
    ],
  };
}

/** A list over platforms. */
export function assembleList(names: readonly string[], images: readonly AssembledImage[]): AssembledImage {
  const sorted = [...images].sort((a, b) => (platformText(a) < platformText(b) ? -1 : 1));
  return {
    ...{ names, lists: sorted, blobs: [] },
    manifest: indexOf(sorted.map(({ manifest }) => manifest.descriptor)),
  };
}

function platformText({ manifest: { descriptor } }: AssembledImage): string {
  return `${descriptor.platform?.os}/${descriptor.platform?.architecture}`;
}

/** Writes an OCI image layout: blobs first, its index last, then what no image of it needs is removed. */
export function writeLayout(host: Host, directory: string, images: readonly AssembledImage[]): string[] {
  const { files } = host;
  const blobs = new Map<string, AssembledBlob>();
  for (const image of images) {
    for (const blob of image.blobs) blobs.set(blob.digest, blob);
    const { bytes, descriptor } = image.manifest;
    blobs.set(descriptor.digest, { digest: descriptor.digest, size: bytes.length, content: { bytes } });
  }
  const kept = new Set<string>();
  for (const { digest, size, content } of [...blobs.values()]) {
    const path = `${directory}/blobs/${digest.replace(':', '/')}`;
    kept.add(path);
    if (files.lstat(path)?.size === size && `sha256:${files.digest(path)}` === digest) continue;
    if ('path' in content) files.publishCopy(content.path, path, 0o644);
    else files.publish(path, content.bytes);
  }
  files.publish(`${directory}/oci-layout`, toBytes({ imageLayoutVersion: '1.0.0' }));
  const manifests = images.flatMap(({ names, manifest }) =>
    names.map((name) => ({
      ...manifest.descriptor,
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
    })),
  );
  files.publish(`${directory}/index.json`, toBytes({ schemaVersion: 2, mediaType: MEDIA.index, manifests }));
  const all = `${directory}/blobs/sha256`;
  for (const name of files.list(all)) if (!kept.has(`${all}/${name}`)) files.remove(`${all}/${name}`);
  return [`${directory}/index.json`];
}

/** Images as a registry takes them. `place` gives repository and tag for a name. */
export function toSent(
  host: Host,
  images: readonly AssembledImage[],
  place: (name: string) => { readonly repository: string; readonly tag: string },
): SentImage[] {
  const singles = images.filter(({ lists }) => lists.length === 0);
  const lists = images.filter((one) => one.lists.length > 0);
  const sent: SentImage[] = [];
  const send = (image: AssembledImage, repository: string, tags: readonly string[]) =>
    sent.push({
      ...{ repository, tags, manifest: { ...image.manifest.descriptor, bytes: image.manifest.bytes } },
      blobs: image.blobs.map((blob) => openable(host, blob)),
    });
  for (const image of singles)
    for (const [repository, tags] of byRepository(image.names.map(place))) send(image, repository, tags);
  for (const list of lists) {
    for (const [repository, tags] of byRepository(list.names.map(place))) {
      // A list names manifests of its own repository: each has to be there too.
      for (const image of list.lists) send(image, repository, []);
      send(list, repository, tags);
    }
  }
  return sent;
}

function byRepository(
  places: readonly { readonly repository: string; readonly tag: string }[],
): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const { repository, tag } of places)
    grouped.set(repository, [...(grouped.get(repository) ?? []), tag]);
  return grouped;
}

function openable(host: Host, { digest, size, content }: AssembledBlob): SentBlob {
  async function* open(from: number, to: number): AsyncGenerator<Uint8Array> {
    if ('bytes' in content) {
      yield content.bytes.subarray(from, to);
      return;
    }
    yield* host.files.range(content.path, from, to);
  }
  return { digest, size, open };
}
