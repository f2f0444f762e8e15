/** Miniature trees for tests: read where they lie, or copied to a place of their own to be changed. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { runCommandLine } from '../src/cli/main.ts';
import { NO_CONFIG } from '../src/config/config.ts';
import type { Diagnostic } from '../src/diagnostic/diagnostic.ts';
import { printDiagnostic } from '../src/diagnostic/printer.ts';
import { type Host, realHost } from '../src/host/host.ts';
import { type OpenOptions, openTree } from '../src/tree/open.ts';
import type { Tree } from '../src/tree/tree.ts';

const made: string[] = [];
afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

/** Absolute path of a tree in tests/fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** A directory that is removed when the file's tests have ended. */
export function scratch(name = 'tree'): string {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'kw-test-')));
  made.push(parent);
  const directory = join(parent, name);
  mkdirSync(directory);
  return directory;
}

/** A copy of a fixture with some files replaced or added; `name` is the last part of its path. */
export function copyOf(name: string, files: Readonly<Record<string, string>> = {}, as = name): string {
  const root = scratch(as);
  cpSync(fixture(name), root, { recursive: true, verbatimSymlinks: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** The real machine with nothing in the environment but PATH, HOME and what the test sets. */
export function hostWith(environment: Readonly<Record<string, string>> = {}, workingDirectory = '/'): Host {
  const { PATH = '', HOME = '' } = process.env;
  return { ...realHost(), workingDirectory, environment: { PATH, HOME, ...environment } };
}

/** The tree at a root; a problem fails the test with its letter. */
export async function treeAt(
  root: string,
  environment: Readonly<Record<string, string>> = {},
  options: Partial<OpenOptions> = {},
): Promise<Tree> {
  const result = await openTree(hostWith(environment), root, NO_CONFIG, { noEval: false, ...options });
  if (!result.ok) throw new Error(printed(result.diagnostics));
  return result.value;
}

/** Diagnostics as a person reads them, with the scratch directory called TREE. */
export function printed(diagnostics: readonly Diagnostic[], root?: string): string {
  const text = diagnostics.map((diagnostic) => printDiagnostic(diagnostic)).join('\n');
  return root ? text.replaceAll(root, 'TREE') : text;
}

/** Runs a command line in this process; returns what it printed and its exit code. */
export async function kubewright(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  workingDirectory = '/',
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const stream = (lines: string[]) => ({
    write: (text: string) => lines.push(text) > 0,
    isTTY: false,
    columns: 80,
  });
  const cache = scratch('cache');
  const host = {
    ...hostWith({ KUBEWRIGHT_CACHE: cache, ...environment }, workingDirectory),
    stdout: stream(out),
    stderr: stream(err),
  } as unknown as Host;
  const exitCode = await runCommandLine(argv, host, new AbortController().signal);
  return { exitCode, stdout: out.join(''), stderr: err.join('') };
}
