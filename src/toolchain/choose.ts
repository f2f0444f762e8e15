/**
 * Which Go version a tree wants, out of those that can be had (spec versions-and-targets 2 to 4). Pure: what is
 * available is handed in.
 *
 * ```
 * asked ─▶ kubewright.yaml ─▶ .go-version ─▶ cross image ─▶ minimum ─▶ go.mod ─▶ any
 *   exact, or newest of a minor   exact      newest patch of the minor      newest
 *                 └── not to be had: newest patch of that minor, else the next newer minor, said aloud
 * ```
 */
import type { Config } from '../config/config.ts';
import {
  bad,
  type Diagnostic,
  error,
  type Location,
  ok,
  type Result,
  warning,
} from '../diagnostic/diagnostic.ts';
import { atLeast, compareGoVersions, isRelease, minorOf, parseGoVersion } from '../formats/goversion.ts';
import type { Fact, Tree } from '../tree/tree.ts';
import type { GoModLines } from './gomod.ts';

/** What a tree says about Go; no root means that no tree is asked. */
export type GoFacts = Partial<Pick<Tree, 'root' | 'minimumGo' | 'pinnedGo' | 'crossImageGo'>>;

/** A version and the sentence that explains it. */
export interface GoChoice {
  readonly version: string;
  /** `newest patch of 1.15, the Go of the tree’s cross image (1.15.5)` */
  readonly because: string;
  readonly where?: Location;
}

/** What is wanted, before looking at what can be had. */
export interface GoWish {
  /** `exact`: this version; `minor`: the newest patch of this version's minor; `any`: the newest release. */
  readonly kind: 'exact' | 'minor' | 'any';
  readonly version: string;
  readonly because: string;
  readonly where?: Location;
}

/** Picks the version for a tree. `asked` is a version or minor that a person named; `available` is in any order. */
export function chooseGoVersion(
  tree: GoFacts,
  config: Config,
  asked: string | undefined,
  available: readonly string[],
  goMod: GoModLines = {},
): Result<GoChoice> {
  const wished = wishFor(tree, config, asked, goMod);
  if (!wished.ok) return wished;
  const wish = wished.value;
  const minimum = tree.minimumGo ?? goMod.go;
  if (minimum && isTooOld(wish, minimum.value, asked !== undefined)) return bad(tooOld(wish, minimum));
  const usable = available.filter((version) => !minimum || atLeast(version, minimum.value));
  const found = pick(wish, usable);
  if (!found) return bad(notAvailable(wish, minimum, available));
  const choice = { version: found, because: wish.because, ...(wish.where ? { where: wish.where } : {}) };
  return isWhatWasWished(wish, found)
    ? ok(choice)
    : ok(nearest(choice, wish), [nearestWarning(choice, wish)]);
}

/** A pin below the minimum, or a minor that a person named and no patch of which reaches it. */
function isTooOld(wish: GoWish, minimum: string, isAsked: boolean): boolean {
  if (wish.kind === 'exact') return !atLeast(wish.version, minimum);
  return wish.kind === 'minor' && isAsked && compareGoVersions(minorOf(wish.version), minorOf(minimum)) < 0;
}

/** The wish of a tree; the first source that speaks wins. */
export function wishFor(
  tree: GoFacts,
  config: Config,
  asked: string | undefined,
  goMod: GoModLines,
): Result<GoWish> {
  if (asked !== undefined) return wishOfPerson(asked, 'asked for on the command line or in the environment');
  if (config.toolchain?.go !== undefined) {
    const where = config.locate('toolchain.go');
    return wishOfPerson(config.toolchain.go, `set by toolchain.go in ${where.file}`, where);
  }
  const { pinnedGo, crossImageGo, minimumGo } = tree;
  if (pinnedGo) return ok(fromFact('exact', pinnedGo, `pinned by ${pinnedGo.where.file}`));
  if (crossImageGo) return ok(minorWish(crossImageGo, 'the Go of the tree’s cross image'));
  if (goMod.toolchain)
    return ok(minorWish(goMod.toolchain, `the toolchain line of ${goMod.toolchain.where.file}`));
  if (minimumGo) return ok(minorWish(minimumGo, 'the tree’s minimum'));
  if (goMod.go) return ok(minorWish(goMod.go, `the go line of ${goMod.go.where.file}`));
  return ok({ kind: 'any', version: '', because: 'newest Go to be had; the tree names none' });
}

function wishOfPerson(text: string, origin: string, where?: Location): Result<GoWish> {
  const version = parseGoVersion(text);
  if (!version) {
    return bad(
      error('request/invalid', {
        what: `${JSON.stringify(text)} is no Go version`,
        where: where ? [where] : [],
        help: 'write a version (1.21.7), a minor (1.21), or the absolute path of a GOROOT',
      }),
    );
  }
  // Go 1.20 and older have no patch number on a minor's first release, so a bare minor asks for its newest patch.
  const kind = /^\d+\.\d+$/.test(version) ? 'minor' : 'exact';
  const because = kind === 'minor' ? `newest patch of ${version}, ${origin}` : origin;
  return ok({ kind, version, because, ...(where ? { where } : {}) });
}

function fromFact(kind: GoWish['kind'], fact: Fact<string>, because: string): GoWish {
  return { kind, version: fact.value, because, where: fact.where };
}

function minorWish(fact: Fact<string>, origin: string): GoWish {
  return fromFact('minor', fact, `newest patch of ${minorOf(fact.value)}, ${origin} (${fact.value})`);
}

function pick(wish: GoWish, usable: readonly string[]): string | undefined {
  const sorted = [...usable].sort(compareGoVersions);
  if (wish.kind === 'any') return sorted.findLast(isRelease) ?? sorted.at(-1);
  if (wish.kind === 'exact' && sorted.includes(wish.version)) return wish.version;
  const minor = minorOf(wish.version);
  const sameMinor = sorted.filter((version) => minorOf(version) === minor);
  const newest = sameMinor.findLast(isRelease) ?? sameMinor.at(-1);
  if (newest) return newest;
  const newer = sorted.filter(
    (version) => isRelease(version) && compareGoVersions(version, wish.version) > 0,
  );
  const next = newer[0];
  return next === undefined ? undefined : newer.findLast((version) => minorOf(version) === minorOf(next));
}

function isWhatWasWished(wish: GoWish, found: string): boolean {
  switch (wish.kind) {
    case 'exact':
      return found === wish.version;
    case 'minor':
      return minorOf(found) === minorOf(wish.version);
    case 'any':
      return true;
  }
}

function nearest(choice: GoChoice, wish: GoWish): GoChoice {
  return { ...choice, because: `nearest to Go ${wish.version} (${wish.because}), which cannot be had` };
}

function nearestWarning(choice: GoChoice, wish: GoWish): Diagnostic {
  const wanted = wish.kind === 'exact' ? wish.version : minorOf(wish.version);
  return warning('toolchain/nearest', {
    what: `Go ${wanted} cannot be had here, so Go ${choice.version} is used instead`,
    where: wish.where ? [wish.where] : [],
    why: `wanted: ${wish.because}; another compiler gives other bytes`,
    help: `put Go ${wanted} into a directory named by toolchain.directories or KUBEWRIGHT_TOOLCHAINS, or accept this one with --toolchain=${choice.version}`,
  });
}

function tooOld(wish: GoWish, minimum: Fact<string>): Diagnostic {
  return error('toolchain/go-too-old', {
    what: `this tree needs Go ${minimum.value} or newer, and Go ${wish.version} is ${wish.because}`,
    where: [
      { ...minimum.where, note: minimum.where.note ?? 'required here' },
      ...(wish.where ? [wish.where] : []),
    ],
    why: 'an older Go does not know what the tree’s code uses',
    help: `leave the choice to the tree, or use a newer one: --toolchain=${minorOf(minimum.value)}`,
  });
}

function notAvailable(
  wish: GoWish,
  minimum: Fact<string> | undefined,
  available: readonly string[],
): Diagnostic {
  const wanted = wish.kind === 'any' ? 'any Go' : `Go ${wish.version}`;
  const newest = [...available].sort(compareGoVersions).at(-1);
  const least = minimum ? ` (the tree needs ${minimum.value} or newer)` : '';
  return error('toolchain/not-available', {
    what: `${wanted} cannot be had, nor a newer one${least}`,
    where: wish.where ? [wish.where] : minimum ? [minimum.where] : [],
    why: newest === undefined ? 'no Go at all was found' : `the newest that was found is Go ${newest}`,
    help: 'name a GOROOT with --toolchain=DIRECTORY, a directory of them with KUBEWRIGHT_TOOLCHAINS, or another module proxy with GOPROXY',
  });
}
