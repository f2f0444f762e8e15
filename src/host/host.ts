/**
 * The only door to the world: files, processes, clock, network, terminal. `cli/main.ts` makes the real one
 * and passes it down; nothing else in the program touches Node's own modules for these.
 */
import { availableParallelism, totalmem } from 'node:os';
import type { Platform } from '../target/platform.ts';
import type { Files } from './files.ts';
import { Processes } from './processes.ts';
import { Sights } from './sights.ts';
import { WatchedFiles } from './watchedfiles.ts';

export { cacheDirectory } from './cachedirectory.ts';

export interface Clock {
  /** Wall clock, milliseconds since 1970. */
  now(): number;
  /** Monotonic milliseconds. */
  monotonic(): number;
}

export interface Host {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly homeDirectory: string | undefined;
  /** This machine, in Go's words. */
  readonly platform: Platform;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly files: Files;
  readonly processes: Processes;
  /** What this process has looked at so far. */
  readonly sights: Sights;
  readonly clock: Clock;
  readonly stdout: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
  readonly stderr: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
}

const GO_OS: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' };
const GO_ARCH: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** The real machine, with this process's environment. */
export function realHost(): Host {
  const sights = new Sights();
  const environment = process.env;
  return {
    environment,
    workingDirectory: process.cwd(),
    homeDirectory: environment['HOME'] || undefined,
    platform: `${GO_OS[process.platform] ?? process.platform}/${GO_ARCH[process.arch] ?? process.arch}`,
    cpus: availableParallelism(),
    memoryBytes: Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
    files: new WatchedFiles(sights),
    processes: new Processes(environment['PATH'] ?? '', sights),
    sights,
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    stdout: process.stdout,
    stderr: process.stderr,
  };
}

/** Whether what is printed to stderr is coloured. */
export function hasColor({ stderr, environment }: Pick<Host, 'stderr' | 'environment'>): boolean {
  return stderr.isTTY === true && !environment['NO_COLOR'];
}
