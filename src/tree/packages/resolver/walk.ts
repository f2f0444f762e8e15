/** From roots to all packages that they reach, in go list's order: depth first, what is imported before its importer. */
import type { Files } from '../../../host/files.ts';
import type { GoPackage } from '../package.ts';
import type { BuildContext } from './context.ts';
import { embedFiles } from './embed.ts';
import type { HeaderStore } from './headers.ts';
import type { Locator, Place } from './locate.ts';
import { FILE_KINDS, type ScannedDirectory, scanDirectory } from './scan.ts';
import { Unsupported } from './unsupported.ts';

/** Packages of cgo's own foundation, which cgo does not import into (cmd/go/internal/load). */
const WITHOUT_RUNTIME_CGO = new Set(['runtime/cgo']);
const WITHOUT_SYSCALL = new Set(['runtime/cgo', 'runtime/race', 'runtime/msan', 'runtime/asan']);

export class PackageWalk {
  readonly #files: Files;
  readonly #store: HeaderStore;
  readonly #context: BuildContext;
  readonly #locator: Locator;
  readonly #packages = new Map<string, GoPackage | 'open'>();
  readonly #inOrder: GoPackage[] = [];

  constructor(files: Files, store: HeaderStore, context: BuildContext, locator: Locator) {
    this.#files = files;
    this.#store = store;
    this.#context = context;
    this.#locator = locator;
  }

  /** Adds a root and all that it reaches; Unsupported when that holds something for Go to judge. */
  add(word: string): void {
    const before = this.#inOrder.length;
    try {
      const place = this.#locator.root(word);
      if (!place) throw new Unsupported(`no package ${word}`);
      const found = this.#visit(place);
      const profile = `${place.directory}/default.pgo`;
      if (found.Name === 'main' && this.#context.since('1.21') && this.#files.exists(profile))
        throw new Unsupported(`profile-guided optimization of ${word}`);
    } catch (problem) {
      // What was begun is begun anew by the next root that needs it.
      for (const [path, found] of this.#packages) if (found === 'open') this.#packages.delete(path);
      for (const { ImportPath } of this.#inOrder.splice(before)) this.#packages.delete(ImportPath);
      throw problem;
    }
  }

  packages(): readonly GoPackage[] {
    return this.#inOrder;
  }

  #visit(place: Place): GoPackage {
    const known = this.#packages.get(place.importPath);
    if (known === 'open') throw new Unsupported(`an import cycle through ${place.importPath}`);
    if (known) return known;
    this.#packages.set(place.importPath, 'open');
    const scan = scanDirectory(this.#store, this.#context, place.directory);
    if (!scan) throw new Unsupported(`no directory ${place.directory}`);
    this.#checkComment(place, scan);
    const resolved = new Map<string, string>();
    for (const path of [...scan.imports, ...this.#implicit(place, scan)]) {
      if (path !== 'C' && !resolved.has(path)) resolved.set(path, this.#import(path, place));
    }
    const found = this.#record(place, scan, resolved);
    this.#packages.set(place.importPath, found);
    this.#inOrder.push(found);
    return found;
  }

  /** Follows one import; returns the import path that it resolved to. */
  #import(path: string, importer: Place): string {
    if (/^\.{1,2}(\/|$)|^\/|@|(^|\/)vendor\//.test(path)) throw new Unsupported(`the import ${path}`);
    const target = this.#locator.locate(path, importer);
    if (!target) throw new Unsupported(`no package ${path}, imported by ${importer.importPath}`);
    if (!this.#mayImport(importer, target))
      throw new Unsupported(`internal package ${path}, imported by ${importer.importPath}`);
    const found = this.#visit(target);
    if (found.Name === 'main')
      throw new Unsupported(`the program ${path}, imported by ${importer.importPath}`);
    return target.importPath;
  }

  /** golang.org/s/go14internal: `a/internal/b` is for code below `a` alone. */
  #mayImport(importer: Place, target: Place): boolean {
    const element = /(?:^|\/)internal(?:\/|$)/g;
    let at = -1;
    for (let match = element.exec(target.importPath); match; match = element.exec(target.importPath)) {
      at = match.index;
      element.lastIndex = match.index + 1;
    }
    if (at < 0) return true;
    const parent = target.importPath.slice(0, at);
    if (target.module) return hasPrefix(importer.importPath, parent);
    const cut = target.importPath.length - parent.length;
    return hasPrefix(
      importer.directory,
      target.directory.slice(0, target.directory.length - cut).replace(/\/$/, ''),
    );
  }

  #implicit(place: Place, scan: ScannedDirectory): readonly string[] {
    const isStandard = place.isStandard;
    const cgo =
      scan.files.CgoFiles.length === 0
        ? []
        : [
            'unsafe',
            ...(isStandard && WITHOUT_RUNTIME_CGO.has(place.importPath) ? [] : ['runtime/cgo']),
            ...(isStandard && WITHOUT_SYSCALL.has(place.importPath) ? [] : ['syscall']),
          ];
    return scan.name === 'main' ? [...cgo, ...this.#context.linkerImports] : cgo;
  }

  #checkComment({ importPath, isStandard }: Place, { importComment }: ScannedDirectory): void {
    if (this.#locator.mode === 'modules' || isStandard || importComment === '') return;
    if (importComment === importPath || /(^|\/)vendor\//.test(importPath)) return;
    throw new Unsupported(`${importPath} expects import ${importComment}`);
  }

  #record(place: Place, scan: ScannedDirectory, resolved: ReadonlyMap<string, string>): GoPackage {
    const found: Writable<GoPackage> = {
      ImportPath: place.importPath,
      Dir: place.directory,
      Name: scan.name,
    };
    if (place.root) found.Root = place.root;
    if (place.isStandard) found.Standard = true;
    if (place.module) found.Module = place.module;
    for (const kind of FILE_KINDS) if (scan.files[kind].length > 0) found[kind] = scan.files[kind];
    if (scan.embedPatterns.length > 0) {
      found.EmbedPatterns = scan.embedPatterns;
      found.EmbedFiles = embedFiles(this.#files, place.directory, scan.embedPatterns);
    }
    if (scan.imports.length > 0) found.Imports = scan.imports.map((path) => resolved.get(path) ?? path);
    const mapped = [...resolved].filter(([path, target]) => path !== target);
    if (mapped.length > 0) found.ImportMap = Object.fromEntries(mapped);
    return found;
  }
}

type Writable<T> = { -readonly [Member in keyof T]: T[Member] };

function hasPrefix(path: string, prefix: string): boolean {
  return prefix === '' || path === prefix || path.startsWith(`${prefix}/`);
}
