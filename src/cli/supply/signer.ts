/** Who signs: a key in a file or a variable, or an identity by way of Fulcio. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import { BadKey, type KeyTrouble, openPrivateKey, type SigningKey } from '../../formats/keys/privatekey.ts';
import type { Host } from '../../host/host.ts';
import type { Signatory } from '../../steps/sign/plan.ts';
import type { Signer } from '../../steps/sign/run.ts';
import type { CommandContext } from '../request.ts';

export interface SignerOptions {
  readonly key?: string;
  readonly keyless?: boolean;
  readonly fulcio?: string;
  readonly rekor?: string;
  readonly identityToken?: string;
}

/** Adds the options that say who signs. */
export function addSignerOptions(command: Command): Command {
  return command
    .option(
      '--key <file>',
      'private key: PKCS#8 or cosign’s (passphrase in COSIGN_PASSWORD); or env://VARIABLE',
    )
    .addOption(
      new Option('--keyless', 'sign as an identity: needs --fulcio, --rekor and a token').conflicts('key'),
    )
    .option('--fulcio <url>', 'authority that gives certificates to identities (or SIGSTORE_FULCIO_URL)')
    .option('--rekor <url>', 'transparency log (or SIGSTORE_REKOR_URL)')
    .option('--identity-token <file>', 'OpenID Connect token (or SIGSTORE_ID_TOKEN)');
}

export interface ChosenSigner {
  readonly signatory: Signatory;
  readonly signer: Signer;
  /** When a key signs. */
  readonly key?: SigningKey;
}

/** Opens the key, so that a bad one is told before any work; undefined when nobody is to sign. */
export async function chooseSigner(
  context: CommandContext,
  options: SignerOptions,
): Promise<ChosenSigner | undefined> {
  const { host } = context;
  if (options.key === undefined && !options.keyless) return undefined;
  const { keylessSigner, keySigner } = await import('../../steps/sign/run.ts');
  if (options.key === undefined) {
    const settings = keylessSettings(context, options);
    const signatory = { kind: 'keyless', fulcio: settings.fulcio, rekor: settings.rekor } as const;
    return { signatory, signer: await keylessSigner(settings) };
  }
  const key = readKey(host, options.key);
  const signatory = { kind: 'key', publicKey: key.publicKey.toString('base64') } as const;
  return { signatory, signer: keySigner(key), key };
}

/** As `chooseSigner`, where a signature is what was asked for. */
export async function requireSigner(context: CommandContext, options: SignerOptions): Promise<ChosenSigner> {
  const chosen = await chooseSigner(context, options);
  if (chosen) return chosen;
  throw new Failure(
    error('request/invalid', {
      what: 'nobody is named who signs',
      help: 'give --key FILE, or --keyless with --fulcio, --rekor and a token; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem makes a key',
    }),
  );
}

function readKey(host: Host, place: string): SigningKey {
  const variable = /^env:\/\/(.+)$/.exec(place)?.[1];
  const path = resolve(host.workingDirectory, place);
  const pem = variable
    ? host.environment[variable]
    : host.files.isFile(path)
      ? host.files.readText(path)
      : undefined;
  if (pem === undefined) throw new Failure(noKey(place, variable));
  try {
    return openPrivateKey(pem, host.environment['COSIGN_PASSWORD']);
  } catch (problem) {
    if (problem instanceof BadKey) throw new Failure(badKey(place, problem));
    throw problem;
  }
}

function noKey(place: string, variable: string | undefined): Diagnostic {
  return error('sign/key-invalid', {
    what: variable ? `the variable ${variable} is not set` : `there is no key at ${place}`,
    why: 'it was named with --key',
    help: 'name a private key in PEM; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem makes one, cosign generate-key-pair too',
  });
}

const REMEDIES: Readonly<Record<KeyTrouble, string>> = {
  'not-a-key':
    'name a private key: PEM that begins with BEGIN PRIVATE KEY, BEGIN EC PRIVATE KEY or BEGIN ENCRYPTED SIGSTORE PRIVATE KEY',
  unsupported:
    'use ECDSA on P-256 or Ed25519: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem',
  'passphrase-missing':
    'put its passphrase into COSIGN_PASSWORD; kubewright never asks for it, and takes it from no command line',
  'passphrase-wrong': 'check COSIGN_PASSWORD: blanks and line feeds at its end count',
};

function badKey(place: string, { trouble, message }: BadKey): Diagnostic {
  const code = trouble.startsWith('passphrase') ? 'sign/passphrase' : 'sign/key-invalid';
  return error(code, {
    what: `the key ${place} cannot be used: ${message}`,
    ...(place.startsWith('env://') ? {} : { where: [{ file: place }] }),
    help: REMEDIES[trouble],
  });
}

function keylessSettings({ host, options: global }: CommandContext, options: SignerOptions) {
  const { environment, files, workingDirectory } = host;
  const fulcio = options.fulcio ?? environment['SIGSTORE_FULCIO_URL'];
  const rekor = options.rekor ?? environment['SIGSTORE_REKOR_URL'];
  const path = options.identityToken && resolve(workingDirectory, options.identityToken);
  const identityToken = path ? files.readTextIfAny(path)?.trim() : environment['SIGSTORE_ID_TOKEN'];
  if (global.offline)
    throw new Failure(
      error('network/offline', {
        what: '--keyless asks a certificate authority and a log, and --offline forbids it',
        help: 'sign with --key, or leave --offline out',
      }),
    );
  if (fulcio && rekor && identityToken) return { fulcio, rekor, identityToken };
  const missing = [
    ...(fulcio ? [] : ['--fulcio']),
    ...(rekor ? [] : ['--rekor']),
    ...(identityToken ? [] : ['--identity-token']),
  ];
  throw new Failure(
    error('sign/keyless', {
      what: `--keyless lacks ${missing.join(', ')}`,
      why: 'no public service is asked unless it is named',
      help: 'give the addresses of your Fulcio and Rekor and a token, as options or as SIGSTORE_FULCIO_URL, SIGSTORE_REKOR_URL and SIGSTORE_ID_TOKEN',
    }),
  );
}
