/** Module mode: which modules there are, and in which of them an import path lies. */
import { resolve } from 'node:path';
import type { Host } from '../../../host/host.ts';
import type { ListingRequest } from '../golist.ts';
import type { BuildContext } from './context.ts';
import type { HeaderStore } from './headers.ts';
import { type Locator, looksStandard, type Place, StandardLibrary } from './locate.ts';
import { type LocalModule, type MainModules, readMainModules } from './mainmodules.ts';
import { listModules } from './modulelist.ts';
import { Unsupported } from './unsupported.ts';
import { openVendor, type VendorDirectory } from './vendor.ts';

export async function moduleLocator(
  host: Host,
  request: ListingRequest,
  context: BuildContext,
  store: HeaderStore,
  signal: AbortSignal,
): Promise<Locator> {
  const main = readMainModules(host, request, context);
  const standard = new StandardLibrary(store, context);
  const vendor = openVendor(host, main, context);
  const modules = vendor ? main.mains : await listModules(host, request, main, store, signal);
  return new ModuleLocator(host, store, standard, main, modules, vendor, request.workingDirectory);
}

class ModuleLocator implements Locator {
  readonly mode = 'modules';
  readonly #host: Host;
  readonly #store: HeaderStore;
  readonly #standard: StandardLibrary;
  readonly #main: MainModules;
  readonly #modules = new Map<string, LocalModule>();
  readonly #vendor: VendorDirectory | undefined;
  readonly #workingDirectory: string;
  readonly #found = new Map<string, Place | undefined>();
  readonly #otherModule = new Map<string, boolean>();

  constructor(
    host: Host,
    store: HeaderStore,
    standard: StandardLibrary,
    main: MainModules,
    modules: readonly LocalModule[],
    vendor: VendorDirectory | undefined,
    workingDirectory: string,
  ) {
    this.#host = host;
    this.#store = store;
    this.#standard = standard;
    this.#main = main;
    for (const one of modules) this.#modules.set(one.module.Path, one);
    this.#vendor = vendor;
    this.#workingDirectory = workingDirectory;
  }

  root(word: string): Place | undefined {
    if (/\.\.\.|@/.test(word)) throw new Unsupported(`the package ${word}`);
    if (!/^\.{0,2}(\/|$)|^\.{1,2}$/.test(word))
      return this.#find(word.replace(/\/(?:\.\/)+/g, '/').replace(/\/+$/, ''));
    const directory = resolve(this.#workingDirectory, word);
    const owners = this.#main.mains
      .filter((one) => directory === one.directory || directory.startsWith(`${one.directory}/`))
      .sort((a, b) => b.directory.length - a.directory.length);
    const owner = owners[0];
    if (!owner || `${directory}/`.includes('/vendor/')) throw new Unsupported(`the package ${word}`);
    return this.#find(`${owner.module.Path}${directory.slice(owner.directory.length)}`);
  }

  locate(path: string, importer: Place): Place | undefined {
    return importer.isStandard ? this.#standard.fromWithin(path, importer) : this.#find(path);
  }

  #find(path: string): Place | undefined {
    if (this.#found.has(path)) return this.#found.get(path);
    const standard = looksStandard(path) ? this.#standard.find(path) : undefined;
    const place = standard ?? this.#inModules(path);
    this.#found.set(path, place);
    return place;
  }

  #inModules(path: string): Place | undefined {
    const places: Place[] = [];
    for (let prefix = path; prefix !== ''; prefix = parentPath(prefix)) {
      const owner = this.#modules.get(prefix);
      const place = owner && this.#inModule(path, owner);
      if (place) places.push(place);
    }
    const vendored = this.#vendor?.find(path, this.#store);
    if (vendored) places.push(vendored);
    if (places.length > 1) throw new Unsupported(`the import ${path}, which several modules provide`);
    return places[0];
  }

  #inModule(path: string, { module, directory: root, isLocal }: LocalModule): Place | undefined {
    if (root === '') {
      // Go downloads it when it is asked; the answer about modules is then another one.
      this.#store.modules.clear();
      throw new Unsupported(`the module ${module.Path}, which is not downloaded`);
    }
    const directory = `${root}${path.slice(module.Path.length)}`;
    if (isLocal && this.#beginsOther(directory, root)) return undefined;
    if (!this.#store.holdsGo(directory)) return undefined;
    return { importPath: path, directory, root, isStandard: false, module };
  }

  /** Whether a go.mod lies between a directory and the root of its module. */
  #beginsOther(directory: string, root: string): boolean {
    if (directory === root) return false;
    let begins = this.#otherModule.get(directory);
    if (begins === undefined) {
      begins = this.#host.files.isFile(`${directory}/go.mod`) || this.#beginsOther(parentOf(directory), root);
      this.#otherModule.set(directory, begins);
    }
    return begins;
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function parentPath(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}
