/** A bucket of S3 or of one of the many servers that speak like it. */
import { createHash } from 'node:crypto';
import { Failure } from '../../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../../formats/digest.ts';
import type { Host } from '../../host/host.ts';
import type { Network } from '../../host/network.ts';
import { NetworkFailure } from '../../host/network-problem.ts';
import { type Fingerprint, fingerprintOfText, type Piece } from '../fingerprint.ts';
import type { ObjectStore, SentObject, StoredObject, StoredText, TextForm } from '../store.ts';
import { S3Client, type S3Options } from './client.ts';
import { elements, sections } from './xml.ts';

const TRIES = 6;
const TEXT_LIMIT = 16 * 1024 * 1024;
/** Kept with each object, for people and other tools: S3 itself knows digests of pieces. */
const SHA256_METADATA = 'x-amz-meta-sha256';

export class S3Store implements ObjectStore {
  readonly #client: S3Client;
  readonly #host: Host;
  readonly #network: Network;
  readonly #scratch: string;
  readonly setting: string;

  /** `scratch`: a file that may be written, for objects that are read back. */
  constructor(options: S3Options & { readonly scratch: string }) {
    this.#client = new S3Client(options);
    this.#host = options.host;
    this.#network = options.network;
    this.#scratch = options.scratch;
    this.setting = options.setting;
  }

  get name(): string {
    return this.#client.name;
  }

  async list(prefix: string): Promise<ReadonlyMap<string, StoredObject>> {
    const found = new Map<string, StoredObject>();
    for (let token: string | undefined = ''; token !== undefined; ) {
      const query = { 'list-type': '2', prefix, ...(token ? { 'continuation-token': token } : {}) };
      const answer = await this.#client.ask({ method: 'GET', key: '', query });
      const xml = answer.body.toString('utf8');
      for (const one of sections(xml, 'Contents')) {
        const [[key], [size], [tag = '']] = ['Key', 'Size', 'ETag'].map((name) => elements(one, name)) as [
          string[],
          string[],
          string[],
        ];
        if (key !== undefined) found.set(key, { size: Number(size), tag: bareTag(tag) });
      }
      token = elements(xml, 'NextContinuationToken')[0];
    }
    return found;
  }

  async isSame(key: string, { size, tag }: StoredObject, fingerprint: Fingerprint): Promise<boolean> {
    if (size !== fingerprint.size) return false;
    if (tag === tagOf(fingerprint)) return true;
    // Encrypted, or cut otherwise by whoever sent it: the tag says nothing about the bytes.
    const scratch = this.#host.files.temporaryName(this.#scratch);
    try {
      await this.download(key, scratch, fingerprint.size);
      return this.#host.files.digest(scratch) === fingerprint.sha256;
    } finally {
      this.#host.files.remove(scratch);
    }
  }

  async send(object: SentObject): Promise<number> {
    return object.fingerprint.pieces.length === 1 ? this.#sendWhole(object) : this.#sendPieces(object);
  }

  async #sendWhole({ key, file, fingerprint, contentType, cacheControl }: SentObject): Promise<number> {
    const { size, sha256 } = fingerprint;
    await this.#client.ask({
      ...{ method: 'PUT', key, sha256, body: () => this.#host.files.range(file, 0, size), bodyBytes: size },
      headers: {
        ...{ 'content-type': contentType, 'cache-control': cacheControl, [SHA256_METADATA]: sha256 },
        'content-md5': Buffer.from(fingerprint.md5, 'hex').toString('base64'),
      },
    });
    return size;
  }

  /** Goes on with an upload that a run before this one began: its pieces are compared, and only the others sent. */
  async #sendPieces(object: SentObject): Promise<number> {
    const { key, file, fingerprint } = object;
    const begun = await this.#begun(key);
    const upload = begun ?? (await this.#beginOnce(object));
    const there = begun === undefined ? new Map<number, string>() : await this.#pieces(key, begun);
    let sent = 0;
    for (const [i, piece] of fingerprint.pieces.entries()) {
      if (there.get(i + 1) === piece.md5) continue;
      await this.#sendPiece(key, file, upload, i + 1, piece);
      sent += piece.to - piece.from;
    }
    await this.#finish(key, upload, fingerprint);
    return sent;
  }

  /** The newest upload of an object that is not finished. */
  async #begun(key: string): Promise<string | undefined> {
    const query = { uploads: '', prefix: key };
    // Servers that keep no list of them begin anew.
    const answer = await this.#client.ask({ method: 'GET', key: '', query }, [403, 404, 501]);
    if (answer.status !== 200) return undefined;
    const uploads = sections(answer.body.toString('utf8'), 'Upload')
      .filter((one) => elements(one, 'Key')[0] === key)
      .map((one) => ({ id: elements(one, 'UploadId')[0], time: elements(one, 'Initiated')[0] ?? '' }));
    return uploads.sort((a, b) => (a.time < b.time ? 1 : -1))[0]?.id;
  }

  /** Begun twice, one upload would stay behind and be paid for: where an answer is lost, what it began is looked up. */
  async #beginOnce(object: SentObject): Promise<string> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#begin(object);
      } catch (problem) {
        if (!(problem instanceof NetworkFailure) || !problem.mayRetry || tries >= TRIES) throw problem;
        const begun = await this.#begun(object.key);
        if (begun !== undefined) return begun;
      }
    }
  }

  async #begin({ key, fingerprint, contentType, cacheControl }: SentObject): Promise<string> {
    const asked = { method: 'POST', key, query: { uploads: '' }, mayRepeat: false } as const;
    const answer = await this.#client.ask({
      ...{ ...asked, body: new Uint8Array() },
      headers: {
        ...{ 'content-type': contentType, 'cache-control': cacheControl },
        [SHA256_METADATA]: fingerprint.sha256,
      },
    });
    const [id] = elements(answer.body.toString('utf8'), 'UploadId');
    if (id === undefined) throw new Failure(this.#client.refusal(answer, asked));
    return id;
  }

  /** Number → MD5 of the pieces that an upload has. */
  async #pieces(key: string, upload: string): Promise<Map<number, string>> {
    const found = new Map<number, string>();
    for (let marker: string | undefined = ''; marker !== undefined; ) {
      const query = { uploadId: upload, ...(marker ? { 'part-number-marker': marker } : {}) };
      const answer = await this.#client.ask({ method: 'GET', key, query }, [404]);
      const xml = answer.status === 404 ? '' : answer.body.toString('utf8');
      for (const one of sections(xml, 'Part'))
        found.set(Number(elements(one, 'PartNumber')[0]), bareTag(elements(one, 'ETag')[0] ?? ''));
      const isMore = elements(xml, 'IsTruncated')[0] === 'true';
      marker = isMore ? elements(xml, 'NextPartNumberMarker')[0] : undefined;
    }
    return found;
  }

  async #sendPiece(key: string, file: string, upload: string, number: number, piece: Piece): Promise<void> {
    const { from, to, sha256, md5 } = piece;
    await this.#client.ask({
      ...{
        method: 'PUT',
        key,
        sha256,
        body: () => this.#host.files.range(file, from, to),
        bodyBytes: to - from,
      },
      query: { partNumber: String(number), uploadId: upload },
      headers: { 'content-md5': Buffer.from(md5, 'hex').toString('base64') },
    });
  }

  async #finish(key: string, upload: string, fingerprint: Fingerprint): Promise<void> {
    const parts = fingerprint.pieces.map(
      ({ md5 }, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>"${md5}"</ETag></Part>`,
    );
    const body = Buffer.from(
      `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`,
    );
    const asked = { method: 'POST', key, query: { uploadId: upload } } as const;
    const sha256 = digestOfBytes(body);
    // Gone already: a try whose answer was lost has finished it. Whether it did is checked with all objects.
    await this.#client.ask({ ...asked, body, sha256, headers: { 'content-type': 'application/xml' } }, [404]);
  }

  async readText(key: string): Promise<StoredText | undefined> {
    const answer = await this.#client.request({ method: 'GET', key, limitBytes: TEXT_LIMIT });
    if (answer.status === 200)
      return { text: answer.body.toString('utf8'), version: answer.headers['etag'] ?? '' };
    const missing = answer.status === 404 && !/NoSuchBucket/.test(answer.body.toString('utf8'));
    if (missing) return undefined;
    throw new Failure(this.#client.refusal(answer, { method: 'GET', key }));
  }

  async writeText(
    key: string,
    text: string,
    form: TextForm,
    replaced: StoredText | undefined,
  ): Promise<boolean> {
    const { sha256, md5 } = fingerprintOfText(text);
    const put = (condition: Record<string, string>) =>
      this.#client.ask(
        {
          ...{ method: 'PUT', key, sha256, body: Buffer.from(text) },
          headers: {
            ...{ 'content-type': form.contentType, 'cache-control': form.cacheControl, ...condition },
            'content-md5': Buffer.from(md5, 'hex').toString('base64'),
          },
        },
        [409, 412, 501],
      );
    const answer = await put(replaced ? { 'if-match': replaced.version } : { 'if-none-match': '*' });
    // Conditional writes are young (2024): a server without them says so.
    if (answer.status === 501) return (await put({})).status < 300;
    if (answer.status < 300) return true;
    // A try whose answer was lost may have written it.
    return (await this.readText(key))?.text === text;
  }

  async download(key: string, file: string, limitBytes: number): Promise<void> {
    const what = `${this.name}/${key}`;
    await this.#network.download(
      { ...(await this.#client.signedGet(key)), what, limitBytes, setting: this.setting },
      file,
    );
  }

  async remove(key: string): Promise<void> {
    await this.#client.ask({ method: 'DELETE', key }, [404]);
  }
}

/** The entity tag that S3 gives to these bytes in these pieces. */
function tagOf({ pieces, md5 }: Fingerprint): string {
  if (pieces.length === 1) return md5;
  const all = Buffer.concat(pieces.map((piece) => Buffer.from(piece.md5, 'hex')));
  return `${createHash('md5').update(all).digest('hex')}-${pieces.length}`;
}

function bareTag(tag: string): string {
  return tag.replace(/^(W\/)?"|"$/g, '');
}
