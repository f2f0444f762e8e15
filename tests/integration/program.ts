/** Runs kubewright as users do: a process of its own, with exactly the environment that a test names. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface ProgramRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing of this process's environment reaches the program but what `environment` holds. */
export function program(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
  workingDirectory: string,
): Promise<ProgramRun> {
  const script = `import(${JSON.stringify(MAIN)}).then((cli) => cli.main(process.argv.slice(1)))`;
  const child = spawn(process.execPath, ['-e', script, '--', ...argv], {
    cwd: workingDirectory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

/** A directory for PATH that leads to these programs of the machine and to no other. */
export function pathOf(directory: string, programs: readonly string[]): string {
  mkdirSync(directory, { recursive: true });
  for (const program of programs) {
    const found = (process.env['PATH'] ?? '')
      .split(':')
      .map((place) => join(place, program))
      .find((path) => existsSync(path));
    if (found) symlinkSync(found, join(directory, program));
  }
  return directory;
}
