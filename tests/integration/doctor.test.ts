import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Check } from '../../src/cli/doctor/check.ts';
import { fileProxy, miniatureToolchain } from '../fakes/module-proxy.ts';
import { copyOf, scratch } from '../trees.ts';
import { pathOf, program } from './program.ts';

interface Examination {
  readonly ok: boolean;
  readonly checks: readonly Check[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A machine with an empty home and these programs only. */
function machine(programs: readonly string[]): Record<string, string> {
  const home = scratch('home');
  return { PATH: pathOf(join(home, 'bin'), programs), HOME: home, KUBEWRIGHT_CACHE: join(home, 'cache') };
}

async function examine(environment: Record<string, string>, ...flags: readonly string[]) {
  const run = await program(['doctor', '--json', ...flags], environment, copyOf('k8s-1.20'));
  const examination = JSON.parse(run.stdout) as Examination;
  const named = (name: string) => examination.checks.find((check) => check.name === name);
  return { ...run, ...examination, named };
}

test('a bare machine is told everything it lacks, each with a remedy, and doctor exits 1', async () => {
  const { exitCode, ok, checks, named } = await examine(machine([]));
  expect({ exitCode, ok }).toEqual({ exitCode: 1, ok: false });
  const missing = checks.filter(({ status }) => status === 'missing').map(({ name }) => name);
  expect(missing).toEqual(['Go', 'C compiler', 'bash']);
  expect(checks.filter(({ status, remedy }) => status !== 'ok' && !remedy)).toEqual([]);
  expect(named('Go')?.found).toContain('no Go is on PATH nor in the store, and no module proxy is set');
  expect(named('Go')?.remedy).toContain('set the address of a Go module proxy');
});

test('a machine with a mirror and a compiler lacks nothing, and nothing is fetched to say so', async () => {
  const environment = machine(['bash', 'git', 'gcc', 'make', 'rsync']);
  const proxy = fileProxy(join(environment['HOME'] ?? '', 'proxy'), [
    miniatureToolchain('1.15.15', 'linux/amd64'),
  ]);
  const { exitCode, named } = await examine({ ...environment, GOPROXY: proxy }, '--network');
  expect(named('Go')).toEqual({
    name: 'Go',
    status: 'ok',
    found: `Go 1.15.15 (newest patch of 1.15, the Go of the tree’s cross image (1.15.5)), to be fetched from ${proxy} (GOPROXY in the environment)`,
  });
  expect(named('module proxy')?.found).toBe(`${proxy} lists 1 Go versions for linux/amd64`);
  expect(exitCode).toBe(0);
});

test('a wrong Go on PATH and a flag that the right one does not know are warnings', async () => {
  const environment = machine(['bash', 'git', 'gcc']);
  const home = environment['HOME'] ?? '';
  const goroot = join(home, 'go1.26');
  mkdirSync(join(goroot, 'bin'), { recursive: true });
  writeFileSync(join(goroot, 'VERSION'), 'go1.26.8\n');
  writeFileSync(join(goroot, 'bin/go'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  mkdirSync(join(home, '.config/go'), { recursive: true });
  writeFileSync(
    join(home, '.config/go/env'),
    'GOFLAGS=-buildvcs=false\nGOPROXY=https://me:secret@proxy.example\n',
  );
  const { named, stdout } = await examine({
    ...environment,
    PATH: `${environment['PATH']}:${join(goroot, 'bin')}`,
    GOFLAGS: '-pgo=off',
    HTTPS_PROXY: 'http://me:secret@gate.example:3128',
  });
  expect(named('Go on PATH')?.found).toBe(
    `Go 1.26.8 at ${goroot}/bin/go is another one; kubewright does not use it`,
  );
  expect(named('Go env file')?.found).toContain('holds -buildvcs=false, at which Go 1.15.15 stops');
  expect(named('GOFLAGS')?.found).toContain('-pgo=off');
  expect(stdout).toContain('http://me:***@gate.example:3128');
  expect(stdout).not.toContain('secret');
});

test('the table for people names the status, the finding and the remedy', async () => {
  const { stdout } = await program(['doctor'], machine(['bash']), copyOf('k8s-1.20'));
  expect(stdout).toMatch(/^ok {8}tree {2,}Kubernetes, 1\.15-1\.26 era/);
  expect(stdout).toMatch(
    /\nwarning {3}git {2,}not on PATH; needed to read the version from\n +→ install it \(apt-get install git\)/,
  );
  expect(stdout.trimEnd()).toMatch(/2 required things are missing$/);
});
