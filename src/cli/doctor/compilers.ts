/** Doctor's questions about C compilers: which the tree's cgo targets need, per platform (spec local-build 8). */

import { atLeast } from '../../formats/goversion.ts';
import type { Host } from '../../host/host.ts';
import { cgoOf } from '../../steps/compile/environment.ts';
import { type Platform, splitPlatform } from '../../target/platform.ts';
import type { TargetClass } from '../../target/target.ts';
import type { Tree } from '../../tree/tree.ts';
import { type Check, lacking, ok } from './check.ts';

/** One check for the machine's own compiler and one for each cross compiler that a platform of the tree needs. */
export function checkCompilers(host: Host, tree: Tree, goVersion: string | undefined): Check[] {
  const native = dynamicTargets(tree, host.platform);
  const checks = native.length > 0 ? [checkNative(host, native, goVersion)] : [];
  const cross = new Map<string, { platform: Platform; targets: readonly string[] }>();
  for (const platform of platformsOf(tree)) {
    if (platform === host.platform) continue;
    const targets = dynamicTargets(tree, platform);
    const compiler = override(host, platform) ?? crossCompiler(host, tree, platform);
    if (targets.length > 0 && compiler) cross.set(compiler, { platform, targets });
  }
  for (const [compiler, { platform, targets }] of cross)
    checks.push(checkCross(host, compiler, platform, targets));
  return checks;
}

function checkNative(host: Host, targets: readonly string[], goVersion: string | undefined): Check {
  const asked = override(host, host.platform) ?? host.environment['CC']?.split(' ')[0];
  const names = asked ? [asked] : ['gcc', 'cc', 'clang'];
  const found = names.flatMap((name) => host.processes.find(name) ?? [])[0];
  if (found) return ok('C compiler', `${found}, for ${some(targets)}`);
  const what = `${names[0]} is not on PATH; ${some(targets)} ${targets.length === 1 ? 'uses' : 'use'} cgo`;
  const effect =
    goVersion && atLeast(goVersion, '1.20')
      ? '; without it Go builds them as pure Go, silently, and other than upstream does'
      : '; without it they do not compile';
  return lacking(
    'missing',
    'C compiler',
    what + effect,
    `install one (apt-get install gcc libc6-dev), or set CC`,
  );
}

function checkCross(host: Host, compiler: string, platform: Platform, targets: readonly string[]): Check {
  const name = `C compiler ${platform}`;
  const found = host.processes.find(compiler);
  if (found) return ok(name, found);
  const system = compiler.replace(/-gcc$/, '');
  return lacking(
    'optional',
    name,
    `${compiler} is not on PATH; needed only to build ${some(targets)} for ${platform}`,
    `apt-get install gcc-${system}, or name another one: ${variable(platform)}=…`,
  );
}

/** Targets of the tree, built for a platform, that are linked with cgo. */
function dynamicTargets(tree: Tree, platform: Platform): string[] {
  const isStatic = new Set(tree.staticBinaries.value);
  const named = tree.groups
    .filter((group) => group.platforms.value.includes(platform))
    .flatMap((group) => group.targets.value);
  const binaries = named.map((target) => target.slice(target.lastIndexOf('/') + 1));
  return [...new Set(binaries)].filter((binary) => !isStatic.has(binary) && !binary.endsWith('.test'));
}

function platformsOf(tree: Tree): Platform[] {
  return [...new Set(tree.groups.flatMap((group) => group.platforms.value))].sort();
}

function crossCompiler(host: Host, tree: Tree, platform: Platform): string | undefined {
  const unit: { platform: Platform; class: TargetClass } = { platform, class: 'dynamic' };
  return cgoOf(tree, { hostPlatform: host.platform }, unit).compiler;
}

/** KUBE_LINUX_ARM64_CC, as the trees' own scripts read it. */
function override(host: Host, platform: Platform): string | undefined {
  return host.environment[variable(platform)] || undefined;
}

function variable(platform: Platform): string {
  const { os, arch } = splitPlatform(platform);
  return `KUBE_${os}_${arch}_CC`.toUpperCase();
}

function some(targets: readonly string[]): string {
  const [first, second] = targets;
  if (targets.length > 3) return `${first}, ${second} and ${targets.length - 2} more`;
  return targets.join(', ');
}
