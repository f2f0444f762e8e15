/**
 * Starts many short programs from a few shells that stay. Node forks: a process of 400 MB spends 20 ms on each child,
 * a shell of 1 MB a fraction of one. Programs are named by absolute path, and nothing of a shell's own gets into their
 * environment but what POSIX lets a shell add (`_`).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { constants } from 'node:os';

export interface LaunchRequest {
  /** Absolute path of the program, and its arguments. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly onStart?: (pid: number) => void;
}

export interface LaunchResult {
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | undefined;
  /** Both streams in the order in which they were written; read only when the program failed. */
  readonly output: string;
}

interface Shell {
  readonly child: ChildProcess;
  readonly script: string;
  /** The script, open for writing; undefined when the shell has ended. */
  file: number | undefined;
  readonly outputFile: string;
  /** Takes the lines that the shell says of its program: `p PID`, `e EXITCODE`. */
  listen: (line: string) => void;
}

export interface LauncherOptions {
  /** Absolute path of a POSIX shell. */
  readonly sh: string;
  /** Existing directory for scripts and outputs. */
  readonly directory: string;
  /** Told of each shell: it leads the process group of its programs. */
  readonly onShell: (child: ChildProcess) => void;
}

export class Launcher {
  readonly #options: LauncherOptions;
  readonly #idle: Shell[] = [];
  readonly #busy = new Set<Shell>();
  #count = 0;

  constructor(options: LauncherOptions) {
    this.#options = options;
  }

  /** Runs a program to its end; as many at once as are asked for. */
  async run(request: LaunchRequest): Promise<LaunchResult> {
    const shell = this.#idle.pop() ?? this.#open();
    this.#busy.add(shell);
    try {
      rewrite(shell.file as number, scriptOf(request, shell.outputFile));
      const exitCode = await new Promise<number>((resolve) => {
        const gone = (code: number | null) => resolve(code ?? 128);
        shell.child.once('exit', gone);
        shell.listen = (line) => {
          const value = Number(line.slice(2));
          if (line.startsWith('p ')) request.onStart?.(value);
          if (!line.startsWith('e ')) return;
          shell.child.off('exit', gone);
          resolve(value);
        };
        shell.child.stdin?.write(`. ${quoted(shell.script)}\n`);
      });
      if (exitCode === 0) return { exitCode, signal: undefined, output: '' };
      return { exitCode, signal: signalOf(exitCode), output: readIfAny(shell.outputFile) };
    } finally {
      this.#busy.delete(shell);
      if (shell.child.exitCode === null && shell.child.signalCode === null) this.#idle.push(shell);
      else closeScript(shell);
    }
  }

  /** Ends all shells; programs that still run end with them. */
  async close(): Promise<void> {
    const shells = [...this.#idle.splice(0), ...this.#busy];
    await Promise.all(
      shells.map(async (shell) => {
        const { child, script, outputFile } = shell;
        const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
        child.stdin?.end();
        await ended;
        closeScript(shell);
        for (const path of [script, outputFile]) rmSync(path, { force: true });
      }),
    );
  }

  #open(): Shell {
    const { sh, directory, onShell } = this.#options;
    const name = `${directory}/shell-${this.#count++}`;
    const child = spawn(sh, [], {
      cwd: '/',
      env: {},
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    });
    const [script, outputFile] = [`${name}.sh`, `${name}.out`] as const;
    const shell: Shell = { child, script, file: openSync(script, 'w'), outputFile, listen: () => {} };
    child.stdin?.on('error', () => {});
    let rest = '';
    (child.stdio[3] as NodeJS.ReadableStream).setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) shell.listen(line);
    });
    onShell(child);
    return shell;
  }
}

function closeScript(shell: Shell): void {
  if (shell.file !== undefined) closeSync(shell.file);
  shell.file = undefined;
}

/**
 * In place: ext4 has the disk take a file that was cut to nothing and written anew (auto_da_alloc), which took longer than
 * starting the program.
 */
function rewrite(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at, at);
  ftruncateSync(file, bytes.length);
}

/** A file that the shell reads: `read` on a pipe would take a system call for each character. */
function scriptOf({ argv, environment, workingDirectory }: LaunchRequest, outputFile: string): string {
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`);
  return [
    // One command, read whole before it runs: the file may be written anew once `e` was said.
    '{ (',
    // The subshell that becomes the program; without /proc nobody looks at its memory either.
    '[ -r /proc/self/stat ] && read -r pid rest </proc/self/stat && echo "p $pid" >&3',
    `cd ${quoted(workingDirectory)} || exit 127`,
    'unset OLDPWD SHLVL',
    ...exports,
    `exec ${argv.map(quoted).join(' ')} 3>&-`,
    `) >${quoted(outputFile)} 2>&1 </dev/null`,
    'echo "e $?" >&3; return; }',
    '',
  ].join('\n');
}

/** A shell that was ended at once has made no file. */
function readIfAny(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** Shells add 128 to the number of the signal that ended a program. */
function signalOf(exitCode: number): NodeJS.Signals | undefined {
  const found = Object.entries(constants.signals).find(([, number]) => number === exitCode - 128);
  return found?.[0] as NodeJS.Signals | undefined;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
