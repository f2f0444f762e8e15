/** A bucket of Google Cloud Storage, by its JSON API. */
import { Failure } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import type { Network } from '../../host/network.ts';
import type { Answer, Exchange } from '../../host/network-exchange.ts';
import { NetworkFailure } from '../../host/network-problem.ts';
import type { UploadMemory } from '../../registry/push.ts';
import type { Fingerprint } from '../fingerprint.ts';
import { notKept, refused } from '../problems.ts';
import type { ObjectStore, SentObject, StoredObject, StoredText, TextForm } from '../store.ts';
import { GCS_LOOKED, type GcsIdentity } from './credentials.ts';

export interface GcsOptions {
  readonly bucket: string;
  readonly endpoint: string;
  readonly identity: GcsIdentity;
  readonly host: Host;
  readonly network: Network;
  /** Sessions of uploads that are not finished. */
  readonly memory: UploadMemory;
  /** A file that may be written, for objects that are read back. */
  readonly scratch: string;
  readonly setting: string;
}

type Asked = Pick<Exchange, 'method' | 'body' | 'bodyBytes' | 'headers'> & {
  /** Below the endpoint, or the address of an upload. */
  readonly url: string;
  readonly key: string;
  /** Default true. */
  readonly mayRepeat?: boolean;
};

const ANSWER_LIMIT = 16 * 1024 * 1024;
const TRIES = 6;

export class GcsStore implements ObjectStore {
  readonly #options: GcsOptions;

  constructor(options: GcsOptions) {
    this.#options = options;
  }

  get name(): string {
    return `gs://${this.#options.bucket}`;
  }

  get setting(): string {
    return this.#options.setting;
  }

  async list(prefix: string): Promise<ReadonlyMap<string, StoredObject>> {
    const found = new Map<string, StoredObject>();
    for (let token: string | undefined = ''; token !== undefined; ) {
      const query = new URLSearchParams({ prefix, ...(token ? { pageToken: token } : {}) });
      const answer = await this.#ask({ method: 'GET', url: `${this.#objects()}?${query}`, key: '' });
      const page = JSON.parse(answer.body.toString('utf8')) as ObjectPage;
      for (const { name, size, md5Hash = '' } of page.items ?? [])
        found.set(name, { size: Number(size), tag: Buffer.from(md5Hash, 'base64').toString('hex') });
      token = page.nextPageToken || undefined;
    }
    return found;
  }

  async isSame(key: string, { size, tag }: StoredObject, fingerprint: Fingerprint): Promise<boolean> {
    if (size !== fingerprint.size) return false;
    if (tag !== '') return tag === fingerprint.md5;
    // An object that was put together of others has no MD5.
    const { host, scratch } = this.#options;
    const file = host.files.temporaryName(scratch);
    try {
      await this.download(key, file, fingerprint.size);
      return host.files.digest(file) === fingerprint.sha256;
    } finally {
      host.files.remove(file);
    }
  }

  async send(object: SentObject): Promise<number> {
    const { key, file, fingerprint } = object;
    const { files } = this.#options.host;
    if (fingerprint.pieces.length > 1) return this.#sendPieces(object);
    const content = () => files.range(file, 0, fingerprint.size);
    await this.#sendWhole(key, metadataOf(object), { content, size: fingerprint.size });
    return fingerprint.size;
  }

  /** Facts and bytes in one request: it can be repeated. */
  async #sendWhole(
    key: string,
    metadata: TextForm,
    { content, size }: { readonly content: () => AsyncIterable<Uint8Array>; readonly size: number },
    condition = '',
  ): Promise<Answer> {
    const boundary = 'kubewright-facts-and-bytes';
    const json = JSON.stringify(metadata);
    const head = Buffer.from(
      `--${boundary}\r\ncontent-type: application/json\r\n\r\n${json}\r\n--${boundary}\r\ncontent-type: ${metadata.contentType}\r\n\r\n`,
    );
    const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
    async function* body() {
      yield head;
      yield* content();
      yield tail;
    }
    return this.#ask(
      {
        ...{ method: 'POST', url: `${this.#uploads()}?uploadType=multipart${condition}`, key },
        ...{ body, bodyBytes: head.length + size + tail.length },
        headers: { 'content-type': `multipart/related; boundary=${boundary}` },
      },
      [412],
    );
  }

  /** In pieces, each from where the server says that it stands; goes on with an upload of a run before this one. */
  async #sendPieces(object: SentObject): Promise<number> {
    const { memory } = this.#options;
    const { key, fingerprint } = object;
    const remembered = `${this.name}/${key}@${fingerprint.sha256}`;
    let session = memory.get(remembered);
    let at = session === undefined ? undefined : await this.#remembered(session, object);
    let sent = 0;
    for (let tries = 0; at !== fingerprint.size; ) {
      if (session === undefined || at === undefined) {
        session = await this.#begin(object);
        memory.set(remembered, session);
        at = 0;
      }
      const from = at;
      const piece = fingerprint.pieces.find(({ to }) => to > from);
      try {
        if (piece) at = await this.#sendPiece(session, object, from, piece.to);
        sent += at === undefined ? 0 : at - from;
        if (at !== undefined && at > from && at <= fingerprint.size) tries = 0;
        // A server that does not get on, or past the end, has lost what it had.
        else if (++tries >= TRIES) throw new Failure(notKept(this.name, key));
        else at = undefined;
      } catch (problem) {
        if (!(problem instanceof NetworkFailure) || !problem.mayRetry || ++tries >= TRIES) throw problem;
        at = await this.#standing(session, object);
      }
    }
    memory.set(remembered, undefined);
    return sent;
  }

  async #begin(object: SentObject): Promise<string> {
    const url = `${this.#uploads()}?uploadType=resumable&name=${encodeURIComponent(object.key)}`;
    const answer = await this.#ask({
      ...{ method: 'POST', url, key: object.key, body: Buffer.from(JSON.stringify(metadataOf(object))) },
      headers: {
        'content-type': 'application/json',
        'x-upload-content-length': String(object.fingerprint.size),
      },
    });
    const location = answer.headers['location'];
    if (!location) throw new Failure(this.#refusal(answer, { method: 'POST', key: object.key }));
    return new URL(location, answer.url).href;
  }

  /** Sends bytes; returns how many the server has now. */
  async #sendPiece(
    session: string,
    { key, file, fingerprint }: SentObject,
    from: number,
    to: number,
  ): Promise<number | undefined> {
    const body = () => this.#options.host.files.range(file, from, to);
    const answer = await this.#request({
      ...{ method: 'PUT', url: session, key, body, bodyBytes: to - from, mayRepeat: false },
      headers: { 'content-range': `bytes ${from}-${to - 1}/${fingerprint.size}` },
    });
    if (answer.status >= 500 || answer.status === 408 || answer.status === 429)
      throw new NetworkFailure(
        { url: answer.url, what: `${this.name}/${key}`, setting: this.setting, verb: 'sent to' },
        { cause: `the server answered ${answer.status}`, mayRetry: true, status: answer.status },
      );
    return this.#reached(answer, key, fingerprint.size);
  }

  /** How many bytes of an upload the server has; undefined when it has forgotten it. */
  async #standing(session: string, { key, fingerprint }: SentObject): Promise<number | undefined> {
    const answer = await this.#request({
      ...{ method: 'PUT', url: session, key, body: new Uint8Array() },
      headers: { 'content-range': `bytes */${fingerprint.size}` },
    });
    return this.#reached(answer, key, fingerprint.size);
  }

  /** As `#standing`, of an upload that a run before this one began; its address may lead nowhere by now. */
  async #remembered(session: string, object: SentObject): Promise<number | undefined> {
    try {
      return await this.#standing(session, object);
    } catch (problem) {
      if (problem instanceof Failure) return undefined;
      throw problem;
    }
  }

  #reached(answer: Answer, key: string, size: number): number | undefined {
    if (answer.status === 200 || answer.status === 201) return size;
    if (answer.status === 308) {
      const last = /^(?:bytes=)?0-(\d+)$/.exec(answer.headers['range'] ?? '')?.[1];
      return last === undefined ? 0 : Number(last) + 1;
    }
    if (answer.status === 404 || answer.status === 410) return undefined;
    throw new Failure(this.#refusal(answer, { method: 'PUT', key }));
  }

  async readText(key: string): Promise<StoredText | undefined> {
    const facts = await this.#ask({ method: 'GET', url: this.#object(key), key }, [404]);
    if (facts.status === 404) {
      if (/bucket/i.test(messageOf(facts).message)) throw new Failure(this.#refusal(facts, bucketItself));
      return undefined;
    }
    const { generation = '' } = JSON.parse(facts.body.toString('utf8')) as { generation?: string };
    const answer = await this.#ask({ method: 'GET', url: `${this.#object(key)}?alt=media`, key });
    return { text: answer.body.toString('utf8'), version: generation };
  }

  async writeText(
    key: string,
    text: string,
    form: TextForm,
    replaced: StoredText | undefined,
  ): Promise<boolean> {
    const bytes = Buffer.from(text);
    async function* content() {
      yield bytes;
    }
    const condition = `&ifGenerationMatch=${replaced?.version || 0}`;
    const whole = { content, size: bytes.length };
    const answer = await this.#sendWhole(key, { name: key, ...form } as TextForm, whole, condition);
    if (answer.status !== 412) return true;
    // A try whose answer was lost may have written it.
    return (await this.readText(key))?.text === text;
  }

  async download(key: string, file: string, limitBytes: number): Promise<void> {
    const { network, identity, setting } = this.#options;
    const authorization = await identity.authorization();
    const url = `${this.#object(key)}?alt=media`;
    await network.download(
      {
        ...{ url, what: `${this.name}/${key}`, setting, limitBytes },
        ...(authorization ? { authorization } : {}),
      },
      file,
    );
  }

  async remove(key: string): Promise<void> {
    await this.#ask({ method: 'DELETE', url: this.#object(key), key }, [404]);
  }

  #objects(): string {
    return `${this.#endpoint()}/storage/v1/b/${encodeURIComponent(this.#options.bucket)}/o`;
  }

  #object(key: string): string {
    return `${this.#objects()}/${encodeURIComponent(key)}`;
  }

  #uploads(): string {
    return `${this.#endpoint()}/upload/storage/v1/b/${encodeURIComponent(this.#options.bucket)}/o`;
  }

  #endpoint(): string {
    return this.#options.endpoint.replace(/\/+$/, '');
  }

  async #ask(asked: Asked, allowed: readonly number[] = []): Promise<Answer> {
    const answer = await this.#request(asked);
    if ((answer.status >= 200 && answer.status < 300) || allowed.includes(answer.status)) return answer;
    throw new Failure(this.#refusal(answer, asked));
  }

  async #request({ url, key, headers, mayRepeat = true, ...rest }: Asked): Promise<Answer> {
    const { network, identity, setting, endpoint } = this.#options;
    const isOwn = new URL(url).origin === new URL(endpoint).origin;
    const authorization = isOwn ? await identity.authorization() : undefined;
    return network.exchange({
      ...{ ...rest, url, setting, mayRepeat, limitBytes: ANSWER_LIMIT },
      what: key ? `${this.name}/${key}` : `the list of ${this.name}`,
      ...(rest.method === 'GET' ? {} : { verb: 'sent to' as const }),
      headers: { ...headers, ...(authorization ? { authorization } : {}) },
    });
  }

  #refusal(answer: Answer, { method, key }: Pick<Asked, 'method' | 'key'>) {
    const { status } = answer;
    const { code, message } = messageOf(answer);
    const { from } = this.#options.identity;
    const kind =
      status === 404 && key === ''
        ? 'missing'
        : status === 401
          ? 'credentials'
          : status === 403
            ? 'forbidden'
            : 'other';
    return refused(
      {
        ...{ store: this.name, status, code, message, asked: `${method} ${key || 'the bucket'}` },
        ...{ credentials: from, looked: GCS_LOOKED, setting: this.setting },
      },
      kind,
    );
  }
}

interface ObjectPage {
  readonly items?: readonly { readonly name: string; readonly size: string; readonly md5Hash?: string }[];
  readonly nextPageToken?: string;
}

const bucketItself = { method: 'GET', key: '' } as const;

function metadataOf({ key, contentType, cacheControl, fingerprint }: SentObject) {
  const md5Hash = Buffer.from(fingerprint.md5, 'hex').toString('base64');
  return { name: key, contentType, cacheControl, md5Hash, metadata: { sha256: fingerprint.sha256 } };
}

function messageOf({ body }: Answer): { code: string; message: string } {
  try {
    const { error: told } = JSON.parse(body.toString('utf8')) as {
      error?: { message?: string; errors?: { reason?: string }[] };
    };
    return { code: told?.errors?.[0]?.reason ?? '', message: told?.message ?? '' };
  } catch {
    return { code: '', message: '' };
  }
}
