/** From a request to everything that a container run needs: the engine, the names, the image, the plan. */
import { hostname } from 'node:os';
import { type Diagnostic, error, Failure, taken } from '../../diagnostic/diagnostic.ts';
import { type FoundEndpoint, findEngine } from '../../engine/endpoint.ts';
import { Engine } from '../../engine/engine.ts';
import type { EngineInfo } from '../../engine/types.ts';
import { digestOfBytes } from '../../formats/digest.ts';
import { tar } from '../../formats/tar.ts';
import { openEngineConnection } from '../../host/engine-connection.ts';
import { cacheDirectory, type Host } from '../../host/host.ts';
import { type ContainerBuild, readContainerBuild } from '../../tree/container/facts.ts';
import { runGit } from '../../tree/version/git.ts';
import { readTreeVersion, type TreeVersion } from '../../tree/version.ts';
import type { Session } from '../session.ts';
import { type BuildImage, resolveBuildImage } from './image.ts';
import { type ContainerNames, namesOf } from './names.ts';
import { bindsOf, type ContainerPlan, type PlanInputs, planContainer } from './plan.ts';
import type { ContainerRequest, Transport } from './request.ts';

/** What of a checkout does not depend on an engine. */
export interface Checkout {
  readonly build: ContainerBuild;
  readonly names: ContainerNames;
  readonly version: TreeVersion;
  readonly inputs: Omit<PlanInputs, 'transport' | 'isRootless'>;
}

export interface PreparedContainer extends Checkout {
  readonly host: Host;
  readonly signal: AbortSignal;
  readonly session: Session;
  readonly request: ContainerRequest;
  readonly engine: Engine;
  readonly endpoint: FoundEndpoint;
  readonly info: EngineInfo;
  readonly image: BuildImage;
  readonly plan: ContainerPlan;
  readonly binds: readonly string[];
  /** What is remembered of this checkout at this engine. */
  readonly stateFile: string;
  /** Gives volumes that are new to the caller. */
  own(container: string): Promise<void>;
}

/** Reads the checkout: its scripts, branch and version. */
export async function readCheckout(session: Session, request: ContainerRequest): Promise<Checkout> {
  const { context, tree, layout } = session;
  const { host, signal } = context;
  const build = readContainerBuild(host, tree);
  const [branch, version] = await Promise.all([
    branchOf(host, tree.root, signal),
    readTreeVersion(host, tree, { signal, versionString: request.versionString }),
  ]);
  const machine = host.environment['HOSTNAME'] || hostname();
  const names = namesOf(build, { host: machine, root: tree.root, branch });
  const { value } = taken(version);
  return {
    ...{ build, names, version: value },
    inputs: {
      ...{ build, names, request, root: tree.root, out: layout.out, variables: host.environment },
      caller: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, hostname: machine },
      epoch: String(Math.floor(Date.parse(value.buildDate) / 1000)),
      configuredProxies: configuredProxies(host),
    },
  };
}

/** The engine that a request means. A warning about it is reported. */
export function openEngine(
  session: Session,
  named: string | undefined,
): { engine: Engine; endpoint: FoundEndpoint } {
  const { host, report, options } = session.context;
  const found = taken(findEngine(host, named));
  if (!options.quiet) for (const note of found.diagnostics) report(note);
  return { engine: new Engine(openEngineConnection(host, found.value.endpoint)), endpoint: found.value };
}

/** Reads everything; every reason why the run cannot be is told before anything is changed. */
export async function prepareContainer(
  session: Session,
  asked: ContainerRequest,
): Promise<PreparedContainer> {
  const { host, signal, options } = session.context;
  // --offline holds inside too.
  const request = options.offline && asked.network === undefined ? { ...asked, network: 'none' } : asked;
  const checkout = await readCheckout(session, request);
  const { engine, endpoint } = openEngine(session, request.engine);
  try {
    const info = await engine.info();
    if (info.OSType !== undefined && info.OSType !== 'linux')
      throw new Failure(notLinux(engine, info.OSType));
    const image = await resolveBuildImage(engine, {
      ...{ named: request.image, build: checkout.build, names: checkout.names },
      architecture: goArchitecture(info.Architecture),
    });
    const transport = chooseTransport(host, checkout.build, request, endpoint, info);
    const isRootless = rootIsCaller(info);
    const plan = planContainer({ ...checkout.inputs, transport, isRootless });
    return {
      ...checkout,
      ...{ host, signal, session, request, engine, endpoint, info, image, plan },
      binds: bindsOf({ ...checkout.inputs, transport, isRootless }),
      // By address: podman gives itself another id with each answer.
      stateFile: `${session.own}/container/${digestOfBytes(`${engine.address} ${plan.names.data}`).slice(0, 24)}.json`,
      own: async (container) => {
        await engine.containers.putArchive(container, '/', tar(volumeRoots(plan)));
      },
    };
  } catch (problem) {
    await engine.close();
    throw problem;
  }
}

/** Whether root in a container is who started the engine. */
export function rootIsCaller({ SecurityOptions, Rootless }: EngineInfo): boolean {
  return Rootless === true || (SecurityOptions ?? []).some((option) => option.includes('name=rootless'));
}

/** Lock of everything that a checkout has at engines, whatever its output directory. */
export function lockDirectory(host: Host, { checkout }: ContainerNames): string {
  return `${cacheDirectory(host)}/containers/${checkout}`;
}

/**
 * A named way is taken. Else rsync when its port is set, as upstream; the tree itself where upstream mounts it; else streams:
 * with what is remembered they send least, and need nothing of either side.
 */
export function chooseTransport(
  host: Pick<Host, 'environment'>,
  build: ContainerBuild,
  request: ContainerRequest,
  { endpoint }: FoundEndpoint,
  info: EngineInfo,
): Transport {
  if (request.transport) return request.transport;
  if (host.environment['KUBE_RSYNC_PORT']) return 'rsync';
  const isSelinux = (info.SecurityOptions ?? []).some((option) => option.includes('name=selinux'));
  const mayBind = endpoint.kind === 'unix' && (!isSelinux || request.selinux !== undefined);
  return build.era === 'bind' && mayBind ? 'bind' : 'stream';
}

function volumeRoots({ volumes, user }: ContainerPlan) {
  const [uid = 0, gid = 0] = (user ?? '0:0').split(':').map(Number);
  return volumes.map(({ target }) => ({
    entry: { path: target.slice(1), kind: 'directory', mode: 0o755, size: 0, uid, gid } as const,
  }));
}

async function branchOf(host: Host, root: string, signal: AbortSignal): Promise<string> {
  if (!host.files.exists(`${root}/.git`) || !host.processes.find('git')) return '';
  const { stdout } = await runGit(host, root, ['symbolic-ref', '--short', '-q', 'HEAD'], { signal });
  return stdout.trim();
}

/** `proxies` of the Docker configuration, for any engine. */
function configuredProxies(host: Host): Record<string, string> {
  const directory = host.environment['DOCKER_CONFIG'] || `${host.homeDirectory ?? ''}/.docker`;
  try {
    const config = JSON.parse(host.files.readTextIfAny(`${directory}/config.json`) ?? '{}') as {
      proxies?: { default?: Record<string, unknown> };
    };
    const { httpProxy, httpsProxy, noProxy, ftpProxy, allProxy } = config.proxies?.default ?? {};
    const all = {
      ...{ http_proxy: httpProxy, https_proxy: httpsProxy, no_proxy: noProxy },
      ...{ ftp_proxy: ftpProxy, all_proxy: allProxy },
    };
    return Object.fromEntries(
      Object.entries(all).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    );
  } catch {
    return {};
  }
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  ...{ x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm', armv6l: 'arm', i686: '386', i386: '386' },
  ...{ ppc64le: 'ppc64le', s390x: 's390x', riscv64: 'riscv64', amd64: 'amd64', arm64: 'arm64' },
};

/** The kernel's word for an architecture as Go's; undefined for one that is not known. */
function goArchitecture(name: string | undefined): string | undefined {
  return name === undefined ? undefined : ARCHITECTURES[name];
}

function notLinux(engine: Engine, system: string): Diagnostic {
  return error('engine/failed', {
    what: `the engine at ${engine.address} runs ${system} containers`,
    why: 'the tree’s scripts build in Linux containers',
    help: 'switch it to Linux containers, or name another engine: --engine ADDRESS',
  });
}
