/** What one command costs: wall time, CPU time and memory, its children included. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A command with exactly the environment that it is given. */
export interface BenchCommand {
  readonly argv: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Measurement {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Largest process of them, MiB; undefined where GNU time is not installed. */
  readonly peakMebibytes?: number;
}

const GNU_TIME = '/usr/bin/time';

/** Runs a command to its end. Throws with its last words when it fails: a failure is no measurement. */
export async function measure(command: BenchCommand): Promise<Measurement> {
  const directory = mkdtempSync(join(tmpdir(), 'kw-bench-'));
  const record = join(directory, 'usage');
  const timed = existsSync(GNU_TIME)
    ? [GNU_TIME, '--output', record, '--format', '%e %U %S %M', ...command.argv]
    : ['bash', '-c', `TIMEFORMAT='%R %U %S'; { time "$@" 2>&3; } 3>&2 2>${record}`, '-', ...command.argv];
  try {
    const began = performance.now();
    const { exitCode, lastWords } = await run({ ...command, argv: timed });
    const wallSeconds = (performance.now() - began) / 1000;
    if (exitCode !== 0) throw new Error(`${command.argv.join(' ')} ended with ${exitCode}:\n${lastWords}`);
    const [, user = 0, system = 0, kibibytes] = readFileSync(record, 'utf8').trim().split(/\s+/).map(Number);
    return {
      wallSeconds,
      cpuSeconds: user + system,
      ...(kibibytes === undefined ? {} : { peakMebibytes: kibibytes / 1024 }),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function run({
  argv,
  workingDirectory,
  environment,
}: BenchCommand): Promise<{ exitCode: number | null; lastWords: string }> {
  const [program = '', ...words] = argv;
  const child = spawn(program, words, {
    cwd: workingDirectory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let lastWords = '';
  const keep = (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString('utf8')).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, lastWords }));
  });
}

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error('a median of nothing');
  return (low + high) / 2;
}
