/**
 * One registry: the requests of OCI distribution-spec 1.1 with the authentication that it asks for. Addresses of images
 * are `mirrors.ts`, what is fetched `bases.ts`, what is sent `push.ts`.
 */
import { type Diagnostic, error, Failure } from '../diagnostic/diagnostic.ts';
import { MANIFEST_LIMIT, MANIFEST_TYPES } from '../formats/oci/types.ts';
import type { Network } from '../host/network.ts';
import type { Answer, Exchange } from '../host/network-exchange.ts';
import { type Challenge, parseChallenge, refusedRealm } from './challenge.ts';
import type { Credentials } from './credentials.ts';

const TOKEN_LIMIT = 256 * 1024;
const ANSWER_LIMIT = 64 * 1024;

export interface RegistryOptions {
  /** `https://registry.k8s.io/v2/` */
  readonly api: string;
  /** As people name it. */
  readonly name: string;
  readonly network: Network;
  readonly credentials: () => Promise<Credentials | undefined>;
  /** The settings that name another address. */
  readonly setting: string;
}

/** What a request is for: the scope of its token. */
export interface Scope {
  readonly repository: string;
  readonly actions: 'pull' | 'pull,push';
  /** Another repository of the registry whose blobs are mounted. */
  readonly from?: string;
}

export type Asked = Pick<Exchange, 'method' | 'what' | 'headers' | 'body' | 'bodyBytes' | 'verb'> & {
  /** Below the API, or an address that the registry gave. */
  readonly path: string;
  readonly scope: Scope;
  readonly limitBytes?: number;
  readonly mayRepeat?: boolean;
};

export class Registry {
  readonly #options: RegistryOptions;
  readonly #authorizations = new Map<string, string>();
  #credentials: Promise<Credentials | undefined> | undefined;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** A manifest or an index by tag or digest; undefined when there is none. */
  async manifest(repository: string, reference: string): Promise<Answer | undefined> {
    const answer = await this.request({
      ...{ method: 'GET', path: `${repository}/manifests/${reference}`, limitBytes: MANIFEST_LIMIT },
      what: `the manifest ${this.name}/${repository} ${reference}`,
      headers: { accept: MANIFEST_TYPES.join(', ') },
      scope: { repository, actions: 'pull' },
    });
    return this.found(answer, repository);
  }

  /** Whether a blob is there with that size. */
  async hasBlob(scope: Scope, digest: string, size: number): Promise<boolean> {
    const what = `the blob ${digest}`;
    const path = `${scope.repository}/blobs/${digest}`;
    const answer = await this.request({ method: 'HEAD', path, what, scope });
    return (
      this.found(answer, scope.repository) !== undefined && Number(answer.headers['content-length']) === size
    );
  }

  /** Downloads a blob to a new file, resuming where the connection broke. The caller checks its digest. */
  async download(
    repository: string,
    blob: { readonly digest: string; readonly size: number },
    file: string,
    onProgress: (bytes: number) => void,
  ): Promise<void> {
    const scope: Scope = { repository, actions: 'pull' };
    const path = `${repository}/blobs/${blob.digest}`;
    const what = `the layer ${blob.digest} of ${this.name}/${repository}`;
    // A HEAD finds out who has to be told who we are; storage behind a redirect is never told.
    const head = await this.request({ method: 'HEAD', path, what, scope });
    this.found(head, repository);
    const authorization = this.#authorizations.get(keyOf(scope));
    const { setting, network } = this.#options;
    await network.download(
      {
        ...{ url: this.#address(path), what, setting, limitBytes: blob.size },
        ...(authorization ? { authorization } : {}),
      },
      file,
      onProgress,
    );
  }

  /** Sends a request; answers a challenge once. Statuses are the caller's, save 401, 403 and 5xx that stay. */
  async request(asked: Asked): Promise<Answer> {
    const key = keyOf(asked.scope);
    const first = await this.#send(asked, this.#authorizations.get(key));
    if (first.status !== 401) return first;
    const challenge = parseChallenge(first.headers['www-authenticate']);
    const authorization = challenge && (await this.#authorize(challenge, asked.scope));
    if (!authorization) throw new Failure(await this.refused(asked.scope.repository, first.status));
    this.#authorizations.set(key, authorization);
    const second = await this.#send(asked, authorization);
    if (second.status === 401 || second.status === 403)
      throw new Failure(await this.refused(asked.scope.repository, second.status));
    return second;
  }

  /** An answer that says yes, or undefined for one that says there is none; anything else is a Failure. */
  found(answer: Answer, repository: string): Answer | undefined {
    if (answer.status >= 200 && answer.status < 300) return answer;
    if (answer.status === 404) return undefined;
    throw new Failure(this.unexpected(answer, repository));
  }

  /** The letter about an answer that the specification does not know. */
  unexpected(answer: Answer, repository: string): Diagnostic {
    if (answer.status === 401 || answer.status === 403)
      return this.#refusedNow(repository, answer.status, '');
    return error('registry/failed', {
      what: `${this.name} answered ${answer.status} for ${repository}${wordsOf(answer)}`,
      why: `asked for ${new URL(answer.url).pathname}`,
      help: 'run the command again: what was transferred is not sent twice. If it stays so, the log of the registry says more',
    });
  }

  /** The letter about credentials that are missing or wrong. */
  async refused(repository: string, status: number): Promise<Diagnostic> {
    const credentials = await this.#known();
    return this.#refusedNow(repository, status, credentials?.from);
  }

  #refusedNow(repository: string, status: number, from: string | undefined): Diagnostic {
    const who =
      from === undefined ? 'without a name' : from === '' ? 'as we are' : `with the name in ${from}`;
    return error('registry/unauthorized', {
      what: `${this.name} does not let us at ${repository} ${who} (${status})`,
      why:
        from === undefined
          ? 'no credentials for this registry were found in Docker’s config.json or a credential helper'
          : 'the name or password is wrong or too old, or the account may not do this',
      help: `log in with docker login ${this.name}, or point DOCKER_CONFIG at the directory of another config.json`,
    });
  }

  #known(): Promise<Credentials | undefined> {
    this.#credentials ??= this.#options.credentials();
    return this.#credentials;
  }

  #address(path: string): string {
    return new URL(path, this.#options.api).href;
  }

  #send(asked: Asked, authorization: string | undefined): Promise<Answer> {
    const { network, setting, api } = this.#options;
    const { path, scope: _, limitBytes = ANSWER_LIMIT, mayRepeat, ...rest } = asked;
    const url = this.#address(path);
    // The registry may name another host for an upload (OCI distribution-spec, Location): it is not told who we are.
    const isOwn = new URL(url).origin === new URL(api).origin;
    return network.exchange({
      ...{ ...rest, url, setting, limitBytes },
      mayRepeat: mayRepeat ?? (asked.method === 'GET' || asked.method === 'HEAD'),
      headers: { ...asked.headers, ...(authorization && isOwn ? { authorization } : {}) },
    });
  }

  /** The value of Authorization for a challenge; undefined when nothing can be said. */
  async #authorize(challenge: Challenge, scope: Scope): Promise<string | undefined> {
    const credentials = await this.#known();
    if (challenge.scheme === 'basic') return credentials && basicOf(credentials);
    const problem = refusedRealm(challenge.realm, new URL(this.#options.api));
    if (problem !== undefined && credentials) throw new Failure(this.#badRealm(challenge.realm, problem));
    const wanted = new URLSearchParams();
    if (challenge.service) wanted.set('service', challenge.service);
    for (const one of scopesOf(scope)) wanted.append('scope', one);
    const { network, setting, name } = this.#options;
    const common = {
      what: `a token for ${name}`,
      setting,
      limitBytes: TOKEN_LIMIT,
      mayRepeat: true,
    } as const;
    const refresh = credentials?.identityToken;
    if (refresh) {
      wanted.set('grant_type', 'refresh_token');
      wanted.set('client_id', 'kubewright');
      wanted.set('refresh_token', refresh);
    }
    const basic = credentials && !refresh ? basicOf(credentials) : undefined;
    const answer = refresh
      ? await network.exchange({
          ...{ ...common, method: 'POST', url: challenge.realm, body: Buffer.from(wanted.toString()) },
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        })
      : await network.exchange({
          ...{ ...common, method: 'GET', url: withQuery(challenge.realm, wanted) },
          headers: basic ? { authorization: basic } : {},
        });
    if (answer.status !== 200) return undefined;
    const token = tokenOf(answer.body);
    return token === undefined ? undefined : `Bearer ${token}`;
  }

  #badRealm(realm: string, problem: string): Diagnostic {
    return error('registry/unauthorized', {
      what: `${this.name} wants the password to be sent to ${realm}, and it was not sent`,
      why: problem,
      help: `ask who runs ${this.name}; a registry inside your network that gives out tokens over http has to give them out itself`,
    });
  }
}

function keyOf({ repository, actions, from }: Scope): string {
  return `${repository} ${actions} ${from ?? ''}`;
}

function scopesOf({ repository, actions, from }: Scope): string[] {
  return [`repository:${repository}:${actions}`, ...(from ? [`repository:${from}:pull`] : [])];
}

function basicOf({ user = '', password = '' }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function withQuery(address: string, query: URLSearchParams): string {
  const url = new URL(address);
  for (const [name, value] of query) url.searchParams.append(name, value);
  return url.href;
}

function tokenOf(body: Buffer): string | undefined {
  try {
    const { token, access_token: access } = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    const value = token ?? access;
    return typeof value === 'string' && value !== '' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The registry's own words: `{"errors":[{"code":…,"message":…}]}`. */
function wordsOf({ body }: Answer): string {
  try {
    const { errors } = JSON.parse(body.toString('utf8')) as {
      errors?: { code?: string; message?: string }[];
    };
    const words = (errors ?? []).map(({ code, message }) => [code, message].filter(Boolean).join(': '));
    return words.length > 0 ? `: ${words.join('; ').slice(0, 300)}` : '';
  } catch {
    return '';
  }
}
