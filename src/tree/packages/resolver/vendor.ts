/** A vendor directory with modules.txt: when Go uses it, whether it agrees with go.mod, and what lies in it. */
import type { Host } from '../../../host/host.ts';
import type { GoModule } from '../package.ts';
import type { BuildContext } from './context.ts';
import type { HeaderStore } from './headers.ts';
import type { Place } from './locate.ts';
import { isDirectoryPath, isSince, type MainModules, replacedDirectory } from './mainmodules.ts';
import { readVendorList, type VendoredModule, type VendorList } from './modfile.ts';
import { Unsupported } from './unsupported.ts';

/** The vendor directory of this build; undefined when Go does not use one. */
export function openVendor(
  host: Host,
  main: MainModules,
  context: BuildContext,
): VendorDirectory | undefined {
  const directory = `${main.directory}/vendor`;
  const { mod } = context.flags;
  if (mod !== undefined && mod !== 'vendor') return undefined;
  if (mod === undefined && !isDefault(host, directory, main, context)) return undefined;
  const text = host.files.readTextIfAny(`${directory}/modules.txt`) ?? '';
  const list = readVendorList(text);
  if (main.workspace && !context.since('1.22'))
    throw new Unsupported('-mod=vendor in a workspace before Go 1.22');
  if (context.since('1.14')) checkConsistent(list, main);
  return new VendorDirectory(directory, list, main, context);
}

/** From Go 1.14 vendor is the default where the go line says 1.14 or newer; of a workspace from Go 1.22 on. */
function isDefault(host: Host, directory: string, main: MainModules, context: BuildContext): boolean {
  if (!context.since('1.14') || !isSince(main, '1.14') || !host.files.isDirectory(directory)) return false;
  const isWorkspace = main.workspace !== undefined;
  if (!context.since('1.22')) return !isWorkspace;
  const text = host.files.readTextIfAny(`${directory}/modules.txt`);
  return readVendorList(text ?? '').isForWorkspace === isWorkspace;
}

/** cmd/go's checkVendorConsistency; what it would complain about is left to it. */
function checkConsistent(list: VendorList, main: MainModules): void {
  if (!main.workspace && !isSince(main, '1.14'))
    throw new Unsupported('vendor/modules.txt from before Go 1.14');
  const mainPaths = new Set(main.mains.map((one) => one.module.Path));
  for (const { file } of main.mains) {
    for (const { path, version } of file.require) {
      if (mainPaths.has(path) || list.modules.get(`${path}@${version}`)?.explicit) continue;
      throw new Unsupported(`vendor/modules.txt without ${path} ${version}`);
    }
  }
  const files = [...main.mains.map((one) => one.file), ...(main.workspace ? [main.workspace] : [])];
  for (const { path, version, newPath, newVersion } of files.flatMap((file) => file.replace)) {
    if (mainPaths.has(path)) continue;
    const found = list.modules.get(version ? `${path}@${version}` : path);
    if (found?.newVersion !== newVersion || (found.newPath !== newPath && !main.workspace))
      throw new Unsupported(`vendor/modules.txt with another replacement of ${path}`);
  }
}

export class VendorDirectory {
  readonly #directory: string;
  readonly #list: VendorList;
  readonly #main: MainModules;
  readonly #context: BuildContext;
  readonly #modules = new Map<VendoredModule, GoModule>();

  constructor(directory: string, list: VendorList, main: MainModules, context: BuildContext) {
    this.#directory = directory;
    this.#list = list;
    this.#main = main;
    this.#context = context;
  }

  find(path: string, store: HeaderStore): Place | undefined {
    const directory = `${this.#directory}/${path}`;
    if (!store.holdsGo(directory)) return undefined;
    const owner = this.#list.packages.get(path);
    if (!owner) throw new Unsupported(`the vendored package ${path}, which modules.txt does not name`);
    // Where the directory of the module would be is not known of vendored code (cmd/go/internal/modload).
    const root = this.#context.since('1.14') ? '' : `${this.#directory}/${owner.path}`;
    return { importPath: path, directory, root, isStandard: false, module: this.#moduleOf(owner) };
  }

  #moduleOf(owner: VendoredModule): GoModule {
    let module = this.#modules.get(owner);
    if (!module) {
      module = this.#toModule(owner);
      this.#modules.set(owner, module);
    }
    return module;
  }

  #toModule({ path, version, goVersion, newPath, newVersion }: VendoredModule): GoModule {
    // Up to Go 1.13 what is vendored of a module stands for its directory.
    if (!this.#context.since('1.14')) {
      if (newPath) throw new Unsupported('replaced modules in a vendor directory before Go 1.14');
      return { Path: path, Version: version, Dir: `${this.#directory}/${path}` };
    }
    const replaced = newPath ? { newPath, newVersion } : this.#wildcard(path);
    const go = goVersion && this.#context.since('1.17') ? { GoVersion: goVersion } : {};
    return {
      Path: path,
      ...(version ? { Version: version } : {}),
      ...(replaced ? { Replace: { ...this.#replacement(replaced), ...go } } : {}),
      ...go,
    };
  }

  #wildcard(path: string) {
    const found = this.#list.modules.get(path);
    return found?.newPath ? found : undefined;
  }

  #replacement({ newPath, newVersion }: { readonly newPath: string; readonly newVersion: string }): GoModule {
    if (!isDirectoryPath(newPath)) return { Path: newPath, ...(newVersion ? { Version: newVersion } : {}) };
    return { Path: newPath, Dir: replacedDirectory(this.#main.directory, newPath) };
  }
}
