/** Signs files and statements, with a key or with an identity. */
import { createHash, createPublicKey, createSign, sign, verify } from 'node:crypto';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Packer } from '../../execute/artifacts/packer.ts';
import { INTOTO_PAYLOAD, preAuthentication } from '../../formats/dsse/envelope.ts';
import type { SigningKey } from '../../formats/keys/privatekey.ts';
import { bundleText, messageBundle, statementBundle } from '../../formats/sigstorebundle/bundle.ts';
import type { Host } from '../../host/host.ts';

/** Whoever signs: hands out bundles, and the bare signature of a file. */
export interface Signer {
  file(host: Host, path: string, signal: AbortSignal): Promise<SignedBytes>;
  /** The bundle of a statement. */
  statement(payload: Buffer): Promise<string>;
}

interface SignedBytes {
  readonly bundle: string;
  readonly signature: Buffer;
  /** SHA-256 of what was signed. */
  readonly digest: string;
}

/** A packer that is bound to one signer, so that no key is ever part of a Step. */
export function signingPacker(signer: Signer): Packer {
  return {
    version: 1,
    async pack({ host, inputs, outputs, digests, signal }) {
      const path = inputs[0] as string;
      const { bundle, signature, digest } = await signer.file(host, path, signal);
      if (digest !== digests[0]) throw new Failure(changed(path));
      host.files.write(outputs[0] as string, bundle);
      if (outputs[1]) host.files.write(outputs[1], signature.toString('base64'));
    },
  };
}

export function keySigner(key: SigningKey): Signer {
  return {
    async file(host, path, signal) {
      const { digest, signature } = await (key.kind === 'ed25519' ? signWhole : signStream)(
        key,
        host,
        path,
        signal,
      );
      return { digest, signature, bundle: messageBundle(digest, signature, key.hint) };
    },
    async statement(payload) {
      const signature = signBytes(key, preAuthentication(INTOTO_PAYLOAD, payload));
      return statementBundle(payload, signature, key.hint);
    },
  };
}

/** The bare signature of a key over bytes. */
export function signBytes(key: SigningKey, bytes: Buffer): Buffer {
  return sign(hashOf(key), bytes, key.key);
}

/** Whether a bare signature over bytes is this key's. */
export function areSignedBy(key: SigningKey, bytes: Buffer, signature: Buffer): boolean {
  return verify(hashOf(key), bytes, createPublicKey(key.key), signature);
}

/** Whether a signature over a statement is this key's. */
export function isSignedBy(key: SigningKey, payload: Buffer, signature: Buffer): boolean {
  return areSignedBy(key, preAuthentication(INTOTO_PAYLOAD, payload), signature);
}

function hashOf({ kind }: SigningKey): 'sha256' | null {
  return kind === 'ed25519' ? null : 'sha256';
}

async function signStream({ key }: SigningKey, host: Host, path: string, signal: AbortSignal) {
  const [sum, signing] = [createHash('sha256'), createSign('sha256')];
  for await (const chunk of host.files.chunks(path)) {
    signal.throwIfAborted();
    sum.update(chunk);
    signing.update(chunk);
  }
  return { digest: sum.digest('hex'), signature: signing.sign(key) };
}

const MOST_AT_ONCE = 2 ** 31 - 1;

/** Ed25519 reads its message twice (RFC 8032), so it is held in memory. */
async function signWhole({ key }: SigningKey, host: Host, path: string) {
  if ((host.files.stat(path)?.size ?? 0) > MOST_AT_ONCE) throw new Failure(tooLarge(path));
  const bytes = host.files.readBytes(path);
  return { digest: createHash('sha256').update(bytes).digest('hex'), signature: sign(null, bytes, key) };
}

export interface KeylessSettings {
  readonly fulcio: string;
  readonly rekor: string;
  readonly identityToken: string;
}

/** Signs with a certificate for an identity, and enters it into a transparency log. The library is loaded here only. */
export async function keylessSigner({ fulcio, rekor, identityToken }: KeylessSettings): Promise<Signer> {
  const library = await import('@sigstore/sign');
  const identityProvider = { getToken: () => Promise.resolve(identityToken) };
  const options = () => ({
    signer: new library.FulcioSigner({ fulcioBaseURL: fulcio, identityProvider }),
    witnesses: [new library.RekorWitness({ rekorBaseURL: rekor })],
  });
  const translated = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (problem) {
      throw new Failure(refused(fulcio, rekor, problem));
    }
  };
  return {
    async file(host, path) {
      const data = host.files.readBytes(path);
      const bundle = await translated(() =>
        new library.MessageSignatureBundleBuilder(options()).create({ data }),
      );
      const signature =
        bundle.content.$case === 'messageSignature'
          ? bundle.content.messageSignature.signature
          : Buffer.alloc(0);
      return {
        bundle: bundleText(bundle),
        signature,
        digest: createHash('sha256').update(data).digest('hex'),
      };
    },
    async statement(payload) {
      const artifact = { data: payload, type: INTOTO_PAYLOAD };
      return bundleText(await translated(() => new library.DSSEBundleBuilder(options()).create(artifact)));
    },
  };
}

function changed(path: string) {
  return error('sign/input-changed', {
    what: `${path} changed while it was signed`,
    where: [{ file: path }],
    why: 'its bytes were not those that the run had read before, and nobody could say which were meant',
    help: 'see what else writes there; when it is quiet, run the command again',
  });
}

function tooLarge(path: string) {
  return error('sign/key-invalid', {
    what: `${path} is too large to be signed with an Ed25519 key`,
    why: 'Ed25519 reads its message twice, so the file would have to fit into memory: 2 GiB at most',
    help: 'use an ECDSA P-256 key: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256',
  });
}

function refused(fulcio: string, rekor: string, problem: unknown) {
  return error('sign/keyless', {
    what: `the keyless signature could not be had: ${(problem as Error).message}`,
    why: `${fulcio} is asked for a certificate and ${rekor} for an entry in the log`,
    help: 'check both addresses and that the identity token is fresh (they live for minutes), or sign with --key',
  });
}
