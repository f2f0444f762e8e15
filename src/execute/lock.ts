/**
 * One writer per output directory. The lock says who holds it; a holder that died is noticed by its process start
 * time and boot, and the processes that it left behind are ended before anything is touched.
 */
import { error, Failure } from '../diagnostic/diagnostic.ts';
import type { Host } from '../host/host.ts';

interface Holder {
  readonly pid: number;
  readonly started: string;
  readonly boot: string;
  readonly command: string;
  readonly since: string;
}

export interface Lock {
  /** Whether the last holder died, and may have left half of its work. */
  readonly isTakenOver: boolean;
  /** Remembers a child's process group, so that a later run can end it should this one die. */
  addGroup(pid: number): void;
  release(): void;
}

/** The file that says who holds an output directory. */
export function lockFile(directory: string): string {
  return `${directory}/lock`;
}

/** Takes the lock of an output directory. Waits `waitMilliseconds` for a living holder, then is `run/locked`. */
export async function takeLock(
  host: Host,
  directory: string,
  command: string,
  waitMilliseconds: number,
  signal: AbortSignal,
  onWait: (holder: string) => void,
): Promise<Lock> {
  const path = lockFile(directory);
  const groups = `${directory}/lock.groups`;
  const self: Holder = {
    pid: host.processes.self.pid,
    started: startTime(host, host.processes.self.pid) ?? '',
    boot: bootId(host),
    command,
    since: new Date(host.clock.now()).toISOString(),
  };
  const deadline = host.clock.monotonic() + waitMilliseconds;
  let told = false;
  let isTakenOver = false;
  for (;;) {
    signal.throwIfAborted();
    if (host.files.createExclusive(path, JSON.stringify(self))) break;
    const holder = readHolder(host, path);
    if (!holder || isDead(host, holder)) {
      endGroups(host, groups);
      host.files.remove(path);
      isTakenOver = true;
      continue;
    }
    const who = `process ${holder.pid} (${holder.command}), since ${holder.since}`;
    if (host.clock.monotonic() >= deadline) throw new Failure(locked(directory, who));
    if (!told) onWait(who);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
  host.files.remove(groups);
  return {
    isTakenOver,
    addGroup: (pid) => host.files.append(groups, `${pid} ${startTime(host, pid) ?? ''}\n`),
    release: () => {
      host.files.remove(groups);
      if (readHolder(host, path)?.started === self.started) host.files.remove(path);
    },
  };
}

const POLL_MILLISECONDS = 200;

function locked(directory: string, who: string) {
  return error('run/locked', {
    what: `another run writes to ${directory}: ${who}`,
    why: 'two runs with one output directory would mix their outputs',
    help: 'wait for it (--wait SECONDS waits longer), stop it, or use another directory with --out',
  });
}

function readHolder(host: Host, path: string): Holder | undefined {
  try {
    return JSON.parse(host.files.readText(path)) as Holder;
  } catch {
    return undefined;
  }
}

function isDead(host: Host, holder: Holder): boolean {
  if (holder.boot !== bootId(host)) return true;
  const started = startTime(host, holder.pid);
  if (started !== undefined) return started !== holder.started;
  return !host.processes.isAlive(holder.pid);
}

/** Ends the process groups that a dead run left behind, if they still are the same processes. */
function endGroups(host: Host, path: string): void {
  for (const line of host.files.readTextIfAny(path)?.split('\n') ?? []) {
    const [pid, started] = line.split(' ');
    if (pid && started && startTime(host, Number(pid)) === started) host.processes.killGroup(Number(pid));
  }
}

/** Start time of a process in clock ticks since boot (proc(5), field 22); undefined where there is no /proc. */
function startTime(host: Host, pid: number): string | undefined {
  const stat = host.files.readTextIfAny(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function bootId(host: Host): string {
  return host.files.readTextIfAny('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}
