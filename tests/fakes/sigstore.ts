/**
 * An authority that gives certificates to identities, and a transparency log, with the interfaces of Fulcio (API v2) and
 * Rekor (API v1). The log holds one entry at a time; what it answers is signed as a real one signs, so that verifiers who
 * know nothing of it judge: @sigstore/verify, and cosign where it is installed.
 */
import { execFileSync } from 'node:child_process';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { scratch } from '../trees.ts';

export const ISSUER = 'https://issuer.example.org';

interface Entry {
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: Record<string, never>;
}

export class FakeSigstore {
  /** What was asked, in order. */
  readonly asked: string[] = [];
  /** Answers that are given instead of the right ones: path → status. */
  readonly refusals = new Map<string, number>();
  readonly #place = scratch('sigstore');
  readonly #server: Server;
  readonly #log: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  #entries = 0;

  private constructor() {
    this.#log = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...[
        '-subj',
        '/O=sigstore.example/CN=authority of this test',
        '-addext',
        'keyUsage=critical,keyCertSign',
      ],
      ...['-keyout', this.#at('ca.key'), '-out', this.#at('ca.pem')],
    );
    this.#server = createServer(async (request, response) => {
      const path = request.url ?? '';
      this.asked.push(path);
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const body = JSON.parse(Buffer.concat(parts).toString() || '{}');
      const refusal = this.refusals.get(path);
      const answer = refusal
        ? { code: 16, message: 'There was an error processing the identity token' }
        : path === '/api/v2/signingCert'
          ? this.#certify(body)
          : this.#enter(body as Entry);
      response.writeHead(refusal ?? (answer === undefined ? 400 : 201), {
        'content-type': 'application/json',
      });
      response.end(JSON.stringify(answer ?? { code: 3, message: 'invalid' }));
    });
  }

  static async start(): Promise<FakeSigstore> {
    const fake = new FakeSigstore();
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  /** Of both services. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): Promise<unknown> {
    return new Promise((resolve) => this.#server.close(resolve));
  }

  /** A token as an OpenID Connect provider gives one; nobody here checks its signature. */
  token(email: string): string {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: ISSUER, aud: 'sigstore', sub: email, email, email_verified: true };
    return [part({ alg: 'ES256' }), part({ ...claims, iat: 0, exp: 2 ** 31 }), 'c2lnbmVk'].join('.');
  }

  /** Keys and certificates that a verifier has to trust, as TrustedRoot of the protobuf specification in JSON. */
  trustedRoot() {
    const start = '2020-01-01T00:00:00Z';
    const rawBytes = this.#publicKey().toString('base64');
    const ca = new X509Certificate(execFileSync('cat', [this.#at('ca.pem')])).raw.toString('base64');
    return {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [
        {
          baseUrl: this.url,
          hashAlgorithm: 'SHA2_256',
          publicKey: { rawBytes, keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: { start } },
          logId: { keyId: Buffer.from(this.#logId(), 'hex').toString('base64') },
        },
      ],
      certificateAuthorities: [
        {
          subject: { organization: 'sigstore.example', commonName: 'authority of this test' },
          uri: this.url,
          certChain: { certificates: [{ rawBytes: ca }] },
          validFor: { start },
        },
      ],
      ctlogs: [],
      timestampAuthorities: [],
    };
  }

  /** Fulcio: a certificate for ten minutes, for who proves to have the key by signing the name in the token. */
  #certify(body: {
    readonly credentials: { readonly oidcIdentityToken: string };
    readonly publicKeyRequest: {
      readonly publicKey: { readonly content: string };
      readonly proofOfPossession: string;
    };
  }): object | undefined {
    const claims = JSON.parse(
      Buffer.from(body.credentials.oidcIdentityToken.split('.')[1] ?? '', 'base64url').toString(),
    ) as { readonly email: string; readonly iss: string };
    const { publicKey, proofOfPossession } = body.publicKeyRequest;
    const key = createPublicKey(publicKey.content);
    const proof = Buffer.from(proofOfPossession, 'base64');
    if (!verify('sha256', Buffer.from(claims.email), key, proof)) return undefined;
    writeFileSync(this.#at('public.pem'), publicKey.content);
    // 1.3.6.1.4.1.57264.1.1 and .8: the issuer, as bare text and as UTF8String (fulcio, docs/oid-info.md).
    writeFileSync(
      this.#at('extensions'),
      [
        'keyUsage=critical,digitalSignature',
        'extendedKeyUsage=codeSigning',
        'authorityKeyIdentifier=keyid',
        `subjectAltName=critical,email:${claims.email}`,
        `1.3.6.1.4.1.57264.1.1=DER:${Buffer.from(claims.iss).toString('hex')}`,
        `1.3.6.1.4.1.57264.1.8=ASN1:UTF8String:${claims.iss}`,
      ].join('\n'),
    );
    openssl(
      ...['x509', '-new', '-force_pubkey', this.#at('public.pem'), '-subj', '/', '-days', '1'],
      ...['-CA', this.#at('ca.pem'), '-CAkey', this.#at('ca.key'), '-extfile', this.#at('extensions')],
      ...['-set_serial', String(++this.#entries), '-out', this.#at('leaf.pem')],
    );
    const certificates = ['leaf.pem', 'ca.pem'].map((name) =>
      execFileSync('cat', [this.#at(name)], { encoding: 'utf8' }),
    );
    return { signedCertificateEmbeddedSct: { chain: { certificates } } };
  }

  /** Rekor: the entry as it stands in the log, a promise, and a proof in a tree of one leaf. */
  #enter({ kind, apiVersion, spec }: Entry): object | undefined {
    const kept = kind === 'hashedrekord' ? spec : kind === 'dsse' ? keptStatement(spec) : undefined;
    if (!kept) return undefined;
    const body = Buffer.from(canonical({ apiVersion, kind, spec: kept }));
    const integratedTime = Math.floor(Date.now() / 1000);
    const [logID, logIndex] = [this.#logId(), 0];
    const promise = canonical({ body: body.toString('base64'), integratedTime, logID, logIndex });
    const root = sha256(Buffer.concat([Buffer.from([0]), body]));
    // Rekor v1 names the tree behind its host; verifiers tell it from v2 by that.
    const note = `${new URL(this.url).hostname} - 1\n1\n${root.toString('base64')}\n`;
    const hint = Buffer.from(logID, 'hex').subarray(0, 4);
    const signature = Buffer.concat([hint, this.#signed(note)]).toString('base64');
    const checkpoint = `${note}\n\u2014 ${new URL(this.url).hostname} ${signature}\n`;
    return {
      [root.toString('hex')]: {
        ...{ body: body.toString('base64'), integratedTime, logID, logIndex },
        verification: {
          signedEntryTimestamp: this.#signed(promise).toString('base64'),
          inclusionProof: { checkpoint, hashes: [], logIndex, rootHash: root.toString('hex'), treeSize: 1 },
        },
      },
    };
  }

  #signed(text: string): Buffer {
    return sign(
      'sha256',
      Buffer.from(text),
      createPrivateKey(this.#log.privateKey.export({ type: 'pkcs8', format: 'pem' })),
    );
  }

  #publicKey(): Buffer {
    return this.#log.publicKey.export({ type: 'spki', format: 'der' });
  }

  #logId(): string {
    return sha256(this.#publicKey()).toString('hex');
  }

  #at(name: string): string {
    return join(this.#place, name);
  }
}

/** What Rekor keeps of a statement: digests of it, and its signatures with their certificates. */
function keptStatement(spec: Record<string, unknown>): object {
  const { envelope, verifiers } = spec['proposedContent'] as { envelope: string; verifiers: string[] };
  const { payload, signatures } = JSON.parse(envelope) as { payload: string; signatures: { sig: string }[] };
  const digest = (bytes: string | Buffer) => ({
    algorithm: 'sha256',
    value: sha256(Buffer.from(bytes)).toString('hex'),
  });
  return {
    envelopeHash: digest(envelope),
    payloadHash: digest(Buffer.from(payload, 'base64')),
    signatures: signatures.map(({ sig }, i) => ({ signature: sig, verifier: verifiers[i] })),
  };
}

/** RFC 8785, for text, numbers and objects. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function openssl(...words: readonly string[]): void {
  execFileSync('openssl', [...words], { stdio: 'pipe' });
}
