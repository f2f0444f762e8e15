/** Whole images, all platforms, as they are in a registry: brought into the cache, and handed on with their digests. */

import { type ImageReference, referenceText } from '../formats/oci/reference.ts';
import { MalformedImage, parseDocument } from '../formats/oci/types.ts';
import type { Host } from '../host/host.ts';
import type { AssembledBlob, AssembledImage } from './assembled.ts';
import { type ImageSource, refusing } from './base.ts';
import type { BlobCache } from './blobs.ts';
import { openRemote, type RemoteOptions } from './remotebase.ts';

/** Brings an image with all its platforms here, unless it is here. */
export async function bringWhole(reference: ImageReference, options: RemoteOptions): Promise<AssembledImage> {
  const name = referenceText(reference);
  const { top, source } = await openRemote(reference, options);
  const image = await refusing(name, () => read(options.cache, source, top));
  return { ...image, names: [name] };
}

const DEEPEST = 3;

async function read(
  cache: BlobCache,
  source: ImageSource,
  top: { readonly bytes: Uint8Array; readonly digest: string; readonly mediaType?: string | undefined },
  depth = 0,
): Promise<AssembledImage> {
  const document = parseDocument(top.bytes, top.mediaType);
  const bytes = Buffer.from(top.bytes);
  const mediaType = document.kind === 'index' ? document.index.mediaType : document.manifest.mediaType;
  const descriptor = { mediaType, digest: top.digest, size: bytes.length };
  if (document.kind === 'manifest') {
    const blobs: AssembledBlob[] = [];
    for (const one of [document.manifest.config, ...document.manifest.layers]) {
      // Base layers of Windows lie with their maker alone, and may not be copied.
      if (/foreign|nondistributable/.test(one.mediaType)) continue;
      await source.blob(one);
      blobs.push({ digest: one.digest, size: one.size, content: { path: cache.path(one.digest) } });
    }
    return { names: [], manifest: { bytes, descriptor }, lists: [], blobs };
  }
  if (depth >= DEEPEST) throw new MalformedImage('its lists are nested too deep');
  const lists: AssembledImage[] = [];
  for (const one of document.index.manifests) {
    const inner = await source.document(one);
    const image = await read(
      cache,
      source,
      { bytes: inner, digest: one.digest, mediaType: one.mediaType },
      depth + 1,
    );
    lists.push({ ...image, manifest: { ...image.manifest, descriptor: one } });
  }
  return { names: [], manifest: { bytes, descriptor }, lists, blobs: [] };
}

/** Every image in one flat list: a layout and a cache keep the images of a list beside it. */
export function withListed(images: readonly AssembledImage[]): AssembledImage[] {
  return images.flatMap((image) => [...withListed(image.lists), image]);
}

/** Takes images of a layout into the cache, so that bases are had from there. Blobs are checked on the way. */
export async function keepImages(
  host: Host,
  cache: BlobCache,
  images: readonly AssembledImage[],
): Promise<void> {
  for (const { manifest, blobs, names } of withListed(images)) {
    for (const { digest, size, content } of blobs) {
      if (cache.has(digest, size)) continue;
      const found =
        'path' in content ? await cache.receive(host.files.chunks(content.path)) : cache.put(content.bytes);
      if (found.digest !== digest)
        await refusing(names[0] ?? digest, async () => {
          throw new MalformedImage(`its blob ${digest} has other bytes: ${found.digest}`);
        });
    }
    cache.put(manifest.bytes);
    for (const name of names) cache.remember(name, manifest.descriptor.digest);
  }
}
