/** A base: the image that others are built on, with its layers on this machine, checked. */
import { type Diagnostic, error, Failure } from '../diagnostic/diagnostic.ts';
import { type LayerFacts, RefusedArchive } from '../formats/oci/layer.ts';
import {
  type Descriptor,
  type ImageConfig,
  type Index,
  MalformedImage,
  type Manifest,
  parseConfig,
  parseDocument,
} from '../formats/oci/types.ts';
import { type Platform, splitPlatform } from '../target/platform.ts';
import type { BlobCache } from './blobs.ts';

export interface BaseLayer {
  readonly descriptor: Descriptor;
  /** Absolute. */
  readonly path: string;
  readonly facts: LayerFacts;
}

export interface BaseImage {
  /** As it was asked for. */
  readonly name: string;
  /** Of its manifest, or of its configuration where an archive has no manifest. */
  readonly digest: string;
  readonly config: ImageConfig;
  readonly layers: readonly BaseLayer[];
}

/** Where the documents and blobs of an image come from. */
export interface ImageSource {
  /** For messages. */
  readonly name: string;
  /** The bytes of a document that a descriptor names. */
  document(descriptor: Descriptor): Promise<Uint8Array>;
  /** Brings a blob into the cache. */
  blob(descriptor: Descriptor): Promise<void>;
}

/** Reads the image for a platform, starting from the bytes of its manifest or index. */
export async function readBase(
  cache: BlobCache,
  source: ImageSource,
  top: { readonly bytes: Uint8Array; readonly digest: string; readonly mediaType?: string | undefined },
  platform: Platform,
): Promise<BaseImage> {
  return refusing(source.name, async () => {
    let { bytes, digest } = top;
    let document = parseDocument(bytes, top.mediaType);
    for (let depth = 0; document.kind === 'index'; depth++) {
      const chosen = depth < 3 ? choose(document.index, platform) : undefined;
      if (!chosen) throw new Failure(otherPlatform(source.name, platform, platformsOf(document.index)));
      bytes = await source.document(chosen);
      digest = chosen.digest;
      document = parseDocument(bytes, chosen.mediaType);
    }
    return readImage(cache, source, digest, document.manifest, platform);
  });
}

async function readImage(
  cache: BlobCache,
  source: ImageSource,
  digest: string,
  manifest: Manifest,
  platform: Platform,
): Promise<BaseImage> {
  const config = parseConfig(await source.document(manifest.config));
  requirePlatform(source.name, config, platform);
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length)
    throw new MalformedImage(
      `it has ${manifest.layers.length} layers, and its configuration ${diffIds.length}`,
    );
  const layers: BaseLayer[] = [];
  for (const [i, descriptor] of manifest.layers.entries()) {
    await source.blob(descriptor);
    const facts = await cache.layerFacts(descriptor.digest);
    if (facts.diffId !== diffIds[i])
      throw new MalformedImage(
        `its layer ${descriptor.digest} unpacks to other bytes than its configuration says`,
      );
    layers.push({ descriptor, path: cache.path(descriptor.digest), facts });
  }
  return { name: source.name, digest, config, layers };
}

/** The manifest of a platform; the lowest variant of an architecture when there are several. */
function choose(index: Index, platform: Platform): Descriptor | undefined {
  const { os, arch } = splitPlatform(platform);
  const fitting = index.manifests.filter(({ platform: one }) => one?.os === os && one.architecture === arch);
  const preferred = fitting.find((one) => one.platform?.variant === DEFAULT_VARIANTS[arch]);
  return (
    preferred ??
    fitting[0] ??
    (index.manifests.length === 1 && !index.manifests[0]?.platform ? index.manifests[0] : undefined)
  );
}

/** What an architecture means without a variant (OCI image-spec, platform variants). */
const DEFAULT_VARIANTS: Readonly<Record<string, string | undefined>> = { arm: 'v7', arm64: 'v8' };

function requirePlatform(name: string, config: ImageConfig, platform: Platform): void {
  const { os, arch } = splitPlatform(platform);
  if (config.os !== os || config.architecture !== arch)
    throw new Failure(otherPlatform(name, platform, [`${config.os}/${config.architecture}`]));
}

function platformsOf(index: Index): string[] {
  return index.manifests.flatMap(({ platform }) =>
    platform && platform.os !== 'unknown' ? [`${platform.os}/${platform.architecture}`] : [],
  );
}

function otherPlatform(name: string, platform: Platform, has: readonly string[]): Diagnostic {
  const list = [...new Set(has)].sort().join(', ');
  return error('image/base-other-platform', {
    what: `the base ${name} is not for ${platform}${list ? `: it is for ${list}` : ''}`,
    why: 'an image of one architecture on a base of another starts nowhere',
    help: `name a base for ${platform}: --base REF, or build for another platform: --platform`,
  });
}

/** Runs what reads an image; damage and hostile archives become letters. */
export async function refusing<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (problem) {
    if (problem instanceof MalformedImage)
      throw new Failure(
        error('image/base-damaged', {
          what: `${name} is no image: ${problem.message}`,
          why: 'nothing was built on it',
          help: 'save or push it anew with the tool that made it, or name another base: --base REF',
        }),
      );
    if (problem instanceof RefusedArchive) throw new Failure(refusedArchive(name, problem));
    throw problem;
  }
}

function refusedArchive(name: string, problem: RefusedArchive): Diagnostic {
  return problem.isHostile
    ? error('image/base-hostile', {
        what: `${name} was refused: ${problem.message}`,
        why: 'an honest image holds no such thing: it is made to reach files outside, or to fill the disk',
        help: 'find out where it comes from; take the base from its own registry instead: --base REF',
      })
    : error('image/base-damaged', {
        what: `${name} is damaged: ${problem.message}`,
        why: 'nothing was built on it',
        help: 'get the file again, and compare its digest with the one that its maker tells',
      });
}
