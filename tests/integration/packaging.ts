/** A miniature of Kubernetes with finished programs for several architectures, and the package command on it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { copyOf, scratch } from '../trees.ts';
import { type RunOptions, type RunResult, runProgram } from './monorepo.ts';
import { TinyModule } from './tiny.ts';
import { NEWEST_GO } from './toolchains.ts';

/** The time of the miniature's commit. */
export const TIME = '1610544489';
export const ARCHITECTURES = ['amd64', 'arm64', 's390x'];

const FAKETIME = ['x86_64-linux-gnu', 'aarch64-linux-gnu']
  .map((name) => `/usr/lib/${name}/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path));

/** An environment in which the clock shows another day, where the machine has libfaketime. */
export function onDay(day: string): Readonly<Record<string, string>> {
  return FAKETIME ? { LD_PRELOAD: FAKETIME, FAKETIME: `@${day}`, DONT_FAKE_MONOTONIC: '1' } : {};
}

export const ANOTHER_DAY = onDay('2033-03-03 03:03:03');

export type PackageRunOptions = RunOptions & { readonly tree?: string };

export class Packaging {
  /** `OS/ARCH/NAME` of kubelet, kubeadm and kubectl. */
  readonly programs = scratch('programs');
  readonly tree = this.newTree();

  /** Builds the programs with a real Go; the kubelet of this machine's architecture uses cgo. */
  async build(): Promise<void> {
    const tiny = new TinyModule();
    for (const arch of ARCHITECTURES) {
      const directory = join(this.programs, 'linux', arch);
      mkdirSync(directory, { recursive: true });
      const build = { version: NEWEST_GO, platform: `linux/${arch}`, ldflags: '-s -w' };
      const plain = await tiny.build(build);
      for (const name of ['kubeadm', 'kubectl']) copyFileSync(plain, join(directory, name));
      const cgo = arch === 'amd64' && process.arch === 'x64';
      copyFileSync(cgo ? await tiny.build({ ...build, cgo }) : plain, join(directory, 'kubelet'));
    }
  }

  newTree(files: Readonly<Record<string, string>> = {}): string {
    return copyOf('k8s-1.20', { LICENSE: 'Apache License\n', 'README.md': '# Kubernetes\n', ...files });
  }

  run(args: readonly string[], options: PackageRunOptions = {}): Promise<RunResult> {
    return runProgram(['package', '--from', this.programs, '--no-eval', ...args], {
      cwd: options.tree ?? this.tree,
      env: { HOME: scratch('home'), SOURCE_DATE_EPOCH: TIME, ...options.env },
    });
  }

  /** Packs, and gives the paths of what was made by file name. */
  async pack(args: readonly string[], options: PackageRunOptions = {}): Promise<Record<string, string>> {
    const run = await this.run(args, options);
    expect(run.stderr).not.toMatch(/^error/m);
    const paths = run.stdout.trim().split('\n').filter(Boolean);
    return Object.fromEntries(paths.map((path) => [path.slice(path.lastIndexOf('/') + 1), path]));
  }
}

/** What a program of the machine prints; its failure is the test's. */
export function output(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** SHA-256 of files, by the names they are given under. */
export function digestsOf(paths: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(paths).map(([name, path]) => [
      name,
      createHash('sha256').update(readFileSync(path)).digest('hex'),
    ]),
  );
}
