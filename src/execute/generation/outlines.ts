/**
 * The tree as generators of gengo v1 need it: a GOPATH in which the files that they load are outlines, and all others
 * are links to the tree. It halves what a generator loads and holds. A generator that fails there is run again in the
 * tree itself, so that what it says is about the real files.
 *
 * goimports, by which they format, takes an unknown `name.Function` for a package, and walks the whole GOPATH for each
 * file that names one. It looks for variables of the package first, beside the file; generators do not tell it
 * where the file will lie, and then that is the directory above the working directory. So the variables stand there.
 */
import { posix } from 'node:path';
import type { Host } from '../../host/host.ts';
import { readGoHeader } from '../../tree/packages/header.ts';
import { outlineOf } from '../../tree/tags/outline.ts';
import type { PackageSights } from '../../tree/tags/packages.ts';

export interface OutlineRequest {
  readonly host: Host;
  readonly root: string;
  readonly goPackage: string;
  readonly sights: PackageSights;
  /** Directories whose packages are loaded; what they import follows. */
  readonly directories: Iterable<string>;
  /** The GOPATH that is made. */
  readonly gopath: string;
}

/** Variables of the package by which generated code registers itself: of conversion-gen, and of 1.7 and before. */
const VARIABLES = 'var localSchemeBuilder int\n\nvar SchemeBuilder int\n';

/** Directories that no generator loads. */
const LEFT_OUT = new Set(['.git', '_output', 'node_modules']);

/** Makes it, and returns the place of the tree in it. */
export function makeOutlines(request: OutlineRequest): string {
  const { host, goPackage, gopath } = request;
  const place = `${gopath}/src/${goPackage}`;
  const names = new PackageNames(request.sights);
  const outlines = outlinesOf(request, names);
  const real = new Set(['', ...[...outlines.keys()].flatMap(ancestors)]);
  for (const directory of real) fill(request, place, directory, real, outlines.get(directory));
  const siblings = new Set(
    [...request.directories].flatMap((directory) => names.ofDirectory(directory) ?? []),
  );
  for (const name of siblings)
    host.files.write(`${posix.dirname(place)}/${name}.go`, `package ${name}\n\n${VARIABLES}`);
  return place;
}

/** Directory → name of a file → its outline, for all that is loaded. */
function outlinesOf(
  { sights, directories }: OutlineRequest,
  names: PackageNames,
): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const { index } = sights;
  const found = new Map<string, Map<string, string>>();
  const queue = [...directories];
  const nameOf = (path: string) => names.ofImport(path);
  for (let directory = queue.pop(); directory !== undefined; directory = queue.pop()) {
    if (found.has(directory)) continue;
    const files = new Map<string, string>();
    found.set(directory, files);
    for (const name of index.goFiles(directory)) {
      const path = `${directory}/${name}`;
      if (name.endsWith('_test.go') || !index.facts(path)?.isSeen) continue;
      const outline = outlineOf(index.text(path), nameOf);
      if (outline) files.set(name, outline.text);
      for (const imported of outline?.imports ?? index.facts(path)?.imports ?? [])
        queue.push(...[sights.directoryOf(imported) ?? []].flat());
    }
  }
  return found;
}

/** One directory of the view: its own files and directories, and links for the others. */
function fill(
  { host, root }: OutlineRequest,
  place: string,
  directory: string,
  real: ReadonlySet<string>,
  outlines: ReadonlyMap<string, string> | undefined,
): void {
  const { files } = host;
  const below = (name: string) => (directory === '' ? name : `${directory}/${name}`);
  files.makeDirectory(`${place}/${directory}`);
  for (const entry of files.list(`${root}/${directory}`)) {
    const name = entry.replace(/\/$/, '');
    const path = below(name);
    if (LEFT_OUT.has(name) || real.has(path) || name.endsWith('_test.go')) continue;
    const text = outlines?.get(name);
    if (text !== undefined) files.write(`${place}/${path}`, text);
    else {
      const link = files.readLink(`${root}/${path}`);
      // What lies beside sources is read by no generator; the licence text is named by its own path.
      if (link === undefined && entry === name && !name.endsWith('.go')) continue;
      // A link within the tree, such as vendor's to staging, leads to outlines too.
      files.publishLink(
        link !== undefined && !link.startsWith('/') ? link : `${root}/${path}`,
        `${place}/${path}`,
      );
    }
  }
}

/** The directory and all above it. */
function ancestors(directory: string): string[] {
  const found: string[] = [];
  for (let path = directory; path !== '' && path !== '.'; path = posix.dirname(path)) found.push(path);
  return found;
}

/** Names of packages by their import paths. */
class PackageNames {
  readonly #sights: PackageSights;
  readonly #known = new Map<string, string | undefined>();

  constructor(sights: PackageSights) {
    this.#sights = sights;
  }

  /** Undefined when nothing tells it. */
  ofImport(path: string): string | undefined {
    const directory = this.#sights.directoryOf(path);
    if (directory !== undefined) return this.ofDirectory(directory);
    // Packages of Go itself are named as their directories are, a major version aside.
    if (/^[^/]*\./.test(path)) return undefined;
    return posix.basename(path.replace(/\/v\d+$/, ''));
  }

  ofDirectory(directory: string): string | undefined {
    if (!this.#known.has(directory)) {
      const { index } = this.#sights;
      const file = index
        .goFiles(directory)
        .find((name) => !name.endsWith('_test.go') && index.facts(`${directory}/${name}`)?.isSeen);
      const name = file && readGoHeader(index.text(`${directory}/${file}`)).packageName;
      this.#known.set(directory, name || undefined);
    }
    return this.#known.get(directory);
  }
}
