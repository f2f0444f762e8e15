/** Go as the tests share it: fetched once, as users fetch it. No Go need be on PATH. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { scratch } from '../trees.ts';
import { CACHE, runProgram } from './monorepo.ts';

/** The newest release that the tests were run with. */
export const NEWEST_GO = '1.27.4';

const goroots = new Map<string, Promise<string>>();

/** GOROOT of a release of Go. */
export function gorootOf(version = '1.24.13'): Promise<string> {
  const known = goroots.get(version) ?? fetchGo(version);
  goroots.set(version, known);
  return known;
}

async function fetchGo(version: string): Promise<string> {
  const cwd = scratch();
  const env = { HOME: cwd, KUBEWRIGHT_CACHE: CACHE };
  const run = await runProgram(['toolchain', 'get', version, '--json'], { cwd, env });
  if (run.exitCode !== 0) throw new Error(run.stderr);
  return (JSON.parse(run.stdout) as { root: string }).root;
}

export interface GoBuild {
  readonly version?: string;
  readonly platform?: string;
  readonly cgo?: boolean;
}

/** Runs `go build` in a module that needs no other. */
export async function goBuild(
  directory: string,
  words: readonly string[],
  { version, platform = 'linux/amd64', cgo = false }: GoBuild = {},
): Promise<void> {
  const GOROOT = await gorootOf(version);
  const [GOOS, GOARCH] = platform.split('/');
  execFileSync(join(GOROOT, 'bin/go'), ['build', ...words, '.'], {
    cwd: directory,
    env: {
      ...{ PATH: process.env['PATH'], HOME: join(CACHE, 'home'), GOCACHE: join(CACHE, 'go-build') },
      ...{ GOENV: 'off', GOTOOLCHAIN: 'local', GO111MODULE: 'on' },
      ...{ GOROOT, GOOS, GOARCH, CGO_ENABLED: cgo ? '1' : '0' },
    },
  });
}
