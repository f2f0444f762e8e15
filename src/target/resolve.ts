/**
 * From the words a person types to the Targets of a tree. Pure: what lies on the disk is asked through a
 * PackageLookup. All problems of a request are told at once.
 */
import { bad, type Diagnostic, error, ok, type Result } from '../diagnostic/diagnostic.ts';
import { didYouMean } from '../diagnostic/nearest.ts';
import type { Group, Tree } from '../tree/tree.ts';
import { cleanPath, directoryOf, goPackageOf } from './goname.ts';
import type { PackageLookup } from './lookup.ts';
import type { Target, TargetClass } from './target.ts';

export type { PackageKind, PackageLookup } from './lookup.ts';
export { resolvePlatforms } from './platforms.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Parts the words of WHAT: those that begin with a dash are flags for go, in every era. */
export function splitWhat(words: readonly string[]): {
  readonly words: readonly string[];
  readonly goFlags: readonly string[];
} {
  return {
    words: words.filter((word) => !word.startsWith('-')),
    goFlags: words.filter((word) => word.startsWith('-')),
  };
}

/**
 * Resolves words to Targets, in order, without duplicates; no words mean `all`. A word is a group (`server`,
 * `KUBE_SERVER_TARGETS`), a directory, an import path, a binary's name, a pattern (`cmd/...`) or a test
 * binary (`test/e2e/e2e.test`).
 */
export function resolveTargets(
  tree: Tree,
  words: readonly string[],
  lookup: PackageLookup,
  environment: Environment,
): Result<readonly Target[]> {
  const resolver = new Resolver(tree, lookup, environment);
  for (const word of words.length > 0 ? words : ['all']) resolver.add(word);
  const problems = [...resolver.problems, ...ambiguous([...resolver.targets.values()])];
  return problems.length > 0 ? bad(...problems) : ok([...resolver.targets.values()]);
}

class Resolver {
  readonly targets = new Map<string, Target>();
  readonly problems: Diagnostic[] = [];
  readonly #tree: Tree;
  readonly #lookup: PackageLookup;
  readonly #environment: Environment;

  constructor(tree: Tree, lookup: PackageLookup, environment: Environment) {
    this.#tree = tree;
    this.#lookup = lookup;
    this.#environment = environment;
  }

  add(word: string): void {
    if (word.trim() === '') {
      this.problems.push(empty());
      return;
    }
    const group = groupNamed(this.#tree, word);
    if (group) for (const target of group.value) this.#addPath(target, group);
    else this.#addPath(word);
  }

  #addPath(word: string, list?: ListedTargets): void {
    const path = cleanPath(this.#tree, word);
    if (path === undefined) this.problems.push(outside(word));
    else if (path === '...' || path.endsWith('/...')) this.#addPattern(word, path);
    else this.#addOne(word, path, list);
  }

  #addPattern(word: string, path: string): void {
    const start = directoryOf(this.#tree, this.#lookup, path.slice(0, -4) || '.');
    const mains = this.#lookup
      .expand(start)
      .filter((directory) => this.#lookup.packageAt(directory) === 'main');
    for (const directory of mains) this.#keep(directory, directory, false);
    if (mains.length === 0) this.problems.push(noMatch(word));
  }

  #addOne(word: string, path: string, list?: ListedTargets): void {
    const tree = this.#tree;
    const isTest = path.endsWith('.test');
    const name = isTest ? path.slice(0, Math.max(0, path.lastIndexOf('/'))) || '.' : path;
    const directory = directoryOf(tree, this.#lookup, name);
    const kind = this.#lookup.packageAt(directory);
    if (kind === 'main' || (isTest && (kind === 'library' || kind === 'tests'))) {
      this.#keep(spelling(tree, path), directory, isTest, path);
      return;
    }
    // A bare name is a binary: of a listed target, or of a directory in cmd/.
    const named = path.includes('/') || list ? undefined : this.#byBinary(path);
    if (named !== undefined) this.#addOne(word, named, list);
    else
      this.problems.push(
        kind === 'missing' ? this.#unknown(word, list) : noMain(word, directory, isTest, this.#lookup),
      );
  }

  #byBinary(binary: string): string | undefined {
    const listed = knownTargets(this.#tree).find(
      (target) => binaryOf(this.#tree, target) === binary && target !== binary,
    );
    if (listed) return listed;
    return this.#lookup.packageAt(`cmd/${binary}`) === 'missing' ? undefined : `cmd/${binary}`;
  }

  #keep(name: string, directory: string, isTest: boolean, path = name): void {
    const goPackage = goPackageOf(this.#tree, this.#lookup, directory, isTest);
    const binary = isTest ? path.slice(path.lastIndexOf('/') + 1) : binaryOf(this.#tree, name);
    const target: Target = {
      name,
      goPackage,
      directory,
      binary,
      class: isTest ? 'test' : classOf(this.#tree, goPackage, binary, this.#environment),
      groups: this.#tree.groups
        .filter((group) => group.targets.value.includes(name))
        .map((group) => group.name),
    };
    const key = `${goPackage} ${binary}`;
    if (!this.targets.has(key)) this.targets.set(key, target);
  }

  #unknown(word: string, list?: ListedTargets): Diagnostic {
    const tree = this.#tree;
    if (list) {
      return error('target/unknown', {
        what: `the target ${word} is listed, and its directory is missing`,
        where: [list.where],
        why: 'the tree names it in this list, but there is nothing to build',
        help: `restore the directory ${word}, or take the target off the list`,
      });
    }
    const targets = knownTargets(tree);
    const parent = word.includes('/') ? word.slice(0, word.lastIndexOf('/')) : 'cmd';
    const names = [
      ...targets,
      ...targets.map((target) => binaryOf(tree, target)),
      ...tree.groups.map((group) => group.name),
      ...this.#lookup.names(parent).map((name) => (word.includes('/') ? `${parent}/${name}` : name)),
    ];
    const guess = didYouMean(word, names);
    return error('target/unknown', {
      what: `there is no target ${word}`,
      where: [tree.allTargets.where],
      why: 'it is no group, no binary and no directory of this tree',
      help: `${guess ? `${guess} ` : ''}kubewright targets lists them all`,
    });
  }
}

interface ListedTargets {
  readonly value: readonly string[];
  readonly where: Group['targets']['where'];
}

/** `server`, `KUBE_SERVER_TARGETS`, `all`. */
function groupNamed(tree: Tree, word: string): ListedTargets | undefined {
  const variable = word
    .match(/^KUBE_(\w+)_TARGETS$/)?.[1]
    ?.toLowerCase()
    .replaceAll('_', '-');
  const name = variable ?? word;
  if (name === 'all') return tree.allTargets;
  return tree.groups.find((group) => group.name === name)?.targets;
}

/** Every target that some list of the tree names. */
export function knownTargets(tree: Pick<Tree, 'allTargets' | 'groups'>): readonly string[] {
  return [...new Set([...tree.allTargets.value, ...tree.groups.flatMap((group) => group.targets.value)])];
}

function binaryOf(tree: Pick<Tree, 'binaryNames' | 'goPackage'>, target: string): string {
  const named = tree.binaryNames?.[target];
  if (named) return named;
  const path = target === '.' ? tree.goPackage : target;
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The tree's own spelling of a path: an import path below the root is the directory. */
function spelling(tree: Pick<Tree, 'goPackage'>, path: string): string {
  return path.startsWith(`${tree.goPackage}/`) ? path.slice(tree.goPackage.length + 1) : path;
}

/** How a binary is linked (spec versions-and-targets 7): the overrides for cgo win over every list. */
function classOf(tree: Tree, goPackage: string, binary: string, environment: Environment): TargetClass {
  const names = (variable: string) => (environment[variable] ?? '').split(/\s+/).filter(Boolean);
  const ends = (name: string) => binary === name || `/${goPackage}`.endsWith(`/${name}`);
  if (names('KUBE_CGO_OVERRIDES').some(ends)) return 'dynamic';
  return [...tree.staticBinaries.value, ...names('KUBE_STATIC_OVERRIDES')].some(ends) ? 'static' : 'dynamic';
}

function ambiguous(targets: readonly Target[]): Diagnostic[] {
  const first = new Map<string, Target>();
  return targets.flatMap((target) => {
    const other = first.get(target.binary);
    if (!other) first.set(target.binary, target);
    if (!other) return [];
    return [
      error('target/ambiguous-output', {
        what: `${other.name} and ${target.name} both make the binary ${target.binary}`,
        why: 'the second would overwrite the first in the output directory',
        help: `build them one after the other with different --out, or give one another name in kubewright.yaml (package: ${target.name}, binary: NAME)`,
      }),
    ];
  });
}

function empty(): Diagnostic {
  return error('target/empty', {
    what: 'a target name is empty',
    why: 'an empty word is mostly an unset variable: kubewright build "$TARGET"',
    help: 'name a target, or leave the word out to build all; kubewright targets lists them',
  });
}

function outside(word: string): Diagnostic {
  return error('target/unknown', {
    what: `${word} lies outside the tree`,
    why: 'a target is a directory of the tree, relative to its root',
    help: 'name it relative to the root: cmd/kubectl; another tree is chosen with -C DIR',
  });
}

function noMatch(word: string): Diagnostic {
  return error('target/no-match', {
    what: `the pattern ${word} matches no main package`,
    why: 'a pattern stands for the commands in a directory and below it',
    help: 'kubewright targets lists what can be built; cmd/... is the usual pattern',
  });
}

function noMain(word: string, directory: string, isTest: boolean, lookup: PackageLookup): Diagnostic {
  const inside = lookup
    .names(directory)
    .filter((name) => lookup.packageAt(`${directory}/${name}`) === 'main');
  const example = inside[0] ? `${directory}/${inside[0]}` : undefined;
  return error('build/no-main-package', {
    what: isTest ? `${directory} holds no Go package to test` : `${directory} holds no main package`,
    where: [{ file: directory }],
    why: isTest
      ? `${word} would be the test binary of that directory`
      : 'only a main package becomes a binary; go would compile this one and install nothing',
    help: example
      ? `name a command in it (${example}), or all of them: ${directory}/...`
      : 'kubewright targets lists what can be built; kubewright test runs the tests of a library',
  });
}
