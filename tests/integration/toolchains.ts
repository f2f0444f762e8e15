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

/** Runs `go build` without cgo in a module that needs no other. */
export async function goBuild(
  directory: string,
  words: readonly string[],
  goos = 'linux',
  goarch = 'amd64',
): Promise<void> {
  const GOROOT = await gorootOf();
  const places = { HOME: join(CACHE, 'home'), GOROOT, GOCACHE: join(CACHE, 'go-build') };
  const target = { CGO_ENABLED: '0', GOOS: goos, GOARCH: goarch };
  execFileSync(join(GOROOT, 'bin/go'), ['build', ...words, '.'], {
    cwd: directory,
    env: {
      PATH: process.env['PATH'],
      ...places,
      ...target,
      GOENV: 'off',
      GOTOOLCHAIN: 'local',
      GO111MODULE: 'on',
    },
  });
}
