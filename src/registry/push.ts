/**
 * Sends images to a registry: what it has is not sent, what another repository has is mounted, an upload that broke goes
 * on where it broke, everything is checked afterwards, and names are given last (reliability R6.13).
 */
import { error, Failure } from '../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../formats/digest.ts';
import type { Answer } from '../host/network-exchange.ts';
import { NetworkFailure } from '../host/network-problem.ts';
import type { Registry, Scope } from './client.ts';

/** A blob that can be read from any byte on. */
export interface SentBlob {
  readonly digest: string;
  readonly size: number;
  readonly open: (from: number, to: number) => AsyncIterable<Uint8Array>;
}

/** One image, or one list of images, and what it consists of. */
export interface SentImage {
  readonly repository: string;
  /** Empty for one that only its list names. */
  readonly tags: readonly string[];
  readonly manifest: { readonly digest: string; readonly mediaType: string; readonly bytes: Uint8Array };
  readonly blobs: readonly SentBlob[];
}

export interface PushReport {
  /** Blobs that were sent, mounted from another repository, and there already. */
  readonly sent: number;
  readonly mounted: number;
  readonly present: number;
  readonly sentBytes: number;
}

export interface PushOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number, detail: string) => void;
  /** Bytes of one piece of an upload. */
  readonly chunkBytes?: number;
  /** Where an upload stands that a run before this one began: repository and digest → address. */
  readonly resumed?: UploadMemory;
}

/** Remembers uploads over runs, so that a killed one goes on. */
export interface UploadMemory {
  get(key: string): string | undefined;
  set(key: string, location: string | undefined): void;
}

const CHUNK_BYTES = 16 * 1024 * 1024;
const TRIES = 6;

/** Sends lists after what they list: the order of `images` is kept. Tags are set when everything else is there. */
export async function pushImages(
  registry: Registry,
  images: readonly SentImage[],
  options: PushOptions,
): Promise<PushReport> {
  const pushing = new Pushing(registry, options, images);
  for (const image of images) for (const blob of image.blobs) await pushing.blob(image.repository, blob);
  for (const { repository, manifest } of images)
    await pushing.manifest(repository, manifest, manifest.digest);
  for (const image of images) await pushing.check(image);
  for (const { repository, manifest, tags } of images)
    for (const tag of tags) await pushing.manifest(repository, manifest, tag);
  return pushing.report;
}

class Pushing {
  readonly #registry: Registry;
  readonly #options: PushOptions;
  readonly #total: number;
  #done = 0;
  /** Digest → a repository of this registry that has it. */
  readonly #places = new Map<string, string>();
  readonly #seen = new Set<string>();
  readonly report = { sent: 0, mounted: 0, present: 0, sentBytes: 0 };

  constructor(registry: Registry, options: PushOptions, images: readonly SentImage[]) {
    this.#registry = registry;
    this.#options = options;
    this.#total = images.reduce((sum, { blobs }) => sum + blobs.reduce((all, blob) => all + blob.size, 0), 0);
  }

  async blob(repository: string, blob: SentBlob): Promise<void> {
    this.#options.signal.throwIfAborted();
    const key = `${repository}@${blob.digest}`;
    if (!this.#seen.has(key)) {
      this.#seen.add(key);
      await this.#settle(repository, blob, key);
      this.#places.set(blob.digest, repository);
    }
    this.#progress(blob.size, blob.digest);
  }

  async #settle(repository: string, blob: SentBlob, key: string): Promise<void> {
    const scope: Scope = { repository, actions: 'pull,push' };
    if (await this.#registry.hasBlob(scope, blob.digest, blob.size)) {
      this.report.present++;
      return;
    }
    const from = this.#places.get(blob.digest);
    const resumed = this.#options.resumed?.get(key);
    const location = resumed ?? (await this.#begin(scope, blob, from));
    if (location === undefined) {
      this.report.mounted++;
      return;
    }
    await this.#upload(scope, blob, key, location, resumed !== undefined);
    this.#options.resumed?.set(key, undefined);
    this.report.sent++;
    if (!(await this.#registry.hasBlob(scope, blob.digest, blob.size)))
      throw new Failure(notKept(this.#registry.name, repository, blob.digest));
  }

  /** Begins an upload; undefined when the registry took the blob from another repository of its own. */
  async #begin(
    scope: Scope,
    blob: Pick<SentBlob, 'digest'>,
    from: string | undefined,
  ): Promise<string | undefined> {
    const query = from ? `?mount=${encodeURIComponent(blob.digest)}&from=${encodeURIComponent(from)}` : '';
    const answer = await this.#registry.request({
      ...{ method: 'POST', path: `${scope.repository}/blobs/uploads/${query}`, body: Buffer.alloc(0) },
      what: `an upload of ${blob.digest}`,
      verb: 'sent to',
      scope: from ? { ...scope, from } : scope,
      // An upload that was begun twice is one that the registry forgets.
      mayRepeat: true,
    });
    if (answer.status === 201) return undefined;
    if (answer.status === 202) return locationOf(answer);
    throw new Failure(this.#registry.unexpected(answer, scope.repository));
  }

  /** Pieces, each from where the registry says that it stands; begun anew when it has forgotten. */
  async #upload(
    scope: Scope,
    blob: SentBlob,
    key: string,
    location: string,
    isResumed: boolean,
  ): Promise<void> {
    const { resumed, signal, chunkBytes = CHUNK_BYTES } = this.#options;
    let at = 0;
    let place = location;
    let mustAsk = isResumed;
    for (let tries = 0; at < blob.size || mustAsk; ) {
      signal.throwIfAborted();
      try {
        if (mustAsk) {
          const standing = await this.#standing(scope, place);
          at = standing?.at ?? 0;
          place = standing?.place ?? (await this.#begin(scope, blob, undefined)) ?? place;
          mustAsk = false;
          continue;
        }
        resumed?.set(key, place);
        const end = Math.min(at + chunkBytes, blob.size);
        place = await this.#piece(scope, blob, place, at, end);
        this.report.sentBytes += end - at;
        at = end;
        tries = 0;
      } catch (problem) {
        if (!(problem instanceof NetworkFailure) || !problem.mayRetry || ++tries >= TRIES) throw problem;
        mustAsk = true;
      }
    }
    await this.#finish(scope, blob, place);
  }

  async #piece(scope: Scope, blob: SentBlob, place: string, at: number, end: number): Promise<string> {
    const answer = await this.#registry.request({
      ...{ method: 'PATCH', path: place, scope, verb: 'sent to', mayRepeat: false },
      what: `${blob.digest}, bytes ${at} to ${end}`,
      headers: { 'content-type': 'application/octet-stream', 'content-range': `${at}-${end - 1}` },
      ...{ body: () => blob.open(at, end), bodyBytes: end - at },
    });
    if (answer.status === 202 || answer.status === 204) return locationOf(answer) ?? place;
    if (answer.status === 416 || answer.status === 404 || answer.status >= 500)
      throw new NetworkFailure(
        { url: answer.url, what: blob.digest, setting: '', verb: 'sent to' },
        { cause: `the registry answered ${answer.status}`, mayRetry: true, status: answer.status },
      );
    throw new Failure(this.#registry.unexpected(answer, scope.repository));
  }

  /** How much of an upload the registry has; undefined when it has forgotten it. */
  async #standing(scope: Scope, place: string): Promise<{ at: number; place: string } | undefined> {
    const answer = await this.#registry.request({
      method: 'GET',
      path: place,
      what: 'the state of an upload',
      scope,
    });
    if (answer.status !== 204 && answer.status !== 202) return undefined;
    const range = /^(?:bytes=)?0-(\d+)$/.exec(answer.headers['range'] ?? '');
    // A registry says 0-0 for nothing as well as for one byte; pieces are larger than one byte.
    const last = Number(range?.[1] ?? 0);
    return { at: last === 0 ? 0 : last + 1, place: locationOf(answer) ?? place };
  }

  async #finish(scope: Scope, blob: SentBlob, place: string): Promise<void> {
    const path = `${place}${place.includes('?') ? '&' : '?'}digest=${encodeURIComponent(blob.digest)}`;
    const answer = await this.#registry.request({
      ...{ method: 'PUT', path, what: blob.digest, verb: 'sent to', scope, body: Buffer.alloc(0) },
      headers: { 'content-type': 'application/octet-stream' },
    });
    if (answer.status === 201 || answer.status === 204) return;
    if (answer.status === 400) throw new Failure(notKept(this.#registry.name, scope.repository, blob.digest));
    throw new Failure(this.#registry.unexpected(answer, scope.repository));
  }

  /** Sends a manifest under its digest or a tag. */
  async manifest(
    repository: string,
    { bytes, mediaType, digest }: SentImage['manifest'],
    reference: string,
  ): Promise<void> {
    this.#options.signal.throwIfAborted();
    const answer = await this.#registry.request({
      ...{ method: 'PUT', path: `${repository}/manifests/${reference}`, verb: 'sent to', mayRepeat: true },
      ...{ what: `the manifest ${repository}:${reference}`, body: bytes },
      headers: { 'content-type': mediaType },
      scope: { repository, actions: 'pull,push' },
    });
    if (answer.status !== 201) throw new Failure(this.#registry.unexpected(answer, repository));
    const told = answer.headers['docker-content-digest'];
    if (told && told !== digest) throw new Failure(notKept(this.#registry.name, repository, digest));
  }

  /** What was sent is read back before anything gets a name. */
  async check({ repository, manifest, blobs }: SentImage): Promise<void> {
    const scope: Scope = { repository, actions: 'pull,push' };
    const answer = await this.#registry.manifest(repository, manifest.digest);
    const digest = answer && `sha256:${digestOfBytes(answer.body)}`;
    if (digest !== manifest.digest)
      throw new Failure(notKept(this.#registry.name, repository, manifest.digest));
    for (const blob of blobs)
      if (!(await this.#registry.hasBlob(scope, blob.digest, blob.size)))
        throw new Failure(notKept(this.#registry.name, repository, blob.digest));
  }

  #progress(bytes: number, detail: string): void {
    this.#done += bytes;
    this.#options.onProgress(this.#done, this.#total, detail);
  }
}

/** The address to go on at; relative ones are below the registry's host. */
function locationOf(answer: Answer): string | undefined {
  const location = answer.headers['location'];
  return location ? new URL(location, answer.url).href : undefined;
}

function notKept(registry: string, repository: string, digest: string) {
  return error('registry/not-kept', {
    what: `${registry} took ${digest} of ${repository}, and has something else or nothing under that digest`,
    why: 'no image was given a name: whoever pulls gets what was there before',
    help: 'run the command again; if it stays so, the storage of the registry is damaged',
  });
}
