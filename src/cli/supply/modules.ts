/** The modules that a tree is made of, with their versions and licence files: vendored, listed by Godeps, or in the module cache. */
import { join } from 'node:path';
import type { Host } from '../../host/host.ts';
import { type KnownModule, repositoryOf } from '../../steps/sbom/modules.ts';
import type { SbomFacts } from '../../steps/sbom/plan.ts';
import { type ModFile, readModFile, readVendorList } from '../../tree/packages/resolver/modfile.ts';
import type { Tree } from '../../tree/tree.ts';

const LICENSE_NAME = /^(LICEN[CS]E|COPYING|UNLICEN[CS]E)([-._].*)?$/i;
const NO_LICENSE = /\.(go|json|ya?ml|s|tmpl|header)$/i;

type TreeModules = Pick<SbomFacts, 'main' | 'modules' | 'licenseFiles'>;

/** Reads the lists; asks the disk for the names of licence files, not for what is in them. */
export function readTreeModules(host: Host, tree: Tree, version: string): TreeModules {
  const licenseFiles: Record<string, string> = {};
  const add = (places: readonly (string | undefined)[]): string[] => {
    for (const place of places) {
      const files = place === undefined ? [] : licensesIn(host, place);
      const names = files.map((file) => nameOf(tree, file));
      for (const [i, name] of names.entries()) licenseFiles[name] = files[i] as string;
      if (names.length > 0) return names;
    }
    return [];
  };
  const modules = new Map<string, KnownModule>();
  for (const one of listModules(host, tree, version)) {
    const licenses = add([...one.directories, ...upwards(tree, one.path)]);
    modules.set(one.path, { path: one.path, version: one.version, licenses });
  }
  const main = { path: tree.goPackage, version, licenses: add([tree.root, join(tree.root, 'LICENSES')]) };
  return { main, licenseFiles, modules: [...modules.values()].sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

interface ListedModule {
  readonly path: string;
  readonly version: string;
  /** Where its licence would lie. */
  readonly directories: readonly string[];
}

function listModules(host: Host, tree: Tree, version: string): ListedModule[] {
  const text = (name: string) => host.files.readTextIfAny(join(tree.root, name));
  const vendored = text('vendor/modules.txt');
  const listed =
    vendored !== undefined
      ? fromVendor(tree, vendored, version)
      : fromGodeps(tree, text('Godeps/Godeps.json'));
  const inTree = ['go.work', 'go.mod'].flatMap((name) => localModules(host, tree, text(name), version));
  if (listed.length > 0) return [...listed, ...inTree];
  const file = text('go.mod');
  return [...(file ? fromCache(host, readModFile(file)) : []), ...inTree];
}

function fromVendor(tree: Tree, text: string, own: string): ListedModule[] {
  return [...readVendorList(text).modules.values()].map(({ path, version, newPath, newVersion }) => {
    const isLocal = newPath.startsWith('.');
    return {
      path,
      version: isLocal ? own : newVersion || version,
      directories: [
        join(tree.root, 'vendor', path),
        ...(isLocal ? [join(tree.root, newPath)] : []),
        join(tree.root, 'LICENSES/vendor', path),
      ],
    };
  });
}

/** Godeps lists packages: those of one repository are one module, of one version. */
function fromGodeps(tree: Tree, text: string | undefined): ListedModule[] {
  const list = text === undefined ? [] : godepsOf(text);
  return list.map(({ ImportPath, Comment, Rev }) => {
    const path = repositoryOf(ImportPath);
    const places = ['vendor', 'Godeps/_workspace/src', 'LICENSES/vendor'];
    // Comment is what git describe said of Rev: a tag alone names the version.
    const version = Comment !== undefined && /^v?\d+(\.\d+)*$/.test(Comment) ? Comment : Rev;
    return { path, version, directories: places.map((place) => join(tree.root, place, path)) };
  });
}

interface Godep {
  readonly ImportPath: string;
  readonly Comment?: string;
  readonly Rev: string;
}

function godepsOf(text: string): readonly Godep[] {
  try {
    return (JSON.parse(text) as { Deps?: readonly Godep[] }).Deps ?? [];
  } catch {
    return [];
  }
}

/** Modules of the tree itself, of a workspace or by a replacement: they have the tree's version. */
function localModules(host: Host, tree: Tree, text: string | undefined, version: string): ListedModule[] {
  if (text === undefined) return [];
  const { use, replace } = readModFile(text);
  const directories = [
    ...use,
    ...replace.filter(({ newPath }) => newPath.startsWith('.')).map((one) => one.newPath),
  ];
  return directories.flatMap((directory) => {
    const place = join(tree.root, directory);
    const own = host.files.readTextIfAny(join(place, 'go.mod'));
    const path = own === undefined ? '' : readModFile(own).module;
    return path && path !== tree.goPackage ? [{ path, version, directories: [place] }] : [];
  });
}

function fromCache(host: Host, { require, replace }: ModFile): ListedModule[] {
  const { GOMODCACHE, GOPATH } = host.environment;
  const cache = GOMODCACHE || join(GOPATH?.split(':')[0] || join(host.homeDirectory ?? '/', 'go'), 'pkg/mod');
  return require.map(({ path, version }) => {
    const replaced = replace.find((one) => one.path === path && !one.newPath.startsWith('.'));
    const [from, at] = replaced ? [replaced.newPath, replaced.newVersion] : [path, version];
    // golang.org/x/mod/module, EscapePath: capitals become an exclamation mark and the small letter.
    const escaped = `${from}@${at}`.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
    return { path, version: at, directories: [join(cache, escaped)] };
  });
}

/** A repository with several modules keeps its licence at the top. */
function upwards(tree: Tree, path: string): string[] {
  const places: string[] = [];
  for (
    let end = path.lastIndexOf('/');
    end > 0 && path.slice(0, end).includes('/');
    end = path.lastIndexOf('/', end - 1)
  )
    places.push(
      join(tree.root, 'vendor', path.slice(0, end)),
      join(tree.root, 'LICENSES/vendor', path.slice(0, end)),
    );
  return places;
}

function licensesIn(host: Host, directory: string): string[] {
  if (!host.files.isDirectory(directory)) return [];
  return host.files
    .list(directory)
    .filter((name) => LICENSE_NAME.test(name) && !NO_LICENSE.test(name))
    .map((name) => join(directory, name));
}

function nameOf(tree: Tree, file: string): string {
  if (file.startsWith(`${tree.root}/`)) return file.slice(tree.root.length + 1);
  const [, inCache = file] = /\/pkg\/mod\/(.*)$/.exec(file) ?? [];
  return inCache;
}
