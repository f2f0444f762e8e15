/** GOPATH mode: vendor directories from the importer upward, then the standard library, then each GOPATH element. */
import type { BuildContext } from './context.ts';
import type { HeaderStore } from './headers.ts';
import { type Locator, type Place, StandardLibrary } from './locate.ts';
import { Unsupported } from './unsupported.ts';

export class GopathLocator implements Locator {
  readonly mode = 'gopath';
  readonly #store: HeaderStore;
  readonly #standard: StandardLibrary;
  readonly #roots: readonly string[];
  readonly #plain = new Map<string, Place | undefined>();
  readonly #vendored = new Map<string, Place | undefined>();
  /** Directory → vendor directories from it up to the root, nearest first, as import-path prefixes. */
  readonly #vendors = new Map<string, readonly string[]>();

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
    for (const prefix of this.#vendorsOf(importer.importPath, importer.root)) {
      const place = this.#vendoredPlace(`${prefix}${path}`, importer.root);
      if (place) return place;
    }
    const place = this.#plainPlace(path);
    // golang.org/issue/25069: an import of x/v2 may mean x; Go knows when.
    if (!place && /\/v[1-9][0-9]*(\/|$)/.test(path))
      throw new Unsupported(`the import ${path} without modules`);
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

  #vendoredPlace(path: string, root: string): Place | undefined {
    const directory = `${root}/src/${path}`;
    if (this.#vendored.has(directory)) return this.#vendored.get(directory);
    const holds = this.#store.names(directory)?.some((name) => name.endsWith('.go'));
    const place = holds ? { importPath: path, directory, root, isStandard: false } : undefined;
    this.#vendored.set(directory, place);
    return place;
  }

  #vendorsOf(importPath: string, root: string): readonly string[] {
    const key = `${root}/src/${importPath}`;
    let found = this.#vendors.get(key);
    if (!found) {
      const own = importPath === '' ? 'vendor/' : `${importPath}/vendor/`;
      const slash = importPath.lastIndexOf('/');
      const outer =
        importPath === '' ? [] : this.#vendorsOf(slash < 0 ? '' : importPath.slice(0, slash), root);
      const exists = this.#store.names(`${root}/src/${own}`.slice(0, -1)) !== undefined;
      found = exists ? [own, ...outer] : outer;
      this.#vendors.set(key, found);
    }
    return found;
  }
}
