/** Which modules a program is made of: from its own build information, else from the packages that are linked into it. */
import type { BuildInfo } from '../../formats/binary/buildinfo.ts';

/** A module as the tree has it. */
export interface KnownModule {
  readonly path: string;
  /** Empty when the tree does not say; the tree's own version for what lies in the tree. */
  readonly version: string;
  /** Names of its licence files among the Step's. */
  readonly licenses: readonly string[];
}

/** What a file that is a program tells. */
export interface ProgramContents {
  readonly platform: string;
  readonly goVersion?: string;
  readonly build?: Pick<BuildInfo, 'path' | 'main' | 'modules'>;
  /** Import paths of the linked packages. */
  readonly packages: readonly string[];
}

export interface LinkedModule {
  readonly path: string;
  readonly version: string;
  readonly sum?: string;
  readonly licenses: readonly string[];
}

/** Where the names of modules come from, for the reader of a document. */
export type Evidence = 'build information' | 'linked packages';

export interface Linkage {
  readonly evidence: Evidence;
  /** The main module, and all that it needs, by path. */
  readonly modules: readonly LinkedModule[];
}

/** Modules of a program, the tree's own among them. `known`: sorted in no way; `main`: import path of the tree. */
export function linkageOf(
  program: ProgramContents,
  known: readonly KnownModule[],
  main: KnownModule,
): Linkage {
  const table = new Map([...known, main].map((module) => [module.path, module]));
  const { build } = program;
  if (build?.main && build.modules.length > 0) {
    const own = {
      path: build.main.path,
      version: build.main.version === '(devel)' ? '' : build.main.version,
    };
    const modules = [own, ...build.modules].map((module) => {
      // In a workspace, and where a directory takes its place, a module has the version of the tree.
      const path =
        'replaces' in module && isDirectory(module.path) ? (module.replaces ?? module.path) : module.path;
      const found = table.get(path);
      const version = isDirectory(module.path) || !module.version ? (found?.version ?? '') : module.version;
      const sum = 'sum' in module && module.sum ? { sum: module.sum } : {};
      return { path, version, licenses: found?.licenses ?? [], ...sum };
    });
    return { evidence: 'build information', modules: sorted(modules) };
  }
  const paths = new Map<string, LinkedModule>();
  for (const linked of program.packages) {
    const module = moduleOf(linked, table, main);
    if (module) paths.set(module.path, module);
  }
  return { evidence: 'linked packages', modules: sorted([...paths.values()]) };
}

function isDirectory(path: string): boolean {
  return /^\.{0,2}\//.test(path);
}

/** The module with the longest path that begins the package's; a package of the standard library has none. */
function moduleOf(
  linked: string,
  table: ReadonlyMap<string, KnownModule>,
  main: KnownModule,
): LinkedModule | undefined {
  if (linked === 'main') return main;
  const path = withoutVendor(linked);
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    const found = table.get(path.slice(0, end));
    if (found) return found;
  }
  if (!path.split('/')[0]?.includes('.')) return undefined;
  return { path: repositoryOf(path), version: '', licenses: [] };
}

/** `k8s.io/kubernetes/vendor/github.com/pkg/errors` → `github.com/pkg/errors`, and as Godeps keeps them. */
function withoutVendor(path: string): string {
  for (const mark of ['/vendor/', '/Godeps/_workspace/src/']) {
    const at = path.lastIndexOf(mark);
    if (at >= 0) return path.slice(at + mark.length);
  }
  return path.startsWith('vendor/') ? path.slice('vendor/'.length) : path;
}

/** The repository of a package by the habits of its host: what lists of packages without modules are grouped by. */
export function repositoryOf(path: string): string {
  const elements = path.split('/');
  const [host = '', second = ''] = elements;
  if (host === 'gopkg.in') return elements.slice(0, /\.v\d+/.test(second) ? 2 : 3).join('/');
  if (host === 'golang.org' || host === 'go.googlesource.com') return elements.slice(0, 3).join('/');
  const short = [
    'k8s.io',
    'sigs.k8s.io',
    'go.uber.org',
    'google.golang.org',
    'go.opencensus.io',
    'cloud.google.com',
  ];
  if (short.includes(host)) return elements.slice(0, 2).join('/');
  return elements.slice(0, 3).join('/');
}

function sorted(modules: readonly LinkedModule[]): LinkedModule[] {
  return [...modules].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
