/** Every command with its one-line summary; the module behind it is loaded only when it is asked for. */
import type { Command } from 'commander';
import type { CommandContext } from './request.ts';

/** Runs a command's work with the context of this invocation; the number is the exit code. */
export type Start = (work: (context: CommandContext) => Promise<number>) => Promise<void>;

export interface CommandModule {
  /** Declares arguments and options, and the action that calls `start`. */
  configure(command: Command, start: Start): void;
}

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandModule>;
}

export const COMMANDS: readonly CommandEntry[] = [
  { name: 'build', summary: 'build binaries', load: () => import('./commands/build.ts') },
  {
    name: 'image',
    summary: 'make container images of finished programs, without a container engine',
    load: () => import('./commands/image.ts'),
  },
  {
    name: 'publish',
    summary: 'publish a release to a bucket or a directory, images to a registry',
    load: () => import('./commands/publish.ts'),
  },
  {
    name: 'mirror',
    summary: 'move the images of others that the tree needs to where they can be reached',
    load: () => import('./commands/mirror.ts'),
  },
  {
    name: 'generate',
    summary: 'generate code, only where something changed',
    load: () => import('./commands/generate.ts'),
  },
  {
    name: 'package',
    summary: 'make system packages of finished programs: deb, rpm, and repositories of them',
    load: () => import('./commands/package.ts'),
  },
  { name: 'targets', summary: 'list what the tree builds', load: () => import('./commands/targets.ts') },
  {
    name: 'platforms',
    summary: 'list what each group is built for',
    load: () => import('./commands/platforms.ts'),
  },
  { name: 'version', summary: 'show the version of the tree', load: () => import('./commands/version.ts') },
  {
    name: 'release',
    summary: 'pack a release: tarballs and checksums, from sources or from programs that are built',
    load: () => import('./commands/release.ts'),
  },
  {
    name: 'inspect',
    summary: 'what a program file says of itself: platform, Go, libraries, symbols, version',
    load: () => import('./commands/inspect.ts'),
  },
  {
    name: 'sbom',
    summary: 'what artifacts are made of: SPDX and CycloneDX documents',
    load: () => import('./commands/sbom.ts'),
  },
  {
    name: 'attest',
    summary: 'how artifacts were made: signed provenance',
    load: () => import('./commands/attest.ts'),
  },
  {
    name: 'sign',
    summary: 'sign artifacts with a key or an identity',
    load: () => import('./commands/sign.ts'),
  },
  {
    name: 'verify-release',
    summary: 'build a release again and compare every artifact',
    load: () => import('./commands/verify-release.ts'),
  },
  {
    name: 'explain',
    summary: 'explain a target, the tree, or every setting',
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'init',
    summary: 'write a configuration for a Go monorepo',
    load: () => import('./commands/init.ts'),
  },
  { name: 'why', summary: 'what would be rebuilt, and the reason', load: () => import('./commands/why.ts') },
  {
    name: 'graph',
    summary: 'the packages of targets: what each costs and who needs it',
    load: () => import('./commands/graph.ts'),
  },
  {
    name: 'plan',
    summary: 'how long a build would take, here or on more machines',
    load: () => import('./commands/plan.ts'),
  },
  {
    name: 'make',
    summary: 'answer a make command line of the tree',
    load: () => import('./commands/make.ts'),
  },
  {
    name: 'container',
    summary: 'run the tree’s own commands in a container of its build image',
    load: () => import('./commands/container.ts'),
  },
  {
    name: 'clean',
    summary: 'remove the outputs of this checkout',
    load: () => import('./commands/clean.ts'),
  },
  {
    name: 'cache',
    summary: 'size, prune or verify the shared store',
    load: () => import('./commands/cache.ts'),
  },
  {
    name: 'doctor',
    summary: 'what this machine lacks for this tree, each with its remedy',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'toolchain',
    summary: 'list, fetch and verify Go toolchains',
    load: () => import('./commands/toolchain.ts'),
  },
  {
    name: 'report',
    summary: 'open or print the report of a run',
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'source',
    summary: 'get a tree: a Debian source package',
    load: () => import('./commands/source.ts'),
  },
];
