/**
 * The packages of a tree as generators see them: where an import path lies, and one digest for all that a generator
 * can learn from a package and from everything it imports. Go itself is not asked.
 *
 * ```
 *   seen(P) = digest( declarations of P's files, seen(each import of P that lies in the tree) )
 * ```
 */
import { type Diagnostic, error, type Location } from '../../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../../formats/digest.ts';
import type { HandwrittenFunction } from './handwritten.ts';
import type { SourceIndex } from './sourceindex.ts';

export interface PackageSight {
  /** Of the package's own declarations. */
  readonly own: string;
  /** Of these and of all imports, all the way down. */
  readonly all: string;
  /** Directories of the imports that lie in the tree. */
  readonly imports: readonly string[];
}

export class PackageSights {
  readonly index: SourceIndex;
  readonly #goPackage: string;
  readonly #generated: ReadonlySet<string>;
  readonly #sights = new Map<string, PackageSight>();
  readonly #directories = new Map<string, string | undefined>();
  readonly #closures = new Map<string, ReadonlySet<string>>();
  readonly #visiting: string[] = [];
  /** Import cycles found so far; a cycle is cut where it closes. */
  readonly problems: Diagnostic[] = [];

  /** `generated`: names of files that generators make beside the sources; none of them is seen. */
  constructor(index: SourceIndex, goPackage: string, generated: ReadonlySet<string> = new Set()) {
    this.index = index;
    this.#goPackage = goPackage;
    this.#generated = generated;
  }

  /** Directory of an import path: the tree's own, staging, vendor; undefined for the standard library. */
  directoryOf(importPath: string): string | undefined {
    if (!this.#directories.has(importPath)) this.#directories.set(importPath, this.#locate(importPath));
    return this.#directories.get(importPath);
  }

  #locate(importPath: string): string | undefined {
    const own = `${this.#goPackage}/`;
    const local = importPath.startsWith(own) ? importPath.slice(own.length) : undefined;
    if (local !== undefined && !local.startsWith('vendor/')) return this.#ifGo(local);
    const path = local?.slice('vendor/'.length) ?? importPath;
    return this.#ifGo(`staging/src/${path}`) ?? this.#ifGo(`vendor/${path}`);
  }

  #ifGo(directory: string): string | undefined {
    return this.index.exists(directory) ? directory : undefined;
  }

  sight(directory: string): PackageSight {
    const known = this.#sights.get(directory);
    if (known) return known;
    this.#visiting.push(directory);
    const imports = new Set<string>();
    const lines: string[] = [];
    for (const name of this.index.goFiles(directory)) {
      if (this.#generated.has(name)) continue;
      const facts = this.index.facts(`${directory}/${name}`);
      if (!facts?.isSeen) continue;
      lines.push(`${name} ${facts.declarations}`);
      for (const path of facts.imports) {
        const found = this.directoryOf(path);
        if (found !== undefined && found !== directory) imports.add(found);
      }
    }
    const own = digestOfBytes(lines.join('\n')).slice(0, 20);
    const deeper = [...imports].sort().map((found) => `${found} ${this.#sightOfImport(directory, found)}`);
    this.#visiting.pop();
    const sight = {
      own,
      all: digestOfBytes([own, ...deeper].join('\n')).slice(0, 20),
      imports: [...imports].sort(),
    };
    this.#sights.set(directory, sight);
    return sight;
  }

  #sightOfImport(from: string, directory: string): string {
    const at = this.#visiting.indexOf(directory);
    if (at < 0) return this.sight(directory).all;
    this.problems.push(cycle([...this.#visiting.slice(at), directory], this.#importIn(from, directory)));
    return 'cycle';
  }

  /** Where a package imports another. */
  #importIn(from: string, directory: string): Location {
    for (const name of this.index.goFiles(from)) {
      const file = `${from}/${name}`;
      const facts = this.index.facts(file);
      const path = facts?.isSeen && facts.imports.find((one) => this.directoryOf(one) === directory);
      if (!path) continue;
      const lines = this.index.text(file).split('\n');
      const line = lines.findIndex((text) => text.includes(`"${path}"`));
      const text = lines[line] ?? '';
      const column = text.indexOf(`"${path}"`) + 1;
      return { file, line: line + 1, column, length: path.length + 2, text, note: 'closes the circle' };
    }
    return { file: from };
  }

  /** The package and everything that it imports, all the way down. */
  closure(directory: string): ReadonlySet<string> {
    const known = this.#closures.get(directory);
    if (known) return known;
    const found = new Set<string>();
    const visit = (path: string): void => {
      if (found.has(path)) return;
      found.add(path);
      for (const next of this.sight(path).imports) visit(next);
    };
    visit(directory);
    this.#closures.set(directory, found);
    return found;
  }

  /** Hand-written functions of a package, with the directories of their parameter types. */
  functions(directory: string): readonly HandwrittenFunction[] {
    return this.index.goFiles(directory).flatMap((name) => {
      const facts = this.index.facts(`${directory}/${name}`);
      if (!facts?.isSeen) return [];
      return facts.functions.map((one) => ({
        name: one.name,
        of: one.of.map((path) => (path === '' ? directory : (this.directoryOf(path) ?? path))),
      }));
    });
  }

  /** Digest of all bytes of a program's packages: what a generator is made of. `skip`: files that do not count, by name. */
  programDigest(directory: string, skip: (name: string) => boolean = () => false): string {
    const lines = [...this.closure(directory)].sort().flatMap((path) =>
      this.index
        .goFiles(path)
        .filter((name) => !name.endsWith('_test.go') && !skip(name))
        .map((name) => `${path}/${name} ${this.index.digest(`${path}/${name}`)}`),
    );
    return digestOfBytes(lines.join('\n'));
  }
}

function cycle(directories: readonly string[], where: Location): Diagnostic {
  return error('generate/import-cycle', {
    what: `packages import each other in a circle: ${directories.join(' → ')}`,
    where: [where],
    why: 'Go refuses such packages, and generators that load their types do not end well',
    help: 'move what both sides need into a package of its own, which imports neither',
  });
}
