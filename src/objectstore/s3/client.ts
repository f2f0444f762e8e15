/** Requests of the S3 API, signed (Signature Version 4), with what its answers mean. */
import { AwsV4Signer } from 'aws4fetch';
import { type Diagnostic, Failure } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import type { Network } from '../../host/network.ts';
import type { Answer, Exchange } from '../../host/network-exchange.ts';
import { refused } from '../problems.ts';
import { S3_LOOKED, type S3Credentials } from './credentials.ts';
import { elements } from './xml.ts';

export interface S3Options {
  readonly bucket: string;
  /** `https://storage.example.com`: buckets are directories below it, which every server understands. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials?: S3Credentials;
  readonly host: Host;
  readonly network: Network;
  /** The settings that name another address. */
  readonly setting: string;
}

export interface S3Request {
  readonly method: Exchange['method'];
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Exchange['body'];
  readonly bodyBytes?: number;
  /** SHA-256 of the body in hexadecimal: the server refuses other bytes. */
  readonly sha256?: string;
  readonly limitBytes?: number;
  /** Whether sending it twice does no harm; default true. */
  readonly mayRepeat?: boolean;
}

/** SHA-256 of nothing. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const ANSWER_LIMIT = 16 * 1024 * 1024;

/** Codes of S3 that speak of who we are, not of what we may. */
const UNKNOWN_CODES =
  /^(InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|InvalidSecurity|RequestTimeTooSkewed|AuthorizationHeaderMalformed|NotSignedUp)$/;

export class S3Client {
  readonly #options: S3Options;
  #region: string;

  constructor(options: S3Options) {
    this.#options = options;
    this.#region = options.region;
  }

  get name(): string {
    return `s3://${this.#options.bucket}`;
  }

  /** Sends a request. Asked anew where the bucket has another region. */
  async request(asked: S3Request): Promise<Answer> {
    const answer = await this.#send(asked);
    const region =
      answer.headers['x-amz-bucket-region'] ?? elements(answer.body.toString('utf8'), 'Region')[0];
    if (![301, 307, 400].includes(answer.status) || !region || region === this.#region) return answer;
    this.#region = region;
    return this.#send(asked);
  }

  /** As `request`; anything but success (and the statuses in `allowed`) is a Failure. */
  async ask(asked: S3Request, allowed: readonly number[] = []): Promise<Answer> {
    const answer = await this.request(asked);
    // A finished upload may be told as failed in the body of a success (CompleteMultipartUpload).
    const isError = answer.status === 200 && /^\s*(<\?xml[^>]*>\s*)?<Error>/.test(startOf(answer));
    if (allowed.includes(answer.status)) return answer;
    if (answer.status >= 200 && answer.status < 300 && !isError) return answer;
    throw new Failure(this.refusal(answer, asked));
  }

  /** The letter about an answer that is no success. */
  refusal(answer: Answer, { method, key }: Pick<S3Request, 'method' | 'key'>): Diagnostic {
    const { credentials, setting } = this.#options;
    const xml = startOf(answer);
    const [code = ''] = elements(xml, 'Code');
    const [message = ''] = elements(xml, 'Message');
    const { status } = answer;
    const isUnknown =
      UNKNOWN_CODES.test(code) || status === 401 || (status === 403 && credentials === undefined);
    const kind =
      code === 'NoSuchBucket' || (status === 404 && key === '')
        ? 'missing'
        : isUnknown
          ? 'credentials'
          : status === 403 || code === 'AccessDenied'
            ? 'forbidden'
            : 'other';
    return refused(
      {
        ...{ store: this.name, status, code, message, asked: `${method} ${key || 'the bucket'}` },
        ...{ credentials: credentials?.from, looked: S3_LOOKED, setting },
      },
      kind,
    );
  }

  /** Address and headers of a GET, for downloads that resume. */
  async signedGet(key: string): Promise<{ url: string; signedHeaders: Record<string, string> }> {
    const { url, headers } = await this.#signed({ method: 'GET', key });
    return { url, signedHeaders: headers };
  }

  async #send(asked: S3Request): Promise<Answer> {
    const { network, setting } = this.#options;
    const { method, key, body, bodyBytes, limitBytes = ANSWER_LIMIT, mayRepeat = true } = asked;
    const { url, headers } = await this.#signed(asked);
    return network.exchange({
      ...{ method, url, headers, setting, limitBytes, mayRepeat },
      what: key ? `${this.name}/${key}` : `the list of ${this.name}`,
      ...(method === 'GET' || method === 'HEAD' ? {} : { verb: 'sent to' as const }),
      ...(body === undefined ? {} : { body }),
      ...(bodyBytes === undefined ? {} : { bodyBytes }),
    });
  }

  async #signed({ method, key, query = {}, headers = {}, sha256 = EMPTY }: S3Request) {
    const { endpoint, bucket, credentials, host } = this.#options;
    const path = [bucket, ...(key === '' ? [] : key.split('/'))].map(escaped).join('/');
    const search = Object.entries(query).map(([name, value]) => `${escaped(name)}=${escaped(value)}`);
    const url = `${endpoint.replace(/\/+$/, '')}/${path}${search.length > 0 ? `?${search.join('&')}` : ''}`;
    const all = { ...headers, 'x-amz-content-sha256': sha256 };
    if (!credentials) return { url, headers: headers as Record<string, string> };
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const signer = new AwsV4Signer({
      ...{ method, url, headers: all, service: 's3', region: this.#region },
      ...{ accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
      datetime: new Date(host.clock.now()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    });
    const signed = await signer.sign();
    return { url: signed.url.href, headers: Object.fromEntries(signed.headers) };
  }
}

/** RFC 3986: the signature is about this form of a name, so it is sent like that. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function startOf({ body }: Answer): string {
  return body.subarray(0, 8192).toString('utf8');
}
