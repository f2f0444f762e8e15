/** What apt answered and which layers were made, kept for all checkouts. The blobs themselves are in the cache of images. */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Alternative } from '../../formats/debcontrol.ts';
import type { Host } from '../../host/host.ts';
import type { PackageClosure } from './apt.ts';
import type { RootState } from './layer.ts';

export interface KeptLayer {
  readonly key: string;
  readonly digest: string;
  readonly size: number;
  /** Seconds since 1970. */
  readonly newest: number;
}

export interface RememberedClosure {
  readonly closure: PackageClosure;
  /** Digest of the sources that were asked. */
  readonly sources: string | undefined;
  readonly time: number;
}

interface WrittenState {
  readonly root: readonly (readonly [string, string | null])[];
  readonly templates: readonly (readonly [string, string])[];
  readonly status: readonly (readonly [string, string])[];
  readonly offers: readonly Alternative[];
}

export class LayerMemory {
  readonly #host: Host;
  readonly directory: string;

  constructor(host: Host, directory: string) {
    [this.#host, this.directory] = [host, directory];
  }

  /** What apt chose when it was last asked, and when that was. */
  closure(key: string): RememberedClosure | undefined {
    const path = `${this.directory}/closures/${key}.json`;
    const found = this.#read<PackageClosure & { sources?: string }>(path);
    if (!found) return undefined;
    const { sources, ...closure } = found;
    return { closure, sources, time: this.#host.files.stat(path)?.mtime ?? 0 };
  }

  rememberClosure(key: string, closure: PackageClosure, sources: string | undefined): void {
    this.#host.files.publish(
      `${this.directory}/closures/${key}.json`,
      JSON.stringify({ ...closure, ...(sources === undefined ? {} : { sources }) }),
      { fsync: false },
    );
  }

  layer(key: string): KeptLayer | undefined {
    return this.#read<KeptLayer>(`${this.directory}/layers/${key}.json`);
  }

  keepLayer(
    key: string,
    made: { readonly digest: string; readonly size: number; readonly state: RootState },
  ): KeptLayer {
    const { root, templates, status, offers, newest } = made.state;
    const state: WrittenState = {
      root: [...root].map(([path, { link }]) => [path, link ?? null]),
      templates: [...templates].map(([path, bytes]) => [path, bytes.toString('base64')]),
      status: [...status],
      offers,
    };
    const kept: KeptLayer = { key, digest: made.digest, size: made.size, newest };
    const { files } = this.#host;
    files.publish(`${this.directory}/layers/${key}.state.gz`, gzipSync(JSON.stringify(state)), {
      fsync: false,
    });
    files.publish(`${this.directory}/layers/${key}.json`, JSON.stringify(kept), { fsync: false });
    return kept;
  }

  /** What a layer tells those above it. */
  state({ key, newest }: KeptLayer): RootState {
    const bytes = this.#host.files.readBytes(`${this.directory}/layers/${key}.state.gz`);
    const { root, templates, status, offers } = JSON.parse(
      gunzipSync(bytes).toString('utf8'),
    ) as WrittenState;
    return {
      root: new Map(root.map(([path, link]) => [path, link === null ? {} : { link }])),
      templates: new Map(templates.map(([path, text]) => [path, Buffer.from(text, 'base64')])),
      status: new Map(status),
      offers: [...offers],
      newest,
    };
  }

  /** A file that is torn is one that is not there. */
  #read<T>(path: string): T | undefined {
    const text = this.#host.files.readTextIfAny(path);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as T;
    } catch {
      return undefined;
    }
  }
}
