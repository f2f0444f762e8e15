/** Images of an engine: looked at, loaded, named, saved, removed. Nothing here asks a registry. */
import { error, Failure } from '../diagnostic/diagnostic.ts';
import { type EngineApi, filters } from './api.ts';
import { refusal } from './problems.ts';
import type { ImageInspect, ImageSummary } from './types.ts';

export class EngineImages {
  readonly #api: EngineApi;

  constructor(api: EngineApi) {
    this.#api = api;
  }

  /** The image behind a name or id; undefined when the engine has none. */
  inspect(name: string): Promise<ImageInspect | undefined> {
    return this.#api.json({
      ...{ method: 'GET', path: `/images/${encodeName(name)}/json`, accept: [404] },
      what: `look at the image ${name}`,
    });
  }

  /** Images by label (`key` or `key=value`) or reference pattern (`kube-build:*`). */
  async list(wanted: {
    readonly label?: readonly string[];
    readonly reference?: readonly string[];
  }): Promise<ImageSummary[]> {
    const named = Object.fromEntries(Object.entries(wanted).filter(([, values]) => values !== undefined));
    const query = Object.keys(named).length > 0 ? { filters: filters(named) } : {};
    const found = await this.#api.json<ImageSummary[]>({
      ...{ method: 'GET', path: '/images/json', query, what: 'list its images' },
    });
    return [...(found ?? [])];
  }

  /**
   * Loads an archive of `docker save` or an OCI layout in a tar, gzip or plain; returns the names or ids that the engine tells.
   * The engine reports a damaged archive within a good answer: that is a Failure here.
   */
  async load(archive: AsyncIterable<Uint8Array> | Uint8Array): Promise<string[]> {
    const loaded: string[] = [];
    const what = 'load an image';
    const call = { method: 'POST', path: '/images/load', query: { quiet: 1 }, bytes: archive, what } as const;
    for await (const line of this.#api.lines<Progress>({ ...call, firstByteMilliseconds: LONG })) {
      if (line.error ?? line.errorDetail) throw this.#refused(what, line);
      const [, name] = /Loaded image(?: ID)?: (\S+)/.exec(line.stream ?? '') ?? [];
      if (name) loaded.push(name);
    }
    return loaded;
  }

  /** Makes an image of one layer out of a root file system in a tar: `docker import`. Returns its id. */
  async importFiles(archive: AsyncIterable<Uint8Array> | Uint8Array, name: string): Promise<string> {
    const what = `import the image ${name}`;
    let id = '';
    // The whole name in one, as the Docker command line has it: podman overlooks a tag that stands apart.
    const query = { fromSrc: '-', repo: name };
    const call = { method: 'POST', path: '/images/create', query, bytes: archive, what } as const;
    for await (const line of this.#api.lines<Progress>({ ...call, firstByteMilliseconds: LONG })) {
      if (line.error ?? line.errorDetail) throw this.#refused(what, line);
      if (line.status) id = line.status;
    }
    return id;
  }

  async tag(name: string, as: string): Promise<void> {
    await this.#done({
      ...{ method: 'POST', path: `/images/${encodeName(name)}/tag`, query: splitName(as) },
      what: `name the image ${name} ${as}`,
    });
  }

  /** Images as an archive that `load` reads. */
  async *save(names: readonly string[]): AsyncGenerator<Uint8Array> {
    const answer = await this.#api.call({
      ...{ method: 'GET', path: '/images/get', query: { names }, firstByteMilliseconds: LONG },
      what: `save ${names.join(', ')}`,
    });
    yield* this.#api.body(answer);
  }

  /** Removes a name, and the image with its last one. False when there is none, or a container still needs it. */
  async remove(name: string, options: { readonly force?: boolean } = {}): Promise<boolean> {
    const answer = await this.#api.call({
      ...{ method: 'DELETE', path: `/images/${encodeName(name)}`, accept: [404, 409] },
      ...{ query: { force: options.force ?? false }, what: `remove the image ${name}` },
    });
    await this.#api.text(answer, 0);
    return answer.status === 200;
  }

  async #done(call: Parameters<EngineApi['call']>[0]): Promise<void> {
    await this.#api.text(await this.#api.call(call), 0);
  }

  #refused(what: string, line: Progress): Failure {
    const words = line.errorDetail?.message ?? line.error ?? '';
    const { address } = this.#api.connection;
    if (!/archive|manifest|invalid|unexpected EOF|tar/i.test(words))
      return refusal(address, what, 200, words);
    return new Failure(
      error('image/engine-failed', {
        what: `the engine at ${address} could not ${what}: ${words}`,
        why: 'it does not take the archive for one of an image',
        help: 'make the archive again (kubewright image, or docker save), and see that it is whole',
      }),
    );
  }
}

interface Progress {
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
}

/** A large image on a slow disk. */
const LONG = 30 * 60_000;

/** A name within a path: slashes and colons stand in names of images. */
function encodeName(name: string): string {
  return encodeURIComponent(name).replaceAll('%2F', '/').replaceAll('%3A', ':');
}

function splitName(name: string): { repo: string; tag: string } {
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/')
    ? { repo: name.slice(0, colon), tag: name.slice(colon + 1) }
    : { repo: name, tag: 'latest' };
}
