/** GOPATH mode: vendor directories from the importer upward, then the standard library, then each GOPATH element. */
import { dirname } from 'node:path';
import type { BuildContext } from './context.ts';
import type { HeaderStore } from './headers.ts';
import { type Locator, type Place, StandardLibrary } from './locate.ts';
import { Unsupported } from './unsupported.ts';

/** The vendor directories that a directory's imports are looked up in. */
interface Vendors {
  /** As prefixes of import paths, nearest first. */
  readonly prefixes: readonly string[];
  /** What imports lead to from here: all directories that see the same vendor directories share it. */
  readonly found: Map<string, Place>;
}

export class GopathLocator implements Locator {
  readonly mode = 'gopath';
  readonly #store: HeaderStore;
  readonly #standard: StandardLibrary;
  readonly #roots: readonly string[];
  readonly #plain = new Map<string, Place | undefined>();
  /** By directory. */
  readonly #vendors = new Map<string, Vendors>();

  constructor(store: HeaderStore, context: BuildContext) {
    this.#store = store;
    this.#standard = new StandardLibrary(store, context);
    this.#roots = (context.environment['GOPATH'] ?? '').split(':').filter(Boolean);
  }

  root(word: string): Place | undefined {
    const path = word.replace(/\/(?:\.\/)+/g, '/').replace(/\/+$/, '');
    if (/^[./]|\.\.\.|@/.test(path)) throw new Unsupported(`the package ${word} in GOPATH mode`);
    return this.#plainPlace(path);
  }

  locate(path: string, importer: Place): Place | undefined {
    if (importer.isStandard) return this.#standard.fromWithin(path, importer);
    const { prefixes, found } = this.#vendorsOf(importer.directory, importer.root);
    const known = found.get(path);
    if (known) return known;
    const place = this.#vendoredPlace(path, prefixes, importer.root) ?? this.#plainPlace(path);
    // golang.org/issue/25069: an import of x/v2 may mean x; Go knows when.
    if (!place && /\/v[1-9][0-9]*(\/|$)/.test(path))
      throw new Unsupported(`the import ${path} without modules`);
    if (place) found.set(path, place);
    return place;
  }

  #plainPlace(path: string): Place | undefined {
    if (this.#plain.has(path)) return this.#plain.get(path);
    let place = this.#standard.find(path);
    for (const root of place ? [] : this.#roots) {
      const directory = `${root}/src/${path}`;
      if (!this.#store.names(directory)) continue;
      place = { importPath: path, directory, root, isStandard: false };
      break;
    }
    this.#plain.set(path, place);
    return place;
  }

  #vendoredPlace(path: string, prefixes: readonly string[], root: string): Place | undefined {
    for (const prefix of prefixes) {
      const importPath = `${prefix}${path}`;
      const directory = `${root}/src/${importPath}`;
      if (this.#store.holdsGo(directory)) return { importPath, directory, root, isStandard: false };
    }
    return undefined;
  }

  /** `directory` is the `src` of a root, or lies below it. */
  #vendorsOf(directory: string, root: string): Vendors {
    let vendors = this.#vendors.get(directory);
    if (!vendors) {
      const source = `${root}/src`;
      const outer =
        directory === source ? { prefixes: [], found: new Map() } : this.#vendorsOf(dirname(directory), root);
      vendors = this.#store.holdsVendor(directory)
        ? { prefixes: [`${directory}/vendor/`.slice(source.length + 1), ...outer.prefixes], found: new Map() }
        : outer;
      this.#vendors.set(directory, vendors);
    }
    return vendors;
  }
}
