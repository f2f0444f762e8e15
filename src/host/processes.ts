/**
 * Child processes: found by absolute path once, each in its own process group with an environment made on
 * purpose, no standard input, and a cancel that ends grandchildren too.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { error, Failure } from '../diagnostic/diagnostic.ts';
import { Launcher } from './launcher.ts';
import { filtered } from './piped.ts';
import { Sights } from './sights.ts';

export interface ProcessRequest {
  /** Program (name or absolute path) and arguments; never a shell line. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly input?: string;
  readonly timeoutMilliseconds?: number;
  /** Time between the polite and the final signal; default 5 s. */
  readonly graceMilliseconds?: number;
  readonly signal?: AbortSignal;
  /** Each complete line of either stream, without its line feed, as it comes. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  readonly onStart?: (pid: number) => void;
  /** File that takes both streams, in the order in which they are written; nothing is collected then. */
  readonly outputFile?: string;
  /** The program only reads: it is asked again to see whether an earlier answer still stands. */
  readonly isQuestion?: boolean;
  /** It only reads, and what it says follows from other questions. */
  readonly isSettled?: boolean;
  /** Bytes kept of each stream; the rest is dropped and `truncated` set. Default 64 MiB. */
  readonly keepBytes?: number;
}

export interface ProcessResult {
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
  readonly timedOut: boolean;
  readonly milliseconds: number;
}

const GRACE_MILLISECONDS = 5_000;
const DRAIN_MILLISECONDS = 250;
const KEEP_BYTES = 64 * 1024 * 1024;
/** More than this is not kept to be compared, in UTF-16 code units. */
const LONG_ANSWER = 64 * 1024;

export class Processes {
  readonly #path: readonly string[];
  readonly #found = new Map<string, string | undefined>();
  readonly #running = new Set<ChildProcess>();
  readonly #sights: Sights;

  /** `path`: the PATH to search. Relative and empty elements are ignored: they would run what a tree put there. */
  constructor(path: string, sights = new Sights()) {
    this.#sights = sights;
    this.#path = path.split(':').filter(isAbsolute);
  }

  /** PATH for children, with `first` in front. */
  searchPath(...first: readonly string[]): string {
    return [...first, ...this.#path].join(':');
  }

  /** Absolute path of a program, or undefined. */
  find(program: string): string | undefined {
    const isThere = (path: string) => isExecutable(this.#sights.entry(path));
    if (isAbsolute(program)) return isThere(program) ? program : undefined;
    if (!this.#found.has(program)) {
      this.#found.set(program, this.#path.map((dir) => join(dir, program)).find(isThere));
    }
    return this.#found.get(program);
  }

  /** Runs a program to its end. A non-zero exit is a result; a missing program is a Failure. */
  async run(request: ProcessRequest): Promise<ProcessResult> {
    const [name = '', ...argv] = request.argv;
    const program = this.find(name);
    if (!program) throw new Failure(notFound(name));
    if (!request.isQuestion && !request.isSettled) this.#sights.giveUp();
    request.signal?.throwIfAborted();
    const started = performance.now();
    const file = request.outputFile === undefined ? undefined : openSync(request.outputFile, 'w');
    const child = spawn(program, argv, {
      cwd: request.workingDirectory,
      env: { ...request.environment },
      detached: true,
      stdio: [request.input === undefined ? 'ignore' : 'pipe', file ?? 'pipe', file ?? 'pipe'],
    });
    if (file !== undefined) closeSync(file);
    this.#running.add(child);
    if (child.pid) request.onStart?.(child.pid);
    child.stdin?.on('error', () => {}).end(request.input);
    const keep = request.keepBytes ?? KEEP_BYTES;
    const stdout = collect(child, 'stdout', keep, request.onLine);
    const stderr = collect(child, 'stderr', keep, request.onLine);
    let timedOut = false;
    const stop = () => void this.#terminate(child, request.graceMilliseconds ?? GRACE_MILLISECONDS);
    const timer =
      request.timeoutMilliseconds === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            stop();
          }, request.timeoutMilliseconds);
    request.signal?.addEventListener('abort', stop, { once: true });
    try {
      const [exitCode, signal] = await ended(child);
      const said = stdout.text();
      if (request.isQuestion) {
        const { environment, workingDirectory } = request;
        const question = { argv: [program, ...argv], environment, workingDirectory, stdout: said };
        if (exitCode === null || said.length > LONG_ANSWER) this.#sights.giveUp();
        else this.#sights.question({ ...question, exitCode });
      }
      return {
        exitCode: exitCode ?? 128,
        signal: signal ?? undefined,
        stdout: said,
        stderr: stderr.text(),
        truncated: stdout.truncated() || stderr.truncated(),
        timedOut,
        milliseconds: performance.now() - started,
      };
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', stop);
      this.#running.delete(child);
    }
  }

  /** Runs a program as a filter and hands out what it writes. Throws ProgramFailed when it ends badly. */
  async *pipe(
    request: Pick<ProcessRequest, 'argv' | 'environment' | 'workingDirectory' | 'signal'> & {
      readonly input: AsyncIterable<Uint8Array>;
    },
  ): AsyncGenerator<Uint8Array> {
    const [name = '', ...argv] = request.argv;
    const program = this.find(name);
    if (!program) throw new Failure(notFound(name));
    this.#sights.giveUp();
    request.signal?.throwIfAborted();
    const child = spawn(program, argv, {
      ...{ cwd: request.workingDirectory, env: { ...request.environment }, detached: true, stdio: 'pipe' },
    });
    const stop = () => void this.#terminate(child, GRACE_MILLISECONDS);
    this.#running.add(child);
    request.signal?.addEventListener('abort', stop, { once: true });
    try {
      yield* filtered(child, request.input);
    } finally {
      request.signal?.removeEventListener('abort', stop);
      this.#running.delete(child);
    }
  }

  /**
   * For many short programs: shells that start them cheaply, with a directory for their files. `onGroup` is told of the
   * process group of each; an abort ends them all. Undefined where there is no shell.
   */
  launcher(directory: string, signal: AbortSignal, onGroup: (pid: number) => void): Launcher | undefined {
    const sh = this.find('/bin/sh') ?? this.find('sh');
    if (!sh) return undefined;
    this.#sights.giveUp();
    const onShell = (child: ChildProcess) => {
      const stop = () => void this.#terminate(child, GRACE_MILLISECONDS);
      this.#running.add(child);
      signal.addEventListener('abort', stop, { once: true });
      child.once('exit', () => {
        this.#running.delete(child);
        signal.removeEventListener('abort', stop);
      });
      if (child.pid) onGroup(child.pid);
    };
    return new Launcher({ sh, directory, onShell });
  }

  /** Our own process. */
  get self(): { readonly pid: number; readonly isRoot: boolean } {
    return { pid: process.pid, isRoot: process.getuid?.() === 0 };
  }

  isAlive(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return true;
    } catch (problem) {
      return (problem as NodeJS.ErrnoException).code === 'EPERM';
    }
  }

  /** Ends a process group at once; nothing happens when it has ended already. */
  killGroup(pid: number): void {
    signalGroup(pid, 'SIGKILL');
  }

  /** Ends every running child and its group at once. */
  killAll(): void {
    for (const child of this.#running) signalGroup(child.pid, 'SIGKILL');
  }

  async #terminate(child: ChildProcess, graceMilliseconds: number): Promise<void> {
    signalGroup(child.pid, 'SIGTERM');
    const deadline = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), graceMilliseconds);
    child.once('exit', () => {
      clearTimeout(deadline);
      // What the group left behind after its leader's end has had its chance.
      signalGroup(child.pid, 'SIGKILL');
    });
  }
}

function notFound(name: string) {
  return error('process/not-found', {
    what: `the program ${name} was not found on PATH`,
    help: `install ${name}, or put its directory on PATH`,
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (!pid) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended already.
  }
}

/** Waits for the exit and for the pipes, but not for a grandchild that keeps them open. */
function ended(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve([code, signal]));
    child.once('exit', (code, signal) => {
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve([code, signal]);
      }, DRAIN_MILLISECONDS).unref();
    });
  });
}

function collect(
  child: ChildProcess,
  name: 'stdout' | 'stderr',
  keep: number,
  onLine: ProcessRequest['onLine'],
): { text(): string; truncated(): boolean } {
  const chunks: Buffer[] = [];
  let size = 0;
  let dropped = 0;
  let rest = '';
  const decoder = new TextDecoder();
  child[name]?.on('data', (chunk: Buffer) => {
    if (size < keep) chunks.push(chunk.subarray(0, keep - size));
    dropped += Math.max(0, size + chunk.length - keep);
    size = Math.min(keep, size + chunk.length);
    if (!onLine) return;
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line, name);
  });
  child[name]?.on('end', () => {
    if (rest) onLine?.(rest, name);
  });
  return { text: () => Buffer.concat(chunks).toString('utf8'), truncated: () => dropped > 0 };
}
