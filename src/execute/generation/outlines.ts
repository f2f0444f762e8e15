/**
 * What generators of gengo v1 load of a tree, as a GOPATH of outlines. It halves what a generator loads and holds. One
 * that fails there is run again in the tree itself, so that what it says is about the real files.
 *
 * goimports, by which they format, takes an unknown `name.Function` for a package, and walks the whole GOPATH for each
 * file that names one. It looks for variables of the package first, beside the file; generators do not tell it
 * where the file will lie, and then that is the directory above the working directory. So the variables stand there.
 */
import { posix } from 'node:path';
import type { Host } from '../../host/host.ts';
import { actionOf } from '../../steps/generate/package/command.ts';
import type { PlannedOutput } from '../../steps/generate/package/output.ts';
import type { Dialect } from '../../tree/codegen/model.ts';
import { readGoHeader } from '../../tree/packages/header.ts';
import { askedNames } from '../../tree/tags/asked.ts';
import { outlineOf } from '../../tree/tags/outline.ts';
import type { PackageSights } from '../../tree/tags/packages.ts';

export interface Outlines {
  readonly gopath: string;
  readonly workingDirectory: string;
}

/** The tree whose outlines are made. */
export type Outlined = Pick<OutlineRequest, 'host' | 'root' | 'goPackage' | 'sights'> & {
  readonly dialect: Dialect;
  readonly stage: string;
};

/** Whether a generator sees outlines: it finds packages in a GOPATH, and writes nothing beside what it reads. */
export function isOutlined(
  { dialect, root }: Pick<Outlined, 'dialect' | 'root'>,
  output: PlannedOutput,
): boolean {
  const { workingDirectory } = actionOf(output);
  const { shape } = output.generator;
  return dialect === 'gengo-v1' && (shape === 'package' || shape === 'list') && workingDirectory !== root;
}

/** Outlines of all that these outputs' generators load; undefined when none of them sees outlines. */
export function outlinesFor(tree: Outlined, stale: readonly PlannedOutput[]): Outlines | undefined {
  const outputs = stale.filter((output) => isOutlined(tree, output));
  if (outputs.length === 0) return undefined;
  const { sights } = tree;
  const directories = new Set(
    outputs.flatMap((output) => {
      const { packages, flags } = actionOf(output);
      const named = [...packages, ...flags].flatMap((word) => word.split(','));
      return [...output.reads, ...named.flatMap((path) => sights.directoryOf(path) ?? [])];
    }),
  );
  const gopath = `${tree.stage}/outlines`;
  const programs = [...new Set(outputs.map(({ generator }) => generator.program.directory))];
  return { gopath, workingDirectory: makeOutlines({ ...tree, directories, programs, gopath }) };
}

export interface OutlineRequest {
  readonly host: Host;
  readonly root: string;
  readonly goPackage: string;
  readonly sights: PackageSights;
  /** Directories whose packages are loaded; what they import follows. */
  readonly directories: Iterable<string>;
  /** Directories of the generators themselves; undefined: they do not lie in the tree. */
  readonly programs: readonly (string | undefined)[];
  /** The GOPATH that is made. */
  readonly gopath: string;
}

/** Variables of the package by which generated code registers itself: of conversion-gen, and of 1.7 and before. */
const VARIABLES = 'var localSchemeBuilder int\n\nvar SchemeBuilder int\n';

/** Makes it, and returns the place of the tree in it. */
function makeOutlines(request: OutlineRequest): string {
  const { host, goPackage, gopath } = request;
  const place = `${gopath}/src/${goPackage}`;
  const names = new PackageNames(request.sights);
  for (const [directory, outlines] of outlinesOf(request, names)) {
    linkVendor(request, place, directory);
    host.files.makeDirectory(`${place}/${directory}`);
    for (const [name, outline] of outlines) {
      const file = `${place}/${directory}/${name}`;
      if (outline === undefined) host.files.publishLink(`${request.root}/${directory}/${name}`, file);
      else host.files.write(file, outline);
    }
  }
  const siblings = new Set(
    [...request.directories].flatMap((directory) => names.ofDirectory(directory) ?? []),
  );
  for (const name of siblings)
    host.files.write(`${posix.dirname(place)}/${name}.go`, `package ${name}\n\n${VARIABLES}`);
  return place;
}

/** Directory → name of a file → its outline, or undefined where it has to be seen whole, for all that is loaded. */
function outlinesOf(
  { sights, directories, programs }: OutlineRequest,
  names: PackageNames,
): ReadonlyMap<string, ReadonlyMap<string, string | undefined>> {
  const { index } = sights;
  const found = new Map<string, Map<string, string | undefined>>();
  const queue = [...directories];
  const nameOf = (path: string) => names.ofImport(path);
  const known = programs.filter((program) => program !== undefined);
  const isAsked = known.length === programs.length ? askedNames(sights, known) : undefined;
  for (let directory = queue.pop(); directory !== undefined; directory = queue.pop()) {
    if (found.has(directory)) continue;
    const files = new Map<string, string | undefined>();
    found.set(directory, files);
    for (const name of index.goFiles(directory)) {
      const path = `${directory}/${name}`;
      if (name.endsWith('_test.go') || !index.facts(path)?.isSeen) continue;
      const outline = outlineOf(index.text(path), nameOf, isAsked);
      files.set(name, outline?.text);
      for (const imported of outline?.imports ?? index.facts(path)?.imports ?? [])
        queue.push(...[sights.directoryOf(imported) ?? []].flat());
    }
  }
  return found;
}

/** vendor/k8s.io/api is a link to staging/src/k8s.io/api: packages there are imported by the link's path too. */
function linkVendor({ host: { files }, root }: OutlineRequest, place: string, directory: string): void {
  if (!directory.startsWith(STAGING)) return;
  let path = 'vendor';
  for (const name of directory.slice(STAGING.length).split('/')) {
    path += `/${name}`;
    const link = files.readLink(`${root}/${path}`);
    if (link === undefined) continue;
    if (files.readLink(`${place}/${path}`) === undefined) files.publishLink(link, `${place}/${path}`);
    return;
  }
}

const STAGING = 'staging/src/';

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
