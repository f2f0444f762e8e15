/** Finished images as documents and blobs: what an OCI layout holds, and what a registry is sent. */
import { type Blob, configOf, indexOf, manifestOf } from '../formats/oci/assemble.ts';
import { type Descriptor, type ImageConfig, MEDIA, toBytes } from '../formats/oci/types.ts';
import type { Host } from '../host/host.ts';
import type { CopiedLayer, LowerLayer, PlannedImage } from '../steps/image/plan.ts';
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

/** What of an image stands in its documents, and where the layers of its base lie. */
export interface ImageParts
  extends Pick<PlannedImage, 'names' | 'platform' | 'variant' | 'changes' | 'created'> {
  readonly base: {
    readonly config?: ImageConfig;
    readonly layers: readonly Pick<LowerLayer, 'path' | 'digest' | 'size' | 'mediaType'>[];
  };
  readonly layers: readonly Pick<CopiedLayer, 'createdBy'>[];
}

/** Puts an image together of its base's layers and its own. */
export function assembleImage(image: ImageParts, layers: readonly FinishedLayer[]): AssembledImage {
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

/** An image for one platform, and the name with tag of the list that it belongs to. */
export interface ListedImage {
  readonly image: AssembledImage;
  readonly list: string;
}

/** Every image, and a list over platforms for each name. */
export function withLists(images: readonly ListedImage[]): AssembledImage[] {
  const byList = new Map<string, AssembledImage[]>();
  for (const { image, list } of images) byList.set(list, [...(byList.get(list) ?? []), image]);
  const lists = [...byList].map(([name, listed]) => assembleList([name], listed));
  // Up to 1.19 the image of amd64 has the list's name: the list is what that name stands for in a registry.
  const named = images.map(({ image, list }) => {
    const names = image.names.filter((name) => name !== list);
    return { ...image, names };
  });
  return [...named, ...lists];
}

/** Everything that the images consist of, each once: layers, configurations, manifests. */
export function blobsOf(images: readonly AssembledImage[]): AssembledBlob[] {
  const blobs = new Map<string, AssembledBlob>();
  for (const image of images) {
    for (const blob of image.blobs) blobs.set(blob.digest, blob);
    const { bytes, descriptor } = image.manifest;
    blobs.set(descriptor.digest, { digest: descriptor.digest, size: bytes.length, content: { bytes } });
  }
  return [...blobs.values()];
}

/** Where a blob lies below a layout. */
export function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

export function putBlob({ files }: Pick<Host, 'files'>, { content }: AssembledBlob, path: string): void {
  if ('path' in content) files.publishCopy(content.path, path, 0o644);
  else files.publish(path, content.bytes);
}

/** `oci-layout`, the mark of a layout. */
export const LAYOUT_MARK = toBytes({ imageLayoutVersion: '1.0.0' });

/** `index.json`: names and what they stand for. */
export function layoutIndex(images: readonly AssembledImage[]): Buffer {
  const manifests = images.flatMap(({ names, manifest }) =>
    names.map((name) => ({
      ...manifest.descriptor,
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
    })),
  );
  return toBytes({ schemaVersion: 2, mediaType: MEDIA.index, manifests });
}

/** Writes an OCI image layout: blobs first, its index last, then what no image of it needs is removed. */
export function writeLayout(host: Host, directory: string, images: readonly AssembledImage[]): string[] {
  const { files } = host;
  for (const blob of blobsOf(images)) {
    const path = `${directory}/${blobPath(blob.digest)}`;
    if (files.lstat(path)?.size === blob.size && `sha256:${files.digest(path)}` === blob.digest) continue;
    putBlob(host, blob, path);
  }
  files.publish(`${directory}/oci-layout`, LAYOUT_MARK);
  files.publish(`${directory}/index.json`, layoutIndex(images));
  removeOtherBlobs(host, directory, images);
  return [`${directory}/index.json`];
}

/** Removes from a layout what none of its images needs. */
export function removeOtherBlobs(
  { files }: Pick<Host, 'files'>,
  directory: string,
  images: readonly AssembledImage[],
): void {
  const kept = new Set(blobsOf(images).map(({ digest }) => digest));
  const all = `${directory}/blobs/sha256`;
  for (const name of files.list(all)) if (!kept.has(`sha256:${name}`)) files.remove(`${all}/${name}`);
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
