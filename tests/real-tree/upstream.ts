/** A real Kubernetes tree, and upstream's own make and shell run on it with the toolchain that we chose. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, type RunResult, runProgram } from '../integration/monorepo.ts';

/** Where the tree lies: one path for both sides, since binaries of this era hold it. */
export const TREE = join(CACHE, 'kubernetes-1.20.2');

/** A fixed clock for both sides. */
export const EPOCH = '1610540000';

const HOME = join(CACHE, 'home');

/** Fetches the source package of Debian once, and gives the tree back without outputs and generated files. */
export async function freshTree(): Promise<void> {
  mkdirSync(HOME, { recursive: true });
  if (!existsSync(TREE)) {
    const run = await runProgram(['source', 'debian', 'kubernetes', '--into', TREE], {
      cwd: CACHE,
      env: { HOME },
    });
    if (run.exitCode !== 0) throw new Error(run.stderr);
  }
  await kubewright(['clean']);
}

export function kubewright(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  return runProgram(args, { cwd: TREE, env: { HOME, SOURCE_DATE_EPOCH: EPOCH, ...env } });
}

/** GOROOT that kubewright chose for the tree. */
export async function goroot(): Promise<string> {
  const run = await kubewright(['toolchain', 'get', '--json']);
  return JSON.parse(run.stdout).root;
}

/** Upstream's make, with nothing but the tree's Go and the system in its environment. Returns its output. */
export function make(root: string, args: readonly string[]): string {
  const result = spawnSync('make', args, {
    cwd: TREE,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: {
      PATH: `${root}/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      ...{ HOME, GOENV: 'off', GOTOOLCHAIN: 'local', SOURCE_DATE_EPOCH: EPOCH },
    },
  });
  if (result.status !== 0) throw new Error(`make ${args.join(' ')}: ${result.stdout}${result.stderr}`);
  return result.stdout;
}

/** The values of upstream's own arrays, after its init script was sourced by bash. */
export function upstreamArrays(names: readonly string[]): Record<string, string[]> {
  const script = `source hack/lib/init.sh; trap - ERR; set +eu; ${names
    .map((name) => `echo "${name}"; printf ' %s\\n' "\${${name}[@]}"`)
    .join('; ')}`;
  const text = execFileSync('bash', ['-c', script], {
    cwd: TREE,
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', HOME },
  });
  const arrays: Record<string, string[]> = {};
  let current: string[] = [];
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith(' ')) current.push(line.slice(1));
    else {
      current = [];
      arrays[line] = current;
    }
  }
  return arrays;
}

/** Removes outputs, generator state and generated files, as before a first build. */
export async function wipe(): Promise<void> {
  await kubewright(['clean']);
  rmSync(join(TREE, '_output'), { recursive: true, force: true });
}
