/** Where packages lie: what every mode of Go shares. */
import type { GoModule } from '../package.ts';
import type { BuildContext } from './context.ts';
import type { HeaderStore } from './headers.ts';

/** A package that an import leads to. */
export interface Place {
  /** As go list names it: `vendor/…` included. */
  readonly importPath: string;
  readonly directory: string;
  /** GOROOT, the element of GOPATH, or the directory of the module. */
  readonly root: string;
  readonly isStandard: boolean;
  readonly module?: GoModule;
}

export interface Locator {
  /** The package that a word of a request names; undefined when there is none. */
  root(word: string): Place | undefined;
  /** The package that an import of `importer` leads to. */
  locate(path: string, importer: Place): Place | undefined;
  /** Whether internal packages are judged by import path: code of modules is, other code by directory. */
  readonly mode: 'gopath' | 'modules';
}

/** The standard library with its vendor directories, in every mode the same. */
export class StandardLibrary {
  readonly #store: HeaderStore;
  readonly #source: string;
  readonly #goroot: string;
  readonly #found = new Map<string, Place | undefined>();

  constructor(store: HeaderStore, context: BuildContext) {
    this.#store = store;
    this.#goroot = context.goroot;
    this.#source = `${context.goroot}/src`;
  }

  /** The standard package of that path. */
  find(path: string): Place | undefined {
    if (this.#found.has(path)) return this.#found.get(path);
    const place = this.#place(path);
    this.#found.set(path, place);
    return place;
  }

  /** What an import inside the standard library means: its own vendor directory comes first. */
  fromWithin(path: string, importer: Place): Place | undefined {
    if (path.split('/', 1)[0]?.includes('.') || path.startsWith('golang_org/')) {
      const vendor = importer.importPath.startsWith('cmd/') ? 'cmd/vendor' : 'vendor';
      return this.find(`${vendor}/${path}`);
    }
    // Packages of older releases keep a vendor directory beside themselves.
    return this.find(path);
  }

  #place(path: string): Place | undefined {
    const directory = `${this.#source}/${path}`;
    if (!this.#store.holdsGo(directory)) return undefined;
    return { importPath: path, directory, root: this.#goroot, isStandard: true };
  }
}

/** Whether a first path element can only be the standard library's: without a dot. */
export function looksStandard(path: string): boolean {
  const slash = path.indexOf('/');
  return !(slash < 0 ? path : path.slice(0, slash)).includes('.');
}
