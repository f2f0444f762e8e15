/** The flags that a tree's own build function would give to go (spec local-build 6), for one class of target. */

import { atLeast } from '../../formats/goversion.ts';
import type { TargetClass } from '../../target/target.ts';
import type { Tree } from '../../tree/tree.ts';
import type { CompileOptions } from './options.ts';

export interface FlagContext {
  readonly tree: Pick<Tree, 'root' | 'flags' | 'goMode'>;
  readonly options: CompileOptions;
  /** `-X …` words, quoted as the tree writes them. */
  readonly stamps: readonly string[];
  readonly goVersion: string;
  /** Directory that go is run in. */
  readonly workingDirectory: string;
}

/** Flags between the verb and the packages, in upstream's order. */
export function composeFlags(context: FlagContext, targetClass: TargetClass): string[] {
  const { tree, options, goVersion } = context;
  const flags: string[] = [];
  if (targetClass === 'static' && tree.flags.installSuffix !== 'none') {
    flags.push(`-installsuffix=${tree.flags.installSuffix}`);
  }
  if (options.race) flags.push('-race');
  flags.push(...options.goFlags);
  if (usesGoTrimpath(context)) flags.push('-trimpath');
  pushValue(flags, '-gcflags', compilerFlags(context));
  pushValue(flags, '-asmflags', assemblerFlags(context));
  pushValue(flags, '-ldflags', linkerFlags(context));
  pushValue(flags, '-tags', buildTags(context));
  // The stamps carry commit and tree state; go's own VCS stamp would add a hidden input and need git.
  if (!isGopath(tree.goMode, targetClass) && atLeast(goVersion, '1.18')) flags.push('-buildvcs=false');
  return flags;
}

/** Whether packages of this class are found through GOPATH rather than modules. */
export function isGopath(mode: Tree['goMode'], targetClass: TargetClass): boolean {
  return mode === 'godeps' || mode === 'gopath' || (mode === 'hybrid' && targetClass === 'test');
}

/** All build tags: the tree's, those in GOFLAGS (which -tags on the command line would hide), the user's. */
export function buildTags({
  tree,
  options,
  goVersion,
}: Pick<FlagContext, 'tree' | 'options' | 'goVersion'>): string {
  const words = [options.environmentGoFlags, ...options.goFlags].join(' ').split(/\s+/);
  const fromFlags = words.flatMap((word) => /^--?tags=(.*)$/.exec(word)?.[1]?.split(',') ?? []);
  const tags = new Set([...tree.flags.tags, ...fromFlags, ...options.tags].filter(Boolean));
  // Commas came with Go 1.13; before, blanks separate.
  return [...tags].join(atLeast(goVersion, '1.13') ? ',' : ' ');
}

function usesGoTrimpath({ tree, options, goVersion }: FlagContext): boolean {
  if (!atLeast(goVersion, '1.13')) return false;
  return options.reproducible || (tree.flags.trim === 'go' && !options.debug);
}

function compilerFlags(context: FlagContext): string {
  const { tree, options } = context;
  const user = options.gcflags ?? '';
  const debug = isDebug(context);
  if (usesGoTrimpath(context) || tree.flags.trim === 'go' || tree.flags.trim === 'never') {
    return debug ? `all=-N -l ${user}`.trim() : user;
  }
  if (options.reproducible) return `-trimpath=${sourceRoot(context)} ${user}`.trim();
  if (tree.flags.trim === 'root')
    return `${user}${debug ? ' -N -l' : ''} ${quoted(`-trimpath=${tree.root}`)}`;
  // With a user's flag in front, `all=` would be swallowed as one more compiler argument (spec local-build 6.2).
  if (debug) return user ? `all=-N -l ${user}` : ' all=-N -l';
  return `all=${quoted(`-trimpath=${context.workingDirectory}`)} ${user}`;
}

function assemblerFlags(context: FlagContext): string {
  const { tree, options } = context;
  if (usesGoTrimpath(context)) return '';
  if (options.reproducible) return `-trimpath=${sourceRoot(context)}`;
  if (tree.flags.trim === 'root') return quoted(`-trimpath=${tree.root}`);
  if (tree.flags.trim === 'all-cwd' && !options.debug)
    return `all=${quoted(`-trimpath=${context.workingDirectory}`)}`;
  return '';
}

function linkerFlags(context: FlagContext): string {
  const { tree, options, stamps } = context;
  const version = stamps.join(' ');
  const user = options.ldflags ?? '';
  switch (tree.flags.strip) {
    case 'unless-set':
      return `${options.ldflags ?? (options.debug ? '' : '-s -w -buildid=')} ${version}`.trim();
    case 'always':
      return [user, '-s -w', version].filter(Boolean).join(' ');
    default: {
      const words = tree.flags.userLdflags === 'before-stamps' ? [user, version] : [version, user];
      if (tree.flags.strip === 'unless-debug' && !options.debug) words.push('-s -w');
      const text = words.filter(Boolean).join(' ');
      return text && tree.flags.ldflagsForAll ? `all=${text}` : text;
    }
  }
}

function isDebug({ tree, options }: FlagContext): boolean {
  return tree.flags.debug === 'always' || options.debug;
}

/** Go before 1.13 has no -trimpath of its own: the compiler's drops one prefix. */
function sourceRoot({ workingDirectory }: FlagContext): string {
  return quoted(workingDirectory);
}

/** Go splits these values at blanks, and honours quotes. */
function quoted(word: string): string {
  return /\s/.test(word) ? `'${word}'` : word;
}

function pushValue(flags: string[], name: string, value: string): void {
  if (value.trim()) flags.push(`${name}=${value}`);
}
