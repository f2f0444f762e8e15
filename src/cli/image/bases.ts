/** Bases of images: where they come from, and the one cache and client for all of them. */
import { isAbsolute, resolve } from 'node:path';
import { mirrorRules, registryMirrors, rewritten } from '../../config/mirrorrules.ts';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { parseReference } from '../../formats/oci/reference.ts';
import { joinLayers } from '../../formats/oci/rootfs.ts';
import { cacheDirectory, type Host } from '../../host/host.ts';
import type { Network } from '../../host/network.ts';
import type { BaseImage } from '../../registry/base.ts';
import { BlobCache } from '../../registry/blobs.ts';
import { Registry } from '../../registry/client.ts';
import { findCredentials } from '../../registry/credentials.ts';
import { type DebianRequest, parseDebianBase } from '../../registry/debian/request.ts';
import { readLocalBase } from '../../registry/localbase.ts';
import { apiOf, MIRROR_SETTING, parseMirrors, type RegistrySettings } from '../../registry/mirrors.ts';
import { readRemoteBase } from '../../registry/remotebase.ts';
import type { PlannedImage } from '../../steps/image/plan.ts';
import type { Platform } from '../../target/platform.ts';
import type { Session } from '../session.ts';
import { mebibytes, statusLine } from '../statusline.ts';

/** Settings of registries: the file, and the mirrors of the environment in front of it. */
export function registrySettings({ config, context }: Pick<Session, 'config' | 'context'>): RegistrySettings {
  const { KUBEWRIGHT_REGISTRY_MIRRORS: named = '' } = context.host.environment;
  const mirrors: Record<string, readonly string[]> = { ...config.registries?.mirrors };
  const ruled = registryMirrors(mirrorRules(config.mirrors, context.host.environment));
  for (const rules of [ruled, parseMirrors(named)])
    for (const [host, ours] of Object.entries(rules)) mirrors[host] = [...ours, ...(mirrors[host] ?? [])];
  return { mirrors, insecure: config.registries?.insecure ?? [] };
}

/** Clients of registries, one for each host, on one network client that is opened when the first is asked. */
export class Registries {
  readonly #session: Pick<Session, 'config' | 'context'>;
  readonly #clients = new Map<string, Registry>();
  readonly settings: RegistrySettings;
  #network: Network | undefined;

  constructor(session: Pick<Session, 'config' | 'context'>) {
    this.#session = session;
    this.settings = registrySettings(session);
  }

  /** Opens the network client; it is loaded only when something is asked. */
  async open(): Promise<void> {
    const { host, options, signal } = this.#session.context;
    const { openNetwork } = await import('../../host/network.ts');
    this.#network ??= openNetwork(host, { offline: options.offline, signal });
  }

  client(host: string): Registry {
    const network = this.#network;
    if (!network) throw new Error('the network client is not open');
    const known = this.#clients.get(host);
    if (known) return known;
    const made = new Registry({
      ...{ api: apiOf(host, this.settings), name: host, network, setting: MIRROR_SETTING },
      credentials: () => findCredentials(this.#session.context.host, host),
    });
    this.#clients.set(host, made);
    return made;
  }

  async close(): Promise<void> {
    await this.#network?.close();
  }
}

/** Reads bases; one that several images name is read once. */
export class Bases {
  readonly #session: Session;
  readonly #registries: Registries;
  readonly #cache: BlobCache;
  readonly #read = new Map<string, Promise<PlannedImage['base']>>();
  readonly #refresh: boolean;

  /** `refresh`: apt is asked again for packages. */
  constructor(session: Session, registries: Registries, refresh = false) {
    this.#session = session;
    this.#registries = registries;
    this.#refresh = refresh;
    this.#cache = new BlobCache(session.context.host, cacheDirectory(session.context.host));
  }

  /** `given`: `scratch`, a path, or a reference. `directory` is what a relative path is relative to. */
  async read(given: string, platform: Platform, directory: string): Promise<PlannedImage['base']> {
    const key = `${given} ${platform} ${directory}`;
    const known = this.#read.get(key) ?? this.#bring(given, platform, directory);
    this.#read.set(key, known);
    return known;
  }

  clean(): void {
    this.#cache.clean();
  }

  async #bring(given: string, platform: Platform, directory: string): Promise<PlannedImage['base']> {
    if (given === 'scratch' || given === '') return { name: 'scratch', layers: [], root: new Map() };
    const { host, options } = this.#session.context;
    const packages = parseDebianBase(given);
    if (packages) return this.#fromPackages(packages, platform);
    const path = isAbsolute(given) ? given : resolve(directory, given);
    const isPath = /^\.{0,2}\//.test(given) || host.files.exists(path.replace(/#[^#]*$/, ''));
    if (isPath) return planned(await readLocalBase(host, this.#cache, path, platform));
    const reference = parseReference(given);
    if (!reference) throw new Failure(notAReference(given));
    await this.#registries.open();
    const line = statusLine(this.#session.context);
    try {
      const base = await readRemoteBase(reference, platform, {
        ...{ host, cache: this.#cache, settings: this.#registries.settings, offline: options.offline },
        registry: (name) => this.#registries.client(name),
        refresh: pullsLatest(host),
        onProgress: (bytes, total, detail) =>
          line.show(`fetching ${detail}: ${mebibytes(bytes)} of ${mebibytes(total)} MiB`),
      });
      return planned(base);
    } finally {
      line.clear();
    }
  }

  async #fromPackages(packages: DebianRequest, platform: Platform): Promise<PlannedImage['base']> {
    const { host, options, signal } = this.#session.context;
    const rules = mirrorRules(this.#session.config.mirrors, host.environment);
    const { readDebianBase } = await import('../../registry/debian/base.ts');
    const line = statusLine(this.#session.context);
    try {
      const base = await readDebianBase(packages, platform, {
        ...{ host, cache: this.#cache, shared: cacheDirectory(host), signal, offline: options.offline },
        ...{
          refresh: this.#refresh,
          mirrored: (text) => rewritten(text, rules),
          onProgress: (text) => line.show(text),
        },
      });
      return planned(base);
    } finally {
      line.clear();
    }
  }
}

/** Upstream's own switch: anything with a y asks for the newest (build/lib/release.sh). */
export function pullsLatest({ environment }: Pick<Host, 'environment'>): boolean {
  return /y/i.test(environment['KUBE_BUILD_PULL_LATEST_IMAGES'] ?? 'y');
}

function planned({ name, digest, config, layers }: BaseImage): PlannedImage['base'] {
  return {
    ...{ name, digest, config, root: joinLayers(layers.map(({ facts }) => facts)) },
    layers: layers.map(({ descriptor, path, facts }) => ({
      ...{ path, digest: descriptor.digest, mediaType: descriptor.mediaType },
      ...{ size: descriptor.size, plainSize: facts.size, diffId: facts.diffId },
    })),
  };
}

function notAReference(given: string) {
  return error('request/invalid', {
    what: `${given} is neither a file nor the name of an image`,
    why: 'a base is a reference (registry.example/NAME:TAG), a file of docker save, a directory in OCI layout, Debian packages (debian://NAME,NAME), or scratch',
    help: 'correct what stands behind --base, or the base in kubewright.yaml',
  });
}
