/** Names and passwords of registries, as Docker keeps them: its config.json, its credential helpers (reliability R6.8). */
import { error, Failure } from '../diagnostic/diagnostic.ts';
import type { Host } from '../host/host.ts';

export interface Credentials {
  readonly user?: string;
  readonly password?: string;
  /** A refresh token, instead of a name and a password. */
  readonly identityToken?: string;
  /** Where they come from, for messages: a file, or a helper's name. Never the value. */
  readonly from: string;
}

interface DockerConfig {
  readonly auths?: Readonly<Record<string, DockerAuth>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

interface DockerAuth {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

const HELPER_MILLISECONDS = 5_000;

/** Credentials for a registry; undefined when there are none, and it is asked as anybody. */
export async function findCredentials(host: Host, registry: string): Promise<Credentials | undefined> {
  for (const { config, from } of dockerConfigs(host)) {
    const names = namesOf(registry);
    const helper = names.map((name) => config.credHelpers?.[name]).find(Boolean) ?? config.credsStore;
    const told = helper ? await askHelper(host, helper, names) : undefined;
    if (told) return told;
    const entry = Object.entries(config.auths ?? {}).find(([name]) => names.includes(hostOf(name)));
    const known = entry && ofEntry(entry[1], from);
    if (known) return known;
  }
  return undefined;
}

/** Docker Hub is one registry with several names. */
function namesOf(registry: string): string[] {
  if (registry !== 'docker.io') return [registry];
  return ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io', 'registry-1.docker.io'];
}

/** Keys of `auths` are hosts, and addresses in old files. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function* dockerConfigs(host: Host): Generator<{ config: DockerConfig; from: string }> {
  const { environment, homeDirectory } = host;
  const { DOCKER_AUTH_CONFIG: inline, REGISTRY_AUTH_FILE: file, DOCKER_CONFIG: directory } = environment;
  if (inline) yield { config: parse(inline, 'DOCKER_AUTH_CONFIG'), from: 'DOCKER_AUTH_CONFIG' };
  const own = directory
    ? `${directory}/config.json`
    : homeDirectory && `${homeDirectory}/.docker/config.json`;
  for (const path of [file, own]) {
    const text = path ? host.files.readTextIfAny(path) : undefined;
    if (path && text) yield { config: parse(text, path), from: path };
  }
}

function parse(text: string, from: string): DockerConfig {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below.
  }
  throw new Failure(
    error('registry/credentials-unreadable', {
      what: `the registry credentials in ${from} are no JSON object`,
      where: [{ file: from }],
      why: 'names and passwords of registries are read from there, as docker does',
      help: 'correct it, or log in anew: docker login REGISTRY',
    }),
  );
}

function ofEntry(entry: DockerAuth, from: string): Credentials | undefined {
  if (entry.identitytoken) return { identityToken: entry.identitytoken, from };
  const pair = entry.auth ? Buffer.from(entry.auth, 'base64').toString('utf8') : '';
  const colon = pair.indexOf(':');
  const user = entry.username ?? (colon > 0 ? pair.slice(0, colon) : undefined);
  const password = entry.password ?? (colon > 0 ? pair.slice(colon + 1) : undefined);
  return user === undefined || password === undefined ? undefined : { user, password, from };
}

/** docker-credential-helpers: the registry on standard input, a name and a secret as JSON back. */
async function askHelper(
  host: Host,
  helper: string,
  names: readonly string[],
): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`;
  const from = `the credential helper ${program}`;
  const environment = Object.fromEntries(
    Object.entries(host.environment).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  for (const name of names) {
    const { exitCode, stdout, timedOut } = await host.processes.run({
      ...{ argv: [program, 'get'], environment, workingDirectory: '/', input: name },
      timeoutMilliseconds: HELPER_MILLISECONDS,
    });
    if (timedOut) throw helperFailed(from, `it did not answer within ${HELPER_MILLISECONDS / 1000} s`);
    // A helper that knows nothing exits 1 and says so on standard output.
    if (exitCode !== 0) continue;
    try {
      const { Username: user, Secret: secret } = JSON.parse(stdout) as Record<string, string | undefined>;
      if (user === '<token>' && secret) return { identityToken: secret, from };
      if (user !== undefined && secret !== undefined) return { user, password: secret, from };
    } catch {
      throw helperFailed(from, 'its answer is no JSON');
    }
  }
  return undefined;
}

function helperFailed(from: string, why: string): Failure {
  return new Failure(
    error('registry/credentials-unreadable', {
      what: `${from} did not tell a name and a password`,
      why,
      help: 'run it by hand (echo REGISTRY | docker-credential-NAME get), or take it out of credHelpers and credsStore in Docker’s config.json',
    }),
  );
}
