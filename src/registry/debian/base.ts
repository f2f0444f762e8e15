/**
 * A base that we put together from Debian packages: no registry, no container engine, no root, for any architecture.
 * It is two layers, what Debian calls essential and what was asked for, each kept under the digests of its packages.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { digestOfRecord } from '../../formats/digest.ts';
import { gzip } from '../../formats/gzip.ts';
import { type ImageConfig, MEDIA } from '../../formats/oci/types.ts';
import type { Host } from '../../host/host.ts';
import { sweepTemporary } from '../../host/temporary.ts';
import { type Platform, splitPlatform } from '../../target/platform.ts';
import { machineSources } from '../../tree/source/machineapt.ts';
import type { BaseImage, BaseLayer } from '../base.ts';
import type { BlobCache } from '../blobs.ts';
import { type ChosenPackage, type PackageClosure, PrivateApt } from './apt.ts';
import { emptyState, packageLayer } from './layer.ts';
import { type KeptLayer, LayerMemory } from './memory.ts';
import { type DebianRequest, debianBaseText } from './request.ts';

export interface DebianOptions {
  readonly host: Host;
  readonly cache: BlobCache;
  /** Directory of what checkouts share. */
  readonly shared: string;
  readonly signal: AbortSignal;
  readonly offline: boolean;
  /** Ask apt although an answer is at hand. */
  readonly refresh: boolean;
  /** Rewrites addresses in the machine's sources. */
  readonly mirrored?: (text: string) => string;
  readonly onProgress: (text: string) => void;
}

/** How long an answer of apt counts as the newest. */
const FRESH_MILLISECONDS = 7 * 24 * 60 * 60 * 1000;

/** Makes the base for a platform, or finds it made. */
export async function readDebianBase(
  request: DebianRequest,
  platform: Platform,
  options: DebianOptions,
): Promise<BaseImage> {
  const { host, cache, shared } = options;
  const name = debianBaseText(request);
  const architecture = debianArchitecture(platform, name);
  const memory = new LayerMemory(host, join(shared, 'images', 'debian-v1'));
  sweepTemporary(memory.directory);
  const remembered = digestOfRecord({ ...request, packages: [...request.packages], architecture });
  const known = memory.closure(remembered);
  const sources = options.offline ? undefined : await sourcesDigest(options);
  const isSame = sources === undefined || known?.sources === sources;
  const isFresh = known !== undefined && isSame && host.clock.now() - known.time < FRESH_MILLISECONDS;
  if (known && (options.offline || (isFresh && !options.refresh))) {
    const layers = keptLayers(memory, cache, known.closure);
    if (layers) return baseOf(options, name, platform, known.closure, layers);
  }
  if (options.offline) throw new Failure(offline(name));
  const apt = await PrivateApt.open(host, options.signal, memory.directory, architecture, options.mirrored);
  try {
    options.onProgress('asking apt which packages there are');
    await apt.update();
    const closure = await apt.closure(request.packages, request.withEssential);
    memory.rememberClosure(remembered, closure, sources);
    const kept = keptLayers(memory, cache, closure);
    const layers = kept ?? (await makeLayers(apt, closure, memory, options));
    return await baseOf(options, name, platform, closure, layers);
  } finally {
    apt.close();
  }
}

/** Where apt would ask: with other sources its answer is another. Undefined where there is no apt to be asked. */
async function sourcesDigest({ host, signal, mirrored }: DebianOptions): Promise<string | undefined> {
  if (!host.processes.find('apt-config')) return undefined;
  const files = await machineSources(host, signal);
  return digestOfRecord({ files: files.map(({ name, text }) => [name, mirrored?.(text) ?? text]) });
}

function setsOf({ essential, wanted }: PackageClosure): ChosenPackage[][] {
  return [essential, wanted].filter((set) => set.length > 0).map((set) => [...set]);
}

/** The name of a layer: its packages and those below it. */
function layerKey(sets: readonly (readonly ChosenPackage[])[]): string {
  return digestOfRecord({ schema: 1, sets: sets.map((set) => set.map(({ sha256 }) => sha256)) });
}

function keptLayers(memory: LayerMemory, cache: BlobCache, closure: PackageClosure): KeptLayer[] | undefined {
  const sets = setsOf(closure);
  const kept = sets.map((_, i) => memory.layer(layerKey(sets.slice(0, i + 1))));
  const isHere = (one: KeptLayer | undefined): one is KeptLayer =>
    one !== undefined && cache.has(one.digest, one.size);
  return kept.every(isHere) ? kept : undefined;
}

async function makeLayers(
  apt: PrivateApt,
  closure: PackageClosure,
  memory: LayerMemory,
  { host, cache, signal, onProgress }: DebianOptions,
): Promise<KeptLayer[]> {
  const sets = setsOf(closure);
  const made: KeptLayer[] = [];
  let state = emptyState();
  for (const [i, set] of sets.entries()) {
    const key = layerKey(sets.slice(0, i + 1));
    const known = memory.layer(key);
    if (known && cache.has(known.digest, known.size)) {
      state = memory.state(known);
      made.push(known);
      continue;
    }
    const bytes = set.reduce((sum, { size }) => sum + size, 0);
    onProgress(`fetching ${set.length} packages, ${Math.ceil(bytes / 1024 ** 2)} MiB together`);
    const paths = await apt.download(set);
    const packages = set.map(({ name, sha256 }) => ({ name, path: paths.get(sha256) ?? '' }));
    const plain = createHash('sha256');
    onProgress(`laying out ${set.length} packages`);
    const layer = packageLayer(host, signal, packages, state);
    async function* summed(): AsyncGenerator<Uint8Array> {
      for await (const chunk of layer) {
        plain.update(chunk);
        yield chunk;
      }
    }
    const blob = await cache.receive(gzip(summed(), { threads: Math.max(2, host.cpus) }));
    made.push(memory.keepLayer(key, { digest: blob.digest, size: blob.size, state }));
  }
  return made;
}

async function baseOf(
  { cache }: DebianOptions,
  name: string,
  platform: Platform,
  closure: PackageClosure,
  kept: readonly KeptLayer[],
): Promise<BaseImage> {
  const layers: BaseLayer[] = [];
  for (const { digest, size } of kept) {
    const descriptor = { mediaType: MEDIA.layerGzip, digest, size };
    layers.push({ descriptor, path: cache.path(digest), facts: await cache.layerFacts(digest) });
  }
  const { os, arch } = splitPlatform(platform);
  const newest = Math.max(0, ...kept.map((one) => one.newest));
  const created = new Date(newest * 1000).toISOString().replace('.000Z', 'Z');
  const config: ImageConfig = {
    ...{ created, architecture: arch, os, ...(arch === 'arm' ? { variant: 'v7' } : {}) },
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      ...(closure.essential.length > 0 ? { Cmd: ['bash'] } : {}),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ facts }) => facts.diffId) },
    history: setsOf(closure).map((set) => ({ created, created_by: `PACKAGES ${namesOf(set)}` })),
  };
  const digest = `sha256:${digestOfRecord({ layers: layers.map(({ facts }) => facts.diffId) })}`;
  return { name, digest, config, layers };
}

function namesOf(set: readonly ChosenPackage[]): string {
  return set.map(({ name, version }) => `${name}=${version}`).join(' ');
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  ...{ amd64: 'amd64', arm64: 'arm64', arm: 'armhf', '386': 'i386', ppc64le: 'ppc64el' },
  ...{ s390x: 's390x', mips64le: 'mips64el', riscv64: 'riscv64', loong64: 'loong64' },
};

/** Debian's word for an architecture. */
function debianArchitecture(platform: Platform, name: string): string {
  const { os, arch } = splitPlatform(platform);
  const found = os === 'linux' ? ARCHITECTURES[arch] : undefined;
  if (found) return found;
  throw new Failure(
    error('image/base-other-platform', {
      what: `the base ${name} is not for ${platform}: Debian has no packages for it`,
      why: 'an image of one architecture on a base of another starts nowhere',
      help: `name a base for ${platform}: --base REF, or build for another platform: --platform`,
    }),
  );
}

function offline(name: string) {
  return error('network/offline', {
    what: `the packages of the base ${name} are not on this machine, and --offline forbids to ask apt`,
    why: 'the image is made of its layers and ours',
    help: 'run the same command once without --offline; the base is then kept in the cache',
  });
}
