/** A listing as figures: for every package who needs it, what it weighs, and which targets hold it. Pure. */
import { needsOf } from '../../tree/packages/edges.ts';
import type { GoPackage } from '../../tree/packages/package.ts';

export interface PackageFacts {
  readonly importPath: string;
  readonly directory: string;
  readonly isStandard: boolean;
  /** `example.dev/m` or `example.dev/m@v1.2.3`. */
  readonly module?: string;
  readonly files: readonly string[];
  /** Bytes of its Go files. */
  readonly bytes: number;
  readonly imports: readonly string[];
  /** Titles of the targets that hold it. */
  readonly targets: readonly string[];
  /** Packages that import it, and packages that depend on it in all. */
  readonly importedBy: number;
  readonly neededBy: number;
  readonly milliseconds: number;
  /** Whether that time was measured here, or guessed from the bytes. */
  readonly isLearned: boolean;
}

export interface GraphTarget {
  readonly title: string;
  /** Import paths where its closure starts. */
  readonly starts: readonly string[];
}

export interface Weights {
  bytes(found: GoPackage): number;
  /** Milliseconds of compiling that were learned, if any. */
  learned(importPath: string): number | undefined;
}

const FILE_MEMBERS = [
  ...(['GoFiles', 'CgoFiles', 'CFiles', 'CXXFiles', 'MFiles', 'HFiles', 'FFiles', 'SFiles'] as const),
  ...(['SysoFiles', 'EmbedFiles'] as const),
];

/** Facts about all packages, in the order of the listing: what is imported before its importers. */
export function graphFacts(
  packages: readonly GoPackage[],
  targets: readonly GraphTarget[],
  weights: Weights,
): readonly PackageFacts[] {
  const graph = new Edges(packages);
  const held = targets.map(({ title, starts }) => ({ title, reached: graph.reachedFrom(starts) }));
  const needed = graph.dependents();
  const rate = millisecondsPerByte(packages, weights);
  return packages.map((found, i) => {
    const bytes = weights.bytes(found);
    const learned = weights.learned(found.ImportPath);
    return {
      importPath: found.ImportPath,
      directory: found.Dir ?? '',
      isStandard: found.Standard ?? false,
      ...(found.Module
        ? { module: [found.Module.Path, found.Module.Version].filter(Boolean).join('@') }
        : {}),
      files: FILE_MEMBERS.flatMap((member) => found[member] ?? []).sort(),
      bytes,
      imports: found.Imports ?? [],
      targets: held.filter(({ reached }) => reached.has(i)).map(({ title }) => title),
      importedBy: graph.importers[i]?.length ?? 0,
      neededBy: needed[i] ?? 0,
      milliseconds: Math.round(learned ?? STARTING_MILLISECONDS + bytes * rate),
      isLearned: learned !== undefined,
    };
  });
}

/** Shortest chains of imports from a start to a package, one start after the other; those without one are left out. */
export function chainsTo(
  packages: readonly GoPackage[],
  starts: readonly string[],
  importPath: string,
): readonly (readonly string[])[] {
  const graph = new Edges(packages);
  return starts
    .map((start) => graph.chain(start, importPath))
    .filter((chain): chain is readonly string[] => chain !== undefined);
}

/** Import paths of the packages that import one directly, sorted. */
export function importersOf(packages: readonly GoPackage[], importPath: string): readonly string[] {
  return packages
    .filter((found) => found.Imports?.includes(importPath))
    .map((found) => found.ImportPath)
    .sort();
}

class Edges {
  readonly importers: readonly number[][];
  readonly #packages: readonly GoPackage[];
  readonly #at: ReadonlyMap<string, number>;
  readonly #needs: readonly (readonly number[])[];

  constructor(packages: readonly GoPackage[]) {
    this.#packages = packages;
    this.#at = new Map(packages.map((found, i) => [found.ImportPath, i]));
    this.#needs = packages.map((found) => [
      ...new Set(needsOf(found).flatMap((name) => this.#at.get(name) ?? [])),
    ]);
    this.importers = packages.map(() => []);
    for (const [i, needs] of this.#needs.entries()) for (const need of needs) this.importers[need]?.push(i);
  }

  reachedFrom(starts: readonly string[]): ReadonlySet<number> {
    const reached = new Set(starts.flatMap((start) => this.#at.get(start) ?? []));
    // A Set hands out what is added while it is read.
    for (const i of reached) for (const need of this.#needs[i] ?? []) reached.add(need);
    return reached;
  }

  /** How many packages depend on each: sets of bits, handed from importers down to what they import. */
  dependents(): readonly number[] {
    const words = Math.ceil(this.#packages.length / 32);
    const sets = this.#packages.map(() => new Uint32Array(words));
    for (let i = this.#packages.length - 1; i >= 0; i--) {
      const own = sets[i] as Uint32Array;
      for (const need of this.#needs[i] ?? []) {
        const set = sets[need] as Uint32Array;
        for (let word = 0; word < words; word++) set[word] = (set[word] ?? 0) | (own[word] ?? 0);
        set[i >> 5] = (set[i >> 5] ?? 0) | (1 << (i & 31));
      }
    }
    return sets.map(bitsIn);
  }

  chain(start: string, end: string): readonly string[] | undefined {
    const from = this.#at.get(start);
    const to = this.#at.get(end);
    if (from === undefined || to === undefined) return undefined;
    const before = new Map<number, number>([[from, from]]);
    for (const [i] of before)
      for (const need of this.#needs[i] ?? []) if (!before.has(need)) before.set(need, i);
    if (!before.has(to)) return undefined;
    const chain: string[] = [];
    for (let i = to; ; i = before.get(i) as number) {
      chain.unshift(this.#packages[i]?.ImportPath ?? '');
      if (i === from) return chain;
    }
  }
}

function bitsIn(words: Uint32Array): number {
  let count = 0;
  for (let word of words) for (; word !== 0; word &= word - 1) count++;
  return count;
}

// A compiler starts in about this time; what it reads costs about this much more (kubectl 1.20.2, Go 1.15).
const STARTING_MILLISECONDS = 40;
const GUESSED_MILLISECONDS_PER_BYTE = 0.002;

/** Learned from the packages that were compiled here, so that guesses fit this machine. */
function millisecondsPerByte(packages: readonly GoPackage[], weights: Weights): number {
  let milliseconds = 0;
  let bytes = 0;
  for (const found of packages) {
    const learned = weights.learned(found.ImportPath);
    if (learned === undefined) continue;
    milliseconds += Math.max(0, learned - STARTING_MILLISECONDS);
    bytes += weights.bytes(found);
  }
  return bytes === 0 ? GUESSED_MILLISECONDS_PER_BYTE : milliseconds / bytes;
}
