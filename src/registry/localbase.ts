/** A base from a file or directory: an OCI image layout, or the archive of docker save. Nothing is unpacked but blobs. */
import { basename, join } from 'node:path';
import { error, Failure } from '../diagnostic/diagnostic.ts';
import { ARCHIVE_LIMITS, membersOf, plain, RefusedArchive } from '../formats/oci/layer.ts';
import {
  type Descriptor,
  MalformedImage,
  MEDIA,
  parseConfig,
  parseDocument,
  toBytes,
} from '../formats/oci/types.ts';
import type { Host } from '../host/host.ts';
import type { Platform } from '../target/platform.ts';
import { type BaseImage, type ImageSource, readBase, refusing } from './base.ts';
import type { BlobCache, KnownBlob } from './blobs.ts';

/** Reads a base from a path of this machine. `path#NAME` chooses one image of several. */
export async function readLocalBase(
  host: Host,
  cache: BlobCache,
  given: string,
  platform: Platform,
): Promise<BaseImage> {
  const hash = given.lastIndexOf('#');
  const [path, wanted] = hash > 0 ? [given.slice(0, hash), given.slice(hash + 1)] : [given, undefined];
  const name = basename(path);
  return refusing(name, async () =>
    host.files.isDirectory(path)
      ? readLayout(host, cache, path, wanted, platform)
      : readArchive(host, cache, path, wanted, platform),
  );
}

async function readLayout(
  host: Host,
  cache: BlobCache,
  path: string,
  wanted: string | undefined,
  platform: Platform,
): Promise<BaseImage> {
  const index = host.files.readTextIfAny(join(path, 'index.json'));
  if (index === undefined) throw new MalformedImage('it has no index.json, so it is no OCI image layout');
  const file = ({ digest }: Descriptor) => join(path, 'blobs', digest.replace(':', '/'));
  const source: ImageSource = {
    name: basename(path),
    document: async (descriptor) => host.files.readBytes(present(host, file(descriptor), descriptor)),
    blob: async (descriptor) => {
      if (cache.has(descriptor.digest, descriptor.size)) return;
      const found = await cache.receive(host.files.chunks(present(host, file(descriptor), descriptor)));
      requireDigest(found, descriptor);
    },
  };
  const top = chosenFrom(Buffer.from(index), wanted);
  return readBase(cache, source, top, platform);
}

function present(host: Host, file: string, { digest, size }: Descriptor): string {
  const stat = host.files.lstat(file);
  if (host.files.isLink(file) || stat?.size !== size)
    throw new MalformedImage(
      stat ? `its blob ${digest} has not the size that it should` : `its blob ${digest} is missing`,
    );
  return file;
}

function requireDigest(found: KnownBlob, { digest }: Descriptor): void {
  if (found.digest !== digest)
    throw new MalformedImage(`its blob ${digest} has other bytes: ${found.digest}`);
}

/** An index narrowed to the image that is wanted. */
function chosenFrom(bytes: Uint8Array, wanted: string | undefined): { bytes: Uint8Array; digest: string } {
  const document = parseDocument(bytes, MEDIA.index);
  if (document.kind !== 'index') throw new MalformedImage('its index.json is no index');
  const named = document.index.manifests.filter(({ annotations }) => {
    const names = [
      annotations?.['org.opencontainers.image.ref.name'],
      annotations?.['io.containerd.image.name'],
    ];
    return wanted === undefined || names.includes(wanted);
  });
  if (named.length === 0) throw new MalformedImage(`it holds no image named ${wanted}`);
  const digests = new Set(named.map(({ digest }) => digest));
  const isOne = digests.size === 1 || named.every(({ platform }) => platform !== undefined);
  if (!isOne) {
    const names = named.map(({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] ?? '?');
    throw new MalformedImage(`it holds several images, so one has to be named behind #: ${names.join(', ')}`);
  }
  const manifests = digests.size === 1 ? named.slice(0, 1).map(({ platform: _, ...one }) => one) : named;
  const narrowed = toBytes({ schemaVersion: 2, mediaType: MEDIA.index, manifests });
  return { bytes: narrowed, digest: named[0]?.digest ?? '' };
}

/** Members of an archive by name, their bytes in the cache. */
type Members = ReadonlyMap<string, KnownBlob>;

async function readArchive(
  host: Host,
  cache: BlobCache,
  path: string,
  wanted: string | undefined,
  platform: Platform,
): Promise<BaseImage> {
  if (!host.files.isFile(path)) throw new Failure(missing(path));
  const members = await readMembers(host, cache, path);
  const manifest = members.get('manifest.json');
  const index = members.get('index.json');
  if (manifest && !(index && members.has('oci-layout')))
    return readDockerArchive(host, cache, path, members, manifest, wanted, platform);
  if (!index)
    throw new MalformedImage('it has neither manifest.json nor index.json, so docker save did not make it');
  const byDigest = new Map([...members.values()].map((blob) => [blob.digest, blob]));
  const need = ({ digest }: Descriptor): KnownBlob => {
    const found = byDigest.get(digest);
    if (!found) throw new MalformedImage(`its blob ${digest} is missing`);
    return found;
  };
  const source: ImageSource = {
    name: basename(path),
    document: async (descriptor) => cache.bytes(need(descriptor).digest),
    blob: async (descriptor) => void need(descriptor),
  };
  return readBase(cache, source, chosenFrom(cache.bytes(index.digest), wanted), platform);
}

async function readMembers(host: Host, cache: BlobCache, path: string): Promise<Members> {
  const members = new Map<string, KnownBlob>();
  const links: [string, string][] = [];
  for await (const member of membersOf(plain(host.files.chunks(path)), ARCHIVE_LIMITS)) {
    const { path: name, kind, target, content } = member;
    if (kind === 'directory') continue;
    if (kind === 'symlink' || kind === 'link') {
      if (target.startsWith('/'))
        throw new RefusedArchive(`the link ${name} -> ${target} leads out of the archive`, true);
      links.push([name, kind === 'link' ? target : resolved(name, target)]);
    } else if (kind !== 'file') throw new RefusedArchive(`${name} is a ${kind}`, true);
    else if (members.has(name)) throw new RefusedArchive(`${name} is in it twice`, true);
    else members.set(name, await cache.receive(content));
  }
  // Old engines keep a layer that two images share once, and link to it.
  for (const [name, target] of links) {
    const blob = members.get(target.replace(/^\.\//, ''));
    if (blob) members.set(name, blob);
  }
  return members;
}

function resolved(name: string, target: string): string {
  return join(name, '..', target);
}

/** docker save: manifest.json names a configuration and layers, which are plain tar files. */
async function readDockerArchive(
  host: Host,
  cache: BlobCache,
  path: string,
  members: Members,
  manifest: KnownBlob,
  wanted: string | undefined,
  platform: Platform,
): Promise<BaseImage> {
  const images = parseSaved(cache.bytes(manifest.digest));
  const named = images.filter(({ tags }) => wanted === undefined || tags.includes(wanted));
  const [image, other] = named;
  if (!image) throw new MalformedImage(`it holds no image named ${wanted}`);
  if (other)
    throw new MalformedImage(
      `it holds several images, so one has to be named behind #: ${named.flatMap(({ tags }) => tags).join(', ')}`,
    );
  const need = (name: string): KnownBlob => {
    const found = members.get(name);
    if (!found) throw new MalformedImage(`its member ${name} is missing`);
    return found;
  };
  const config = need(image.config);
  parseConfig(cache.bytes(config.digest));
  const document = {
    ...{ schemaVersion: 2, mediaType: MEDIA.manifest },
    config: { mediaType: MEDIA.config, digest: config.digest, size: config.size },
    layers: image.layers.map((name) => {
      const { digest, size } = need(name);
      const [first, second] = host.files.readAtPlaces(cache.path(digest), (file) => file.read(0, 2));
      const isGzip = first === 0x1f && second === 0x8b;
      return { mediaType: isGzip ? MEDIA.layerGzip : MEDIA.layer, digest, size };
    }),
  };
  const source: ImageSource = {
    name: basename(path),
    document: async ({ digest }) => cache.bytes(digest),
    blob: async () => {},
  };
  return readBase(cache, source, { bytes: toBytes(document), digest: config.digest }, platform);
}

interface SavedImage {
  readonly config: string;
  readonly tags: readonly string[];
  readonly layers: readonly string[];
}

function parseSaved(bytes: Uint8Array): SavedImage[] {
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
    if (!Array.isArray(value)) throw new MalformedImage('its manifest.json is no list');
    return value.map((one: { Config?: unknown; RepoTags?: unknown; Layers?: unknown }) => ({
      config: String(one.Config),
      tags: Array.isArray(one.RepoTags) ? one.RepoTags.map(String) : [],
      layers: Array.isArray(one.Layers) ? one.Layers.map(String) : [],
    }));
  } catch (problem) {
    if (problem instanceof MalformedImage) throw problem;
    throw new MalformedImage('its manifest.json is no JSON');
  }
}

function missing(path: string) {
  return error('image/base-unavailable', {
    what: `there is no file or directory ${path}`,
    why: 'the base is taken from there',
    help: 'correct the path behind --base; a name of a registry has no slash or dot in front: --base registry.example/NAME:TAG',
  });
}
