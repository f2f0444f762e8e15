/**
 * Files over rsync, as upstream since 1.7: a daemon in a container beside the volumes, asked by the rsync of this machine
 * through a published port (spec container-build 6.3, 6.4). The password guards it, not a list of addresses: that list is
 * why upstream's fails behind podman, virtual machines and hosts with several addresses.
 */
import { randomBytes } from 'node:crypto';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { EngineRefusal } from '../../engine/problems.ts';
import { demultiplex } from '../../engine/streams.ts';
import type { ContainerInspect } from '../../engine/types.ts';
import { tar } from '../../formats/tar.ts';
import type { Host } from '../../host/host.ts';
import { type ContainerPlan, containerSpec, OWN } from './plan.ts';
import type { PreparedContainer } from './prepare.ts';

const PORT = 8730;
const READY_MILLISECONDS = 10_000;

export interface RsyncJob {
  /** Options and filters, in rsync's words. */
  readonly options: readonly string[];
  /** Paths here, or below the module: `module:/…`. */
  readonly from: string;
  readonly to: string;
}

/** Runs jobs against a daemon that lives as long as they take. Returns how many files each moved. */
export async function withRsync(
  prepared: PreparedContainer,
  run: string,
  stage: string,
  jobs: readonly RsyncJob[],
): Promise<number[]> {
  const { host, engine, plan } = prepared;
  const { containers } = engine;
  if (!host.processes.find('rsync')) throw new Failure(noRsyncHere());
  const secret = randomBytes(24).toString('base64url');
  const passwordFile = `${stage}/rsync.password`;
  host.files.publish(passwordFile, `${secret}\n`, { mode: 0o600, fsync: false });
  await containers.remove(plan.names.rsync);
  const id = await containers.create(plan.names.rsync, daemonSpec(prepared, run));
  try {
    await containers.putArchive(id, '/', tar(daemonFiles(plan, secret)));
    try {
      await containers.start(id);
    } catch (problem) {
      throw isMissingProgram(problem) ? new Failure(noRsyncThere(prepared)) : problem;
    }
    const address = await reach(prepared, id, passwordFile);
    const counts: number[] = [];
    for (const job of jobs) counts.push(await transfer(prepared, address, passwordFile, job));
    return counts;
  } finally {
    await containers.remove(id);
    host.files.remove(passwordFile);
  }
}

function daemonSpec({ plan, image, request, host }: PreparedContainer, run: string) {
  const spec = containerSpec(plan, {
    ...{ image: image.id, command: [], run, tty: false, binds: [] },
    ...{ network: request.network === 'host' ? 'host' : undefined, cgroupParent: undefined },
  });
  const hostPort = host.environment['KUBE_RSYNC_PORT'] ?? '';
  return {
    ...spec,
    Entrypoint: ['rsync', '--no-detach', '--daemon', `--config=${OWN}/rsyncd.conf`],
    ExposedPorts: { [`${PORT}/tcp`]: {} },
    HostConfig: {
      ...spec.HostConfig,
      PortBindings: { [`${PORT}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: hostPort }] },
    },
  };
}

function daemonFiles({ user, build }: ContainerPlan, secret: string) {
  const [uid = 0, gid = 0] = (user ?? '0:0').split(':').map(Number);
  const config = [
    `port = ${PORT}`,
    'use chroot = no',
    'munge symlinks = no',
    'reverse lookup = no',
    `pid file = ${OWN}/out/rsyncd.pid`,
    '[k8s]',
    'numeric ids = true',
    ...(uid === 0 ? ['uid = 0', 'gid = 0'] : []),
    'auth users = k8s',
    `secrets file = ${OWN}/rsyncd.secrets`,
    'read only = false',
    `path = ${build.remoteRoot}`,
    '',
  ].join('\n');
  const file = (name: string, text: string, mode: number) => ({
    entry: {
      path: `${OWN.slice(1)}/${name}`,
      kind: 'file',
      mode,
      size: Buffer.byteLength(text),
      uid,
      gid,
    } as const,
    content: Buffer.from(text),
  });
  return [
    { entry: { path: `${OWN.slice(1)}/out`, kind: 'directory', mode: 0o755, size: 0, uid, gid } as const },
    file('rsyncd.conf', config, 0o644),
    file('rsyncd.secrets', `k8s:${secret}\n`, 0o600),
  ];
}

/** The address that answers: through the published port, or the container's own where we are beside it. */
async function reach(prepared: PreparedContainer, id: string, passwordFile: string): Promise<string> {
  const { host, engine, signal } = prepared;
  const deadline = host.clock.monotonic() + READY_MILLISECONDS;
  let tried: readonly string[] = [];
  for (;;) {
    signal.throwIfAborted();
    const state = await engine.containers.inspect(id);
    if (!state?.State.Running) {
      const words = await lastWords(prepared, id);
      if (state?.State.ExitCode === 127 || /executable file not found|no such file/i.test(words))
        throw new Failure(noRsyncThere(prepared));
      throw new Failure(unreachable(tried, `its daemon ended: ${words}`));
    }
    tried = addressesOf(state);
    for (const address of tried)
      if (
        (await ask(host, ['rsync', ...secretOf(passwordFile), `rsync://k8s@${address}/`], signal))
          .exitCode === 0
      )
        return address;
    if (host.clock.monotonic() >= deadline) throw new Failure(unreachable(tried, 'nobody answers'));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function addressesOf({ NetworkSettings: network }: ContainerInspect): string[] {
  const published = network?.Ports?.[`${PORT}/tcp`]?.map(({ HostPort }) => `127.0.0.1:${HostPort}`) ?? [];
  const own = [
    network?.IPAddress,
    ...Object.values(network?.Networks ?? {}).map(({ IPAddress }) => IPAddress),
  ];
  return [...new Set([...published, ...own.flatMap((ip) => (ip ? [`${ip}:${PORT}`] : []))])];
}

async function transfer(
  { host, signal }: PreparedContainer,
  address: string,
  passwordFile: string,
  { options, from, to }: RsyncJob,
): Promise<number> {
  const place = (path: string) => path.replace(/^module:/, `rsync://k8s@${address}/k8s`);
  const level = Number(host.environment['KUBE_RSYNC_COMPRESS'] ?? 0);
  const compress = level > 0 ? [`--compress-level=${level}`, '--compress'] : [];
  const argv = ['rsync', '--archive', '--stats', ...compress, ...secretOf(passwordFile), ...options];
  const { exitCode, stdout, stderr } = await ask(host, [...argv, place(from), place(to)], signal);
  if (exitCode === 0)
    return Number(
      /Number of regular files transferred: ([\d,.]+)/.exec(stdout)?.[1]?.replace(/\D/g, '') ?? 0,
    );
  signal.throwIfAborted();
  throw new Failure(
    error('container/rsync-failed', {
      what: `rsync could not copy ${from === 'module:/' || from.startsWith('module:') ? 'results' : 'sources'}: ${stderr.trim().split('\n')[0] ?? ''}`,
      why: `it ended with ${exitCode}; what was copied before stays and is not copied again`,
      help: 'run the same command again; --transport stream sends over the engine’s own connection instead',
    }),
  );
}

function secretOf(passwordFile: string): string[] {
  return [`--password-file=${passwordFile}`];
}

function ask(host: Host, argv: readonly string[], signal: AbortSignal) {
  const environment = { PATH: host.processes.searchPath(), LC_ALL: 'C' };
  return host.processes.run({ argv, environment, workingDirectory: '/', signal });
}

async function lastWords({ engine }: PreparedContainer, id: string): Promise<string> {
  let text = '';
  for await (const { bytes } of demultiplex(await engine.containers.logs(id, 5)))
    text += Buffer.from(bytes).toString('utf8');
  return text.trim().split('\n').at(-1) ?? '';
}

function isMissingProgram(problem: unknown): boolean {
  return (
    problem instanceof EngineRefusal &&
    /executable file not found|no such file or directory|not found in \$PATH/i.test(problem.words)
  );
}

function noRsyncHere() {
  return error('container/no-rsync', {
    what: 'the program rsync was not found on this machine',
    why: '--transport rsync, or KUBE_RSYNC_PORT, asks for it',
    help: 'install rsync, or take --transport stream, which needs nothing on either side',
  });
}

function noRsyncThere({ image }: PreparedContainer) {
  return error('container/no-rsync', {
    what: `the image ${image.reference} holds no rsync`,
    why: '--transport rsync, or KUBE_RSYNC_PORT, wants its daemon inside',
    help: 'take --transport stream, which needs nothing on either side, or an image with rsync: kubewright container image',
  });
}

function unreachable(tried: readonly string[], cause: string) {
  return error('container/rsync-unreachable', {
    what: `the rsync daemon of the container cannot be reached: ${cause}`,
    why: `tried: ${tried.join(', ') || 'no address, since the container has no network'}`,
    help: 'for an engine elsewhere, lead a port there (ssh -L 8730:127.0.0.1:8730 HOST) and name it: KUBE_RSYNC_PORT=8730; or take --transport stream, which needs no port',
  });
}
