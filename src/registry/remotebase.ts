/** A base from a registry or one of its mirrors. Tags are resolved once, everything else is by digest. */
import { type Diagnostic, error, Failure } from '../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../formats/digest.ts';
import { type ImageReference, referenceText } from '../formats/oci/reference.ts';
import type { Descriptor } from '../formats/oci/types.ts';
import { MANIFEST_LIMIT } from '../formats/oci/types.ts';
import type { Host } from '../host/host.ts';
import type { Platform } from '../target/platform.ts';
import { type BaseImage, type ImageSource, readBase } from './base.ts';
import type { BlobCache } from './blobs.ts';
import type { Registry } from './client.ts';
import { MIRROR_SETTING, type Place, placesOf, type RegistrySettings } from './mirrors.ts';

export interface RemoteOptions {
  readonly host: Host;
  readonly cache: BlobCache;
  readonly settings: RegistrySettings;
  /** The client of a host. */
  readonly registry: (host: string) => Registry;
  readonly offline: boolean;
  /** Whether a tag that was resolved before is asked for again. */
  readonly refresh: boolean;
  readonly onProgress: (bytes: number, total: number, detail: string) => void;
}

/** Brings an image here, for one platform. */
export async function readRemoteBase(
  reference: ImageReference,
  platform: Platform,
  options: RemoteOptions,
): Promise<BaseImage> {
  const { top, source } = await openRemote(reference, options);
  return readBase(options.cache, source, top, platform);
}

/** The first document of an image, remembered or asked for, and the source of all others. */
export async function openRemote(
  reference: ImageReference,
  options: RemoteOptions,
): Promise<{ readonly top: Omit<Top, 'place'>; readonly source: ImageSource }> {
  const name = referenceText(reference);
  const places = placesOf(reference, options.settings);
  const known = reference.digest ?? options.cache.remembered(name);
  if (known && (reference.digest || options.offline || !options.refresh)) {
    const bytes = knownDocument(options.cache, known);
    if (bytes)
      return {
        top: { bytes, digest: known, mediaType: undefined },
        source: sourceOf(name, places, options),
      };
  }
  if (options.offline) throw new Failure(unavailable(name, places, ['--offline forbids to ask a registry']));
  const top = await firstAnswer(name, reference, places, options);
  options.cache.remember(name, top.digest);
  return { top, source: sourceOf(name, [top.place], options) };
}

interface Top {
  readonly bytes: Uint8Array;
  readonly digest: string;
  readonly mediaType: string | undefined;
  readonly place: Place;
}

/** Asks place after place. A mirror that fails is passed over; what each said is told when all do. */
async function firstAnswer(
  name: string,
  reference: ImageReference,
  places: readonly Place[],
  options: RemoteOptions,
): Promise<Top> {
  const wanted = reference.digest ?? reference.tag ?? 'latest';
  const said: string[] = [];
  for (const place of places) {
    try {
      const answer = await options.registry(place.host).manifest(place.repository, wanted);
      if (answer) {
        const digest = digestOf(answer.body);
        if (reference.digest && digest !== reference.digest)
          throw new Failure(wrongDigest(name, place, digest));
        options.cache.put(answer.body);
        return { bytes: answer.body, digest, mediaType: answer.headers['content-type'], place };
      }
      said.push(`${place.host} has no ${place.repository}:${wanted}`);
    } catch (problem) {
      if (!(problem instanceof Failure)) throw problem;
      const [first] = problem.diagnostics;
      // The registry's own refusal is the answer; what a mirror says is one of several.
      if (first?.code === 'image/base-wrong-digest') throw problem;
      if (first?.code === 'registry/unauthorized' && !place.isMirror && places.length === 1) throw problem;
      said.push(first?.code === 'network/failed' ? `${place.host}: ${first.why}` : (first?.what ?? ''));
    }
  }
  throw new Failure(unavailable(name, places, said));
}

function knownDocument(cache: BlobCache, digest: string): Uint8Array | undefined {
  try {
    const bytes = cache.bytes(digest);
    return bytes.length <= MANIFEST_LIMIT && digestOf(bytes) === digest ? bytes : undefined;
  } catch (problem) {
    if (problem instanceof Failure) return undefined;
    throw problem;
  }
}

function sourceOf(name: string, places: readonly Place[], options: RemoteOptions): ImageSource {
  const { cache } = options;
  const fetchBlob = async (descriptor: Descriptor): Promise<void> => {
    if (cache.has(descriptor.digest, descriptor.size)) return;
    if (options.offline)
      throw new Failure(unavailable(name, places, ['--offline forbids to ask a registry']));
    await fetchFrom(places, name, descriptor, options);
  };
  return {
    name,
    blob: fetchBlob,
    document: async (descriptor) => {
      if (!cache.has(descriptor.digest, descriptor.size))
        await fetchDocument(places, name, descriptor, options);
      return cache.bytes(descriptor.digest);
    },
  };
}

/** A manifest is asked for as a manifest, a configuration as a blob. */
async function fetchDocument(
  places: readonly Place[],
  name: string,
  descriptor: Descriptor,
  options: RemoteOptions,
): Promise<void> {
  if (!/manifest|index/.test(descriptor.mediaType)) return fetchFrom(places, name, descriptor, options);
  if (options.offline) throw new Failure(unavailable(name, places, ['--offline forbids to ask a registry']));
  for (const place of places) {
    const answer = await options.registry(place.host).manifest(place.repository, descriptor.digest);
    if (!answer) continue;
    if (digestOf(answer.body) !== descriptor.digest)
      throw new Failure(wrongDigest(name, place, digestOf(answer.body)));
    options.cache.put(answer.body);
    return;
  }
  throw new Failure(unavailable(name, places, [`no place has its manifest ${descriptor.digest}`]));
}

async function fetchFrom(
  places: readonly Place[],
  name: string,
  descriptor: Descriptor,
  { cache, host, registry, onProgress }: RemoteOptions,
): Promise<void> {
  const place = places[0] as Place;
  const file = cache.scratch('layer');
  try {
    await registry(place.host).download(place.repository, descriptor, file, (bytes) =>
      onProgress(bytes, descriptor.size, name),
    );
    const digest = `sha256:${host.files.digest(file)}`;
    if (digest !== descriptor.digest) throw new Failure(wrongDigest(name, place, digest));
    cache.adopt(file, digest, descriptor.size);
  } finally {
    host.files.remove(file);
  }
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${digestOfBytes(bytes)}`;
}

function wrongDigest(name: string, place: Place, digest: string): Diagnostic {
  return error('image/base-wrong-digest', {
    what: `${place.host} sent other bytes for ${name} than were asked for: ${digest}`,
    why: 'the bytes were changed on the way, or the mirror keeps something else under that digest; they were not used',
    help: `name another mirror: ${MIRROR_SETTING}`,
  });
}

function unavailable(name: string, places: readonly Place[], said: readonly string[]): Diagnostic {
  const mirrored = places.some(({ isMirror }) => isMirror);
  return error('image/base-unavailable', {
    what: `the base image ${name} cannot be had: ${said.join('; ')}`,
    why: 'the image is made of its layers and ours',
    help: `name ${mirrored ? 'another' : 'a'} mirror: ${MIRROR_SETTING}; or give the base as a file: --base FILE of docker save, or a directory in OCI layout`,
  });
}
