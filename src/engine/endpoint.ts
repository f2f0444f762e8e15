/**
 * Which engine is meant: DOCKER_HOST, a Docker context, or the socket of this machine; in the order of the Docker command
 * line (its `--context`, DOCKER_HOST, DOCKER_CONTEXT, `currentContext` of config.json, the default socket).
 */
import { bad, type Diagnostic, error, ok, type Result, warning } from '../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../formats/digest.ts';
import type { EngineEndpoint, EngineTls } from '../host/engine-connection.ts';
import type { Host } from '../host/host.ts';

export interface FoundEndpoint {
  readonly endpoint: EngineEndpoint;
  /** Who named it: `DOCKER_HOST`, `the context lab`, `the socket of this machine`. */
  readonly from: string;
}

/** Finds the engine. `named` is what a person gave for this run: an address, or the name of a context. */
export function findEngine(host: Host, named?: string): Result<FoundEndpoint> {
  const { environment } = host;
  if (named !== undefined) {
    if (named.includes('://')) return fromAddress(host, named, '--engine');
    return fromContext(host, named, '--engine');
  }
  const address = environment['DOCKER_HOST'];
  if (address) return fromAddress(host, address, 'DOCKER_HOST');
  const context = environment['DOCKER_CONTEXT'] || currentContext(host);
  if (context && context !== 'default')
    return fromContext(
      host,
      context,
      environment['DOCKER_CONTEXT'] ? 'DOCKER_CONTEXT' : 'docker context use',
    );
  const socket = usualSockets(host).find((path) => host.files.exists(path));
  return ok({
    endpoint: { kind: 'unix', path: socket ?? DEFAULT_SOCKET },
    from: 'the socket of this machine',
  });
}

const DEFAULT_SOCKET = '/var/run/docker.sock';

/** Docker's own, then those of rootless engines, Docker Desktop and podman. */
export function usualSockets({ environment, homeDirectory }: Host): string[] {
  const run = environment['XDG_RUNTIME_DIR'];
  return [
    DEFAULT_SOCKET,
    ...(run ? [`${run}/docker.sock`] : []),
    ...(homeDirectory ? [`${homeDirectory}/.docker/run/docker.sock`] : []),
    ...(run ? [`${run}/podman/podman.sock`] : []),
    '/run/podman/podman.sock',
  ];
}

function fromAddress(host: Host, address: string, from: string): Result<FoundEndpoint> {
  const { environment } = host;
  // Docker's command line takes any value that is not empty for a yes.
  const verify = (environment['DOCKER_TLS_VERIFY'] ?? '') !== '';
  const directory = environment['DOCKER_CERT_PATH'] || (verify ? configDirectory(host) : undefined);
  const wantsTls = verify || (directory !== undefined && (environment['DOCKER_TLS'] ?? '') !== '');
  const tls = wantsTls && directory ? readCertificates(host, directory, verify, from) : ok(undefined);
  if (!tls.ok) return tls;
  const endpoint = parseAddress(address, tls.value);
  return endpoint ? plainWarned({ endpoint, from }) : bad(unreadableAddress(address, from));
}

/** Reads an address as Docker writes it; undefined when it is none. */
export function parseAddress(address: string, tls?: EngineTls): EngineEndpoint | undefined {
  if (address.startsWith('unix://')) {
    const path = address.slice('unix://'.length);
    return path.startsWith('/') ? { kind: 'unix', path } : undefined;
  }
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address.replace(/^tcp:/, 'http:'));
  if (!url.hostname) return undefined;
  if (address.startsWith('ssh://')) {
    const user = url.username ? `${decodeURIComponent(url.username)}@` : '';
    return {
      ...{ kind: 'ssh', destination: `${user}${url.hostname}` },
      ...(url.port ? { port: Number(url.port) } : {}),
      ...(url.pathname.length > 1 ? { socket: url.pathname } : {}),
    };
  }
  if (!/^(tcp|https?):/.test(address)) return undefined;
  const isTls = tls ?? (address.startsWith('https:') ? { verify: true } : undefined);
  // 2375 and 2376 are Docker's registered ports; https without a port means 443 nowhere near an engine.
  const port = Number(url.port || (isTls ? 2376 : 2375));
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { kind: 'tcp', host, port, ...(isTls ? { tls: isTls } : {}) };
}

/** A plain TCP engine is root for whoever reaches the port: said on every run, for other machines (R7.2). */
function plainWarned(found: FoundEndpoint): Result<FoundEndpoint> {
  const { endpoint, from } = found;
  const isOpen = endpoint.kind === 'tcp' && !endpoint.tls && !/^(localhost|127\.|::1$)/.test(endpoint.host);
  if (!isOpen) return ok(found);
  return ok(found, [
    warning('engine/plain-tcp', {
      what: `the engine at tcp://${endpoint.host}:${endpoint.port} is spoken to without TLS`,
      why: `${from} names it; sources and results can be read and changed on the way, and whoever reaches that port is root there`,
      help: 'use ssh://, or TLS: DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH=DIR with ca.pem, cert.pem and key.pem',
    }),
  ]);
}

function configDirectory({ environment, homeDirectory }: Host): string | undefined {
  return environment['DOCKER_CONFIG'] || (homeDirectory ? `${homeDirectory}/.docker` : undefined);
}

function currentContext(host: Host): string | undefined {
  const directory = configDirectory(host);
  const text = directory === undefined ? undefined : host.files.readTextIfAny(`${directory}/config.json`);
  const config = text === undefined ? undefined : parseJson(text);
  const name = isRecord(config) ? config['currentContext'] : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** A context lies under the SHA-256 of its name (docker/cli, cli/context/store). */
function fromContext(host: Host, name: string, from: string): Result<FoundEndpoint> {
  const directory = `${configDirectory(host) ?? ''}/contexts`;
  const id = digestOfBytes(name);
  const file = `${directory}/meta/${id}/meta.json`;
  const text = host.files.readTextIfAny(file);
  const meta = text === undefined ? undefined : parseJson(text);
  const endpoints = isRecord(meta) ? meta['Endpoints'] : undefined;
  const docker = isRecord(endpoints) ? endpoints['docker'] : undefined;
  const address = isRecord(docker) ? docker['Host'] : undefined;
  if (typeof address !== 'string' || !isRecord(docker)) {
    return bad(
      error('engine/context-unknown', {
        what: `there is no Docker context ${name}${text === undefined ? '' : ' with an address'}`,
        where: [{ file }],
        why: `${from} names it`,
        help: 'docker context ls lists them; name another one, or an address with DOCKER_HOST',
      }),
    );
  }
  const certificates = `${directory}/tls/${id}/docker`;
  const verify = docker['SkipTLSVerify'] !== true;
  const tls = host.files.isDirectory(certificates)
    ? readCertificates(host, certificates, verify, `the context ${name}`)
    : ok(undefined);
  if (!tls.ok) return tls;
  const endpoint = parseAddress(address, tls.value);
  if (!endpoint) return bad(unreadableAddress(address, `the context ${name}`));
  return plainWarned({ endpoint, from: `the context ${name}` });
}

/** `ca.pem`, `cert.pem` and `key.pem` of a directory; a client certificate without its key is no use. */
function readCertificates(host: Host, directory: string, verify: boolean, from: string): Result<EngineTls> {
  const read = (name: string) => host.files.readTextIfAny(`${directory}/${name}.pem`);
  const [ca, cert, key] = [read('ca'), read('cert'), read('key')];
  const problems: Diagnostic[] = [];
  const wrong = (file: string, what: string) =>
    problems.push(
      error('engine/tls', {
        what,
        where: [{ file: `${directory}/${file}.pem` }],
        why: `${from} names an engine with TLS, whose certificates are ca.pem, cert.pem and key.pem in one directory`,
        help: 'put the files of the engine’s administrator there, or name their directory: DOCKER_CERT_PATH=DIR',
      }),
    );
  if (!host.files.isDirectory(directory)) wrong('ca', `there is no directory ${directory} with certificates`);
  else {
    if (verify && ca === undefined) wrong('ca', 'the certificate of the authority is missing');
    if (cert !== undefined && key === undefined) wrong('key', 'the key of the client certificate is missing');
    if (cert === undefined && key !== undefined) wrong('cert', 'the client certificate is missing');
    for (const [name, text] of Object.entries({ ca, cert, key }))
      if (text !== undefined && !text.includes('-----BEGIN ')) wrong(name, `${name}.pem is no PEM file`);
  }
  if (problems.length > 0) return bad(...problems);
  return ok({
    verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
}

function unreadableAddress(address: string, from: string): Diagnostic {
  return error('engine/address', {
    what: `${address} is no address of an engine`,
    why: `${from} names it`,
    help: 'write it like unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
