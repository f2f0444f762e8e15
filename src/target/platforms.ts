/** The platforms that a build is for: from the request, the environment, or the host. */
import { bad, type Diagnostic, error, ok, type Result } from '../diagnostic/diagnostic.ts';
import { didYouMean } from '../diagnostic/nearest.ts';
import type { Tree } from '../tree/tree.ts';
import { type Platform, splitPlatform } from './platform.ts';
import type { BuildUnit, Target } from './target.ts';

export interface PlatformRequest {
  /** Words behind --platform: platforms, comma lists, `all`, `host`. */
  readonly platforms: readonly string[];
  readonly targets: readonly Target[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly hostPlatform: Platform;
}

/** Architectures that Go has built for, by operating system, over all its releases. */
const GO_PLATFORMS: Readonly<Record<string, string>> = {
  aix: 'ppc64',
  android: '386 amd64 arm arm64',
  darwin: '386 amd64 arm arm64',
  dragonfly: '386 amd64',
  freebsd: '386 amd64 arm arm64 riscv64',
  illumos: 'amd64',
  ios: 'amd64 arm64',
  js: 'wasm',
  linux: '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x sparc64',
  nacl: '386 amd64p32 arm',
  netbsd: '386 amd64 arm arm64',
  openbsd: '386 amd64 arm arm64 mips64 ppc64 riscv64',
  plan9: '386 amd64 arm',
  solaris: 'amd64',
  wasip1: 'wasm',
  windows: '386 amd64 arm arm64',
};

/** Every platform that some Go knows. */
export function goPlatforms(): readonly Platform[] {
  return Object.entries(GO_PLATFORMS).flatMap(([os, list]) =>
    list.split(' ').map((arch): Platform => `${os}/${arch}`),
  );
}

/**
 * Each target on each platform, platforms outermost as upstream loops. `all` means the platforms of the groups
 * that hold the target. A platform that no group lists may still be built for when Go knows it (upstream
 * compiles such a platform and never places it; we place what was built).
 */
export function resolvePlatforms(tree: Tree, request: PlatformRequest): Result<readonly BuildUnit[]> {
  const { words, from } = wordsOf(request);
  const listed = tree.groups.flatMap((group) => group.platforms.value);
  const known = new Set<string>([...listed, ...goPlatforms()]);
  const problems: Diagnostic[] = [];
  for (const word of words) {
    if (word !== 'all' && word !== 'host' && !known.has(word))
      problems.push(unknown(word, from, listed, known));
  }
  if (problems.length > 0) return bad(...problems);
  const named = words
    .filter((word) => word !== 'all')
    .map((word) => (word === 'host' ? request.hostPlatform : (word as Platform)));
  const wanted = new Map(
    request.targets.map((target) => [
      target,
      new Set([...named, ...(words.includes('all') ? platformsOf(tree, target) : [])]),
    ]),
  );
  const order = new Set<Platform>([...named, ...listed]);
  return ok(
    [...order].flatMap((platform) =>
      request.targets
        .filter((target) => wanted.get(target)?.has(platform))
        .map(
          (target): BuildUnit => ({
            target: onPlatform(tree, target, platform, request.hostPlatform),
            platform,
          }),
        ),
    ),
  );
}

function wordsOf({ platforms, environment }: PlatformRequest): { words: string[]; from: string } {
  const flagged = platforms.flatMap((word) => word.split(/[,\s]+/)).filter(Boolean);
  if (flagged.length > 0) return { words: [...new Set(flagged)], from: '--platform' };
  const variable = (environment['KUBE_BUILD_PLATFORMS'] ?? '').split(/\s+/).filter(Boolean);
  if (variable.length > 0) return { words: [...new Set(variable)], from: 'KUBE_BUILD_PLATFORMS' };
  return { words: ['host'], from: 'the host' };
}

/** Platforms of the groups that hold a target; of all groups when none does. */
function platformsOf(tree: Tree, target: Target): readonly Platform[] {
  const holding = tree.groups.filter((group) => target.groups.includes(group.name));
  return (holding.length > 0 ? holding : tree.groups).flatMap((group) => group.platforms.value);
}

/** kubectl on a Mac for a Mac is linked dynamically from 1.14 on, for the resolver of the system. */
function onPlatform(tree: Tree, target: Target, platform: Platform, host: Platform): Target {
  const mac = splitPlatform(host).os === 'darwin' && splitPlatform(platform).os === 'darwin';
  const applies = mac && tree.flags.installSuffix === 'static' && target.goPackage.endsWith('/kubectl');
  return applies && target.class === 'static' ? { ...target, class: 'dynamic' } : target;
}

function unknown(
  word: string,
  from: string,
  listed: readonly string[],
  known: ReadonlySet<string>,
): Diagnostic {
  const guess = didYouMean(word, listed) || didYouMean(word, known);
  return error('target/platform-unknown', {
    what: `there is no platform ${word}${from === '--platform' ? '' : ` (from ${from})`}`,
    why: 'a platform is an operating system and an architecture in Go’s words: linux/arm64',
    help: `${guess ? `${guess} ` : ''}kubewright platforms lists those of this tree; all means those, and host this machine`,
  });
}
