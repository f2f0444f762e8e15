/** What a container of a build is given: environment, mounts, user. Values in, values out; a dry run prints it. */
import type { ContainerSpec, Mount } from '../../engine/types.ts';
import type { Host } from '../../host/host.ts';
import type { ContainerBuild } from '../../tree/container/facts.ts';
import { CHECKOUT_LABEL, type ContainerNames, RUN_LABEL } from './names.ts';
import type { ContainerRequest, Transport } from './request.ts';

/** Directory of our own in the container: the script, lists, results' facts. */
export const OWN = '/kubewright';

export interface ContainerPlan {
  readonly build: ContainerBuild;
  readonly names: ContainerNames;
  readonly transport: Transport;
  /** Where programs land inside. */
  readonly remoteBin: string;
  /** Where programs land here. */
  readonly localBin: string;
  /** Volumes by the directory that they hold, the sources first; none with a bind mount. */
  readonly volumes: readonly { readonly name: string; readonly target: string }[];
  readonly mounts: readonly Mount[];
  /** `NAME=VALUE`, sorted. */
  readonly environment: readonly string[];
  /** `1000:1000`; absent where the engine's root is the caller. */
  readonly user: string | undefined;
  readonly hostname: string;
  readonly security: readonly string[];
}

/** Who asks, and from where. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly hostname: string;
}

export interface PlanInputs {
  readonly build: ContainerBuild;
  readonly names: ContainerNames;
  readonly request: ContainerRequest;
  readonly transport: Transport;
  readonly caller: Caller;
  /** Whether root in the container is the caller here. */
  readonly isRootless: boolean;
  readonly root: string;
  readonly out: string;
  /** Seconds since 1970, of the version. */
  readonly epoch: string;
  /** The caller's variables. */
  readonly variables: Host['environment'];
  /** Proxies that the Docker configuration gives to containers. */
  readonly configuredProxies: Readonly<Record<string, string>>;
}

export function planContainer(inputs: PlanInputs): ContainerPlan {
  const { build, names, transport, caller, isRootless, request } = inputs;
  const { remoteRoot } = build;
  const volumes =
    transport === 'bind'
      ? []
      : [
          { name: names.data, target: remoteRoot },
          { name: `${names.data}-output`, target: `${remoteRoot}/_output` },
          ...build.kept.map((target) => ({ name: `${names.data}-${target.split('/').at(-1)}`, target })),
        ];
  const mounts: Mount[] =
    transport === 'bind'
      ? bindMounts(inputs)
      : volumes.map(({ name, target }, i) => ({
          ...{ Type: 'volume', Source: name, Target: target },
          // What the image has at the place of the sources is not theirs.
          ...(i < 2 ? { VolumeOptions: { NoCopy: true } } : {}),
        }));
  if (build.where.file === 'build/common.sh')
    mounts.push({ Type: 'tmpfs', Target: '/var/run/kubernetes', TmpfsOptions: { Mode: 0o1777 } });
  const labels = request.selinux === 'disable' && transport === 'bind' ? ['label=disable'] : [];
  return {
    ...{ build, names, transport, volumes, mounts },
    remoteBin: `${build.remoteOutput}/bin`,
    localBin: `${inputs.out}/dockerized/bin`,
    environment: environmentOf(inputs),
    user: isRootless ? undefined : `${caller.uid}:${caller.gid}`,
    hostname: caller.hostname.split('.')[0]?.slice(0, 63) || 'kubewright',
    security: ['no-new-privileges', ...labels],
  };
}

function bindMounts({ build, root, out, request }: PlanInputs): Mount[] {
  const { remoteRoot } = build;
  const mounts: Mount[] = [{ Type: 'bind', Source: root, Target: remoteRoot }];
  if (out !== `${root}/_output`) mounts.push({ Type: 'bind', Source: out, Target: `${remoteRoot}/_output` });
  // Relabelling is an option of the older form of mounts alone; `bindsOf` gives it.
  return request.selinux === 'relabel' ? [] : mounts;
}

/** `SOURCE:TARGET:z`, where the files are to be relabelled for SELinux. */
export function bindsOf({ build, root, out, request, transport }: PlanInputs): string[] {
  if (transport !== 'bind' || request.selinux !== 'relabel') return [];
  const extra = out === `${root}/_output` ? [] : [`${out}:${build.remoteRoot}/_output:z`];
  return [`${root}:${build.remoteRoot}:z`, ...extra];
}

const PROXIES = ['http_proxy', 'https_proxy', 'no_proxy', 'ftp_proxy', 'all_proxy'];
const NOBODY = { NAME: 'kube-build-image', EMAIL: 'nobody@k8s.io' };

function environmentOf(inputs: PlanInputs): string[] {
  const { build, transport, variables, epoch, request } = inputs;
  const all: Record<string, string> = {
    // A mounted checkout is no place for caches of tools.
    HOME: transport === 'bind' ? '/tmp' : build.remoteRoot,
    KUBE_OUTPUT_SUBPATH: build.remoteOutput.slice(build.remoteRoot.length + 1),
    KUBE_GIT_VERSION_FILE: `${OWN}/version`,
    ...Object.fromEntries(
      ['AUTHOR', 'COMMITTER'].flatMap((who) =>
        Object.entries(NOBODY).map(([what, value]) => [`GIT_${who}_${what}`, value]),
      ),
    ),
    ...proxiesOf(variables, inputs.configuredProxies),
  };
  for (const { name, from, fallback, onlyIfSet } of build.variables) {
    const value = variables[from];
    if (value !== undefined || !onlyIfSet) all[name] = value || fallback;
  }
  // The clock of the version, as our own builds have it: the same bytes inside and outside.
  all['SOURCE_DATE_EPOCH'] ||= epoch;
  for (const word of request.environment) {
    const at = word.indexOf('=');
    all[word.slice(0, at)] = word.slice(at + 1);
  }
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .sort();
}

/**
 * Proxies of the caller (either case, and the KUBERNETES_ names of 1.7 to 1.20), else those of the Docker configuration; in
 * both spellings, for the container alone. Its own address is never asked through one.
 */
function proxiesOf(
  variables: Host['environment'],
  configured: Readonly<Record<string, string>>,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of PROXIES) {
    const upper = name.toUpperCase();
    const value = variables[name] || variables[upper] || variables[`KUBERNETES_${upper}`] || configured[name];
    if (value) found[name] = value;
  }
  if (Object.keys(found).length === 0) return {};
  const direct = (found['no_proxy'] ?? '').split(',').filter(Boolean);
  found['no_proxy'] = [...new Set([...direct, '127.0.0.1', 'localhost'])].join(',');
  return Object.fromEntries(
    Object.entries(found).flatMap(([name, value]) => [
      [name, value],
      [name.toUpperCase(), value],
    ]),
  );
}

/** The build container for the engine. */
export function containerSpec(
  plan: ContainerPlan,
  more: {
    readonly image: string;
    readonly command: readonly string[];
    readonly run: string;
    readonly tty: boolean;
    readonly binds: readonly string[];
    readonly network: string | undefined;
    readonly cgroupParent: string | undefined;
  },
): ContainerSpec {
  const isRoot = plan.user === undefined || plan.user.startsWith('0:');
  return {
    ...{ Image: more.image, Entrypoint: ['/bin/sh', `${OWN}/run`], Cmd: more.command },
    ...{ Env: plan.environment, WorkingDir: plan.build.remoteRoot, Hostname: plan.hostname },
    ...(plan.user === undefined ? {} : { User: plan.user }),
    Labels: { [CHECKOUT_LABEL]: plan.names.checkout, [RUN_LABEL]: more.run },
    ...{ Tty: more.tty, OpenStdin: more.tty, StdinOnce: more.tty, AttachStdin: more.tty },
    ...{ AttachStdout: true, AttachStderr: true },
    HostConfig: {
      Mounts: plan.mounts,
      ...(more.binds.length > 0 ? { Binds: more.binds } : {}),
      ...(more.network === undefined ? {} : { NetworkMode: more.network }),
      ...(more.cgroupParent === undefined ? {} : { CgroupParent: more.cgroupParent }),
      // A user has none anyway; root without them could not even own what it unpacks.
      ...(isRoot ? {} : { CapDrop: ['ALL'] }),
      SecurityOpt: plan.security,
    },
  };
}
