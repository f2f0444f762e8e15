/**
 * Signs with the gpg of the machine: keys stay with it, or come from a file into a keyring that lives as long as the
 * call. A signature tells the time that it is given, so that the same key and bytes give the same signature.
 */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import { type SigningKey, signatureIsByRsa } from './key.ts';

export interface Signing {
  readonly host: Host;
  readonly key: SigningKey;
  /** Files of the Step, among them that of the key. */
  readonly inputs: readonly string[];
  /** Seconds since 1970 that the signature tells; the key's own creation when that is later. */
  readonly time: number;
  readonly signal: AbortSignal;
}

/** What a key makes of files, while its keyring is open. */
export interface Signer {
  /** A binary signature of a file. */
  detached(file: string): Promise<{ readonly bytes: Buffer; readonly byRsa: boolean }>;
  /** A signature of a file in letters. */
  armored(file: string): Promise<Buffer>;
  /** The text of a file with its signature. */
  inline(file: string): Promise<Buffer>;
  /** The public key, in letters. */
  publicKey(): Promise<string>;
}

/** Opens the keyring of a key once for all that is to be signed. */
export function withSigner<T>(signing: Signing, use: (signer: Signer) => Promise<T>): Promise<T> {
  const { key } = signing;
  return withKeyring(signing, (gpg) => {
    const sign = (file: string, ...command: readonly string[]) => signed(signing, gpg, command, file);
    return use({
      detached: async (file) => {
        const bytes = await sign(file, '--detach-sign');
        return { bytes, byRsa: signatureIsByRsa(bytes) };
      },
      armored: (file) => sign(file, '--armor', '--detach-sign'),
      inline: (file) => sign(file, '--clearsign'),
      publicKey: async () => {
        const argv = ['--armor', '--export-options', 'export-minimal', '--export', key.fingerprint];
        const { stdout } = await gpg(argv);
        if (stdout === '') throw new Failure(keyMissing(key.fingerprint));
        return stdout;
      },
    });
  });
}

/** Finds the key that a person named: a file with a secret key, or words that name one in the keyring. */
export async function findSigningKey(
  host: Host,
  word: string,
  file: string | undefined,
  signal: AbortSignal,
): Promise<Omit<SigningKey, 'input'>> {
  const probe = { host, inputs: file ? [file] : [], time: 0, signal };
  const key = { fingerprint: '', created: 0, ...(file ? { input: 0 } : {}) };
  return withKeyring({ ...probe, key }, async (gpg) => {
    const { stdout } = await gpg(['--with-colons', '--list-secret-keys', ...(file ? [] : ['--', word])]);
    const found = parseKeys(stdout);
    const [first] = found;
    if (!first) throw new Failure(keyMissing(word));
    if (found.length > 1) throw new Failure(keyAmbiguous(word, found));
    if ('er'.includes(first.validity)) throw new Failure(keyUnusable(word, first));
    await tryOut(host, gpg, first);
    return { fingerprint: first.fingerprint, created: first.created };
  });
}

/** A wrong passphrase is told before there is anything to sign. */
async function tryOut(host: Host, gpg: Gpg, { fingerprint, created }: ListedKey): Promise<void> {
  const argv = [...signingArguments(fingerprint, created), '--output', '-', '--armor', '--detach-sign'];
  const result = await gpg([...argv, '/dev/null'], `${passphraseOf(host)}\n`);
  if (result.exitCode !== 0) throw new Failure(refused(fingerprint, result.stderr));
}

function signingArguments(fingerprint: string, time: number): string[] {
  return [
    ...['--pinentry-mode', 'loopback', '--passphrase-fd', '0', '--digest-algo', 'SHA256'],
    ...['--faked-system-time', `${time}!`, '--local-user', fingerprint],
  ];
}

interface ListedKey {
  readonly fingerprint: string;
  readonly created: number;
  /** `e` expired, `r` revoked, else how far it is trusted; never empty. */
  readonly validity: string;
  readonly name: string;
}

/** Reads `--with-colons` (GnuPG, doc/DETAILS). */
function parseKeys(listing: string): ListedKey[] {
  return listing.split(/^(?=sec:)/m).flatMap((block) => {
    const rows = block.split('\n').map((line) => line.split(':'));
    const [primary = []] = rows;
    const fingerprint = rows.find(([kind]) => kind === 'fpr')?.[9];
    if (primary[0] !== 'sec' || fingerprint === undefined) return [];
    const name = rows.find(([kind]) => kind === 'uid')?.[9] ?? '';
    return [{ fingerprint, created: Number(primary[5]), validity: primary[1] || '-', name }];
  });
}

type Gpg = (
  argv: readonly string[],
  input?: string,
) => Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;

async function signed(
  { host, key, time }: Signing,
  gpg: Gpg,
  command: readonly string[],
  file: string,
): Promise<Buffer> {
  const output = `${file}.signature`;
  const argv = signingArguments(key.fingerprint, Math.max(time, key.created));
  const result = await gpg([...argv, '--output', output, ...command, file], `${passphraseOf(host)}\n`);
  if (result.exitCode !== 0) throw new Failure(refused(key.fingerprint, result.stderr));
  try {
    return host.files.readBytes(output);
  } finally {
    host.files.remove(output);
  }
}

/** Runs gpg with the user's keyring, or with one of its own for a key in a file. */
async function withKeyring<T>(signing: Signing, use: (gpg: Gpg) => Promise<T>): Promise<T> {
  const { host, key, inputs, signal } = signing;
  const { GNUPGHOME, TMPDIR = '/tmp' } = host.environment;
  const home = host.homeDirectory ?? '/';
  // A short path: gpg-agent makes sockets there, whose names have 107 bytes at most.
  const own = key.input === undefined ? undefined : host.files.temporaryName(`${TMPDIR}/gpg`);
  const directory = own ?? GNUPGHOME;
  const environment = {
    ...{ HOME: home, PATH: host.processes.searchPath(), LC_ALL: 'C' },
    ...(directory === undefined ? {} : { GNUPGHOME: directory }),
  };
  const run = (program: string): Gpg => {
    return (argv, input) =>
      host.processes.run({
        argv: [program, ...argv],
        ...{ environment, workingDirectory: '/', signal },
        ...(input === undefined ? {} : { input }),
      });
  };
  const gpg: Gpg = (argv, input) => run('gpg')(['--batch', '--yes', '--no-tty', ...argv], input);
  if (own === undefined) return use(gpg);
  host.files.makeDirectory(own, 0o700);
  try {
    const file = inputs[key.input ?? 0] as string;
    const imported = await gpg(['--import', file]);
    if (!/secret keys? (read|imported)|secret key imported/.test(imported.stderr))
      throw new Failure(noSecretKey(file, imported.stderr));
    return await use(gpg);
  } finally {
    if (host.processes.find('gpgconf')) await run('gpgconf')(['--kill', 'gpg-agent']).catch(() => {});
    host.files.remove(own);
  }
}

/** Never an argument, which every user of the machine could read. */
function passphraseOf(host: Host): string {
  const { KUBEWRIGHT_GPG_PASSPHRASE: given, KUBEWRIGHT_GPG_PASSPHRASE_FILE: file } = host.environment;
  if (given !== undefined) return given;
  return file ? host.files.readText(file).replace(/\r?\n$/, '') : '';
}

function refused(fingerprint: string, words: string) {
  if (/bad passphrase|no passphrase given|invalid passphrase/i.test(words)) {
    return error('gpg/passphrase', {
      what: `the passphrase of the key ${short(fingerprint)} is ${/bad/i.test(words) ? 'wrong' : 'missing'}`,
      why: 'gpg needs it to sign, and is not allowed to ask here',
      help: 'put it in KUBEWRIGHT_GPG_PASSPHRASE, or name a file that holds it in KUBEWRIGHT_GPG_PASSPHRASE_FILE',
    });
  }
  if (/no secret key/i.test(words)) return keyMissing(short(fingerprint));
  return error('gpg/failed', {
    what: `gpg could not sign with the key ${short(fingerprint)}`,
    why: lastWords(words),
    help: 'try it by hand: gpg --detach-sign FILE; gpg --list-secret-keys shows the keys and when they expire',
  });
}

function keyMissing(word: string) {
  return error('gpg/key-missing', {
    what: `there is no secret key ${word}`,
    why: 'it is neither a file nor a key of the keyring that gpg uses (GNUPGHOME, else ~/.gnupg)',
    help: 'gpg --list-secret-keys names those that are there; give --sign-key its fingerprint, its address or the file of an exported secret key',
  });
}

function keyAmbiguous(word: string, found: readonly ListedKey[]) {
  return error('gpg/key-missing', {
    what: `${found.length} secret keys answer to ${word}`,
    why: found.map(({ fingerprint, name }) => `${fingerprint} ${name}`).join(', '),
    help: 'give --sign-key the fingerprint of one',
  });
}

function keyUnusable(word: string, { validity, fingerprint }: ListedKey) {
  return error('gpg/key-missing', {
    what: `the key ${word} ${validity === 'e' ? 'has expired' : 'was revoked'}`,
    why: `nobody trusts a signature by ${short(fingerprint)} any more`,
    help:
      validity === 'e'
        ? `prolong it: gpg --quick-set-expire ${fingerprint} 1y; or give --sign-key another one`
        : 'give --sign-key another one',
  });
}

function noSecretKey(file: string, words: string) {
  return error('gpg/key-missing', {
    what: `${file} holds no secret key`,
    why: /imported/.test(words) ? 'there is a public key in it, which cannot sign' : lastWords(words),
    help: 'export one: gpg --armor --export-secret-keys KEY > FILE',
  });
}

function short(fingerprint: string): string {
  return fingerprint.slice(-16);
}

function lastWords(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() || 'gpg said nothing';
}
