/**
 * The package graph of a tree as Go sees it, remembered between runs, and the content of every package. A run
 * with nothing changed asks the disk for stats only; it is resolved again only when a header or a directory moved.
 */
import { type Diagnostic, error, type Result } from '../../diagnostic/diagnostic.ts';
import { type Digest, digestOfBytes } from '../../formats/digest.ts';
import type { Host } from '../../host/host.ts';
import type { FileIndex } from './fileindex.ts';
import type { ListingRequest, ListingRoot } from './golist.ts';
import { listPackages } from './list.ts';
import type { GoPackage } from './package.ts';
import { RememberedHeaders } from './resolver/headerfile.ts';

/** One package of one listing. Paths are relative to the tree, or absolute outside it. */
export interface PackageEntry {
  readonly name: string;
  readonly directory: string;
  /** Files that are compiled, linked or embedded. */
  readonly files: readonly string[];
  /** Go files left out by their constraints: their headers decide whether they stay out. */
  readonly ignored: readonly string[];
  /** Import paths of packages outside the standard library. */
  readonly imports: readonly string[];
  /** Digest of all headers at the time of listing. */
  readonly shape: Digest;
  readonly embeds: boolean;
}

/** mtime, ctime, inode, time of indexing, digest of the names that matter. */
type DirectoryRow = readonly [number, number, number, number, Digest];

export interface GraphState {
  listings: Record<string, Listing>;
  directories: Record<string, DirectoryRow>;
}

interface Listing {
  readonly packages: Record<string, PackageEntry>;
  /** By root: where its closure starts, and the digest of the module files that it was listed with. */
  readonly roots: Record<string, { readonly starts: readonly string[]; readonly modules: Digest }>;
}

/** What one target is made of, now. */
export interface Closure {
  /** Import path → short digest of the content of its files. */
  readonly packages: ReadonlyMap<string, string>;
  readonly entries: readonly PackageEntry[];
}

// What go looks at in a directory, and directories that change how imports resolve.
const RELEVANT = /\.(go|s|S|sx|c|cc|cpp|cxx|h|hh|hpp|hxx|m|f|F|for|f90|swig|swigcxx|syso)$|^vendor\/$/;

const FILE_MEMBERS = [
  ...['GoFiles', 'CgoFiles', 'CFiles', 'CXXFiles', 'MFiles', 'HFiles', 'FFiles', 'SFiles'],
  ...['SwigFiles', 'SwigCXXFiles', 'SysoFiles', 'EmbedFiles'],
] as readonly FileMember[];

type FileMember = {
  [M in keyof GoPackage]-?: NonNullable<GoPackage[M]> extends readonly string[] ? M : never;
}[keyof GoPackage];

const TEST_FILE_MEMBERS: readonly FileMember[] = [
  ...(['TestGoFiles', 'XTestGoFiles', 'TestEmbedFiles', 'XTestEmbedFiles'] as const),
];

export class PackageGraph {
  readonly #host: Host;
  readonly #index: FileIndex;
  readonly #state: GraphState;
  /** Files outside packages that every listing depends on: go.mod, go.work, vendor/modules.txt. */
  readonly #moduleFiles: readonly string[];
  readonly #contents = new Map<PackageEntry, { digest: string; files: readonly string[] }>();
  readonly #directories = new Map<string, Digest | undefined>();
  readonly #headers: RememberedHeaders;
  #holding = new Map<PackageEntry, boolean>();

  /** `headersPath`: file of the headers that were parsed; read only when a graph must be resolved. */
  constructor(
    host: Host,
    index: FileIndex,
    state: GraphState,
    moduleFiles: readonly string[],
    headersPath?: string,
  ) {
    this.#headers = new RememberedHeaders(host, headersPath);
    this.#host = host;
    this.#index = index;
    this.#state = state;
    this.#moduleFiles = moduleFiles;
  }

  /** The closure of roots when the remembered listing still holds; undefined when it must be resolved again. */
  closure(listing: string, roots: readonly ListingRoot[]): Closure | undefined {
    const known = this.#state.listings[listing];
    const found = roots.map((root) => known?.roots[rootKey(root)]);
    if (!known || !found.every((root) => root?.modules === this.#moduleShape())) return undefined;
    const packages = new Map<string, string>();
    const entries: PackageEntry[] = [];
    const queue = found.flatMap((root) => root?.starts ?? []);
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      if (packages.has(name)) continue;
      const entry = known.packages[name];
      if (!entry || !this.#shapeHolds(entry)) return undefined;
      packages.set(name, this.#content(entry).digest);
      entries.push(entry);
      queue.push(...entry.imports);
    }
    for (const file of this.#moduleFiles) {
      const content = this.#index.read(file);
      if (content) packages.set(file, content.digest.slice(0, SHORT));
    }
    return { packages, entries };
  }

  /** All packages that the roots reach, standard library included, resolved now and kept by nobody. */
  async packagesOf(
    request: ListingRequest,
    roots: readonly ListingRoot[],
    signal: AbortSignal,
  ): Promise<Result<readonly GoPackage[]>> {
    return this.#headers.using((store) => listPackages(this.#host, request, roots, store, signal));
  }

  /** Resolves the graphs of the roots and remembers them; returns what is wrong with the tree, if anything. */
  async list(
    request: ListingRequest,
    roots: readonly ListingRoot[],
    signal: AbortSignal,
  ): Promise<readonly Diagnostic[]> {
    const result = await this.packagesOf(request, roots, signal);
    if (!result.ok) return result.diagnostics;
    const known = this.#state.listings[request.key] ?? { packages: {}, roots: {} };
    this.#state.listings[request.key] = known;
    const listed = new Map<string, PackageEntry>();
    for (const found of result.value) {
      if (found.Error || found.Standard || found.ForTest || found.ImportPath.endsWith('.test') || !found.Dir)
        continue;
      listed.set(found.ImportPath, this.#toEntry(found, request));
    }
    const diagnostics: Diagnostic[] = [...result.diagnostics];
    for (const root of roots) {
      const found = result.value.find((entry) => !entry.ForTest && matchesRoot(entry, root, request));
      if (found?.Error || found?.DepsErrors?.length) continue;
      if (!found || (found.Name !== 'main' && root.role === 'program')) {
        diagnostics.push(notMain(root, found));
        continue;
      }
      const starts = [found.ImportPath];
      if (root.role === 'tests') {
        const test = this.#toTestEntry(found, request, listed);
        listed.set(test.name, test);
        starts.push(test.name);
      }
      known.roots[rootKey(root)] = { starts, modules: this.#moduleShape() };
    }
    for (const [name, entry] of listed) {
      known.packages[name] = { ...entry, imports: entry.imports.filter((path) => listed.has(path)) };
    }
    return diagnostics;
  }

  /** `name digest` of every file of a package, for saying which one changed. */
  fileDigests(entry: PackageEntry): readonly string[] {
    return this.#content(entry).files;
  }

  /** A package as any listing knows it, for explaining what changed when no listing fits the request. */
  known(name: string): PackageEntry | undefined {
    for (const { packages } of Object.values(this.#state.listings)) {
      const entry = packages[name];
      if (entry) return entry;
    }
    return undefined;
  }

  /** Short digest of the files of a package, as they are now. */
  contentDigest(entry: PackageEntry): string {
    return this.#content(entry).digest;
  }

  /** Forgets what this run has seen of the disk. */
  refresh(): void {
    this.#contents.clear();
    this.#directories.clear();
    this.#holding.clear();
    this.#index.refresh();
    this.#headers.refresh();
  }

  #content(entry: PackageEntry): { digest: string; files: readonly string[] } {
    let content = this.#contents.get(entry);
    if (!content) {
      const files = entry.files.map(
        (file) =>
          `${file} ${this.#index.read(join(entry.directory, file))?.digest.slice(0, SHORT) ?? 'missing'}`,
      );
      content = { digest: digestOfBytes(files.join('\n')).slice(0, SHORT), files };
      this.#contents.set(entry, content);
    }
    return content;
  }

  #shapeHolds(entry: PackageEntry): boolean {
    let holds = this.#holding.get(entry);
    if (holds === undefined) {
      holds = entry.shape === this.#shapeOf(entry);
      this.#holding.set(entry, holds);
    }
    return holds;
  }

  #shapeOf(entry: Pick<PackageEntry, 'directory' | 'files' | 'ignored' | 'embeds'>): Digest {
    const directories = entry.embeds ? embeddedDirectories(entry.files) : [''];
    const names = directories.map((sub) => this.#namesOf(join(entry.directory, sub), entry.embeds));
    const headers = [...entry.files, ...entry.ignored]
      .filter((file) => file.endsWith('.go'))
      .map((file) => this.#index.read(join(entry.directory, file))?.shape ?? 'missing');
    return digestOfBytes([...names, ...headers].join('\n')).slice(0, SHORT);
  }

  #namesOf(directory: string, all: boolean): Digest {
    const key = all ? `${directory}/*` : directory;
    let digest = this.#directories.get(key);
    if (digest === undefined) {
      digest = this.#readNames(directory, key, all);
      this.#directories.set(key, digest);
    }
    return digest;
  }

  #readNames(directory: string, key: string, all: boolean): Digest {
    const absolute = this.#index.absolute(directory);
    const stat = this.#host.files.stat(absolute);
    if (!stat) return 'missing';
    const row = this.#state.directories[key];
    const racy = row && row[0] > row[3] - DIRECTORY_TICK_MILLISECONDS;
    if (row && !racy && row[0] === stat.mtime && row[1] === stat.ctime && row[2] === stat.inode)
      return row[4];
    const indexedAt = this.#host.clock.now();
    const names = this.#host.files.list(absolute).filter((name) => all || RELEVANT.test(name));
    const digest = digestOfBytes(names.join('\n')).slice(0, SHORT);
    this.#state.directories[key] = [stat.mtime, stat.ctime, stat.inode, indexedAt, digest];
    return digest;
  }

  #moduleShape(): Digest {
    return digestOfBytes(
      this.#moduleFiles.map((file) => this.#index.read(file)?.digest ?? '-').join(','),
    ).slice(0, SHORT);
  }

  #toEntry(found: GoPackage, request: ListingRequest): PackageEntry {
    const entry = {
      name: found.ImportPath,
      directory: this.#treePath(found.Dir ?? '', request),
      files: FILE_MEMBERS.flatMap((member) => found[member] ?? []).sort(),
      ignored: [...(found.IgnoredGoFiles ?? [])].sort(),
      imports: resolveImports(found, found.Imports ?? []),
      embeds: (found.EmbedPatterns?.length ?? 0) > 0,
    };
    return { ...entry, shape: this.#shapeOf(entry) };
  }

  #toTestEntry(
    found: GoPackage,
    request: ListingRequest,
    listed: ReadonlyMap<string, PackageEntry>,
  ): PackageEntry {
    const imports = resolveImports(found, [...(found.TestImports ?? []), ...(found.XTestImports ?? [])]);
    const vendor = `${found.ImportPath.split('/').slice(0, 2).join('/')}/vendor/`;
    const entry = {
      name: `${found.ImportPath} (tests)`,
      directory: this.#treePath(found.Dir ?? '', request),
      files: TEST_FILE_MEMBERS.flatMap((member) => found[member] ?? []).sort(),
      ignored: [],
      imports: imports.map((path) => (listed.has(path) ? path : `${vendor}${path}`)),
      embeds: (found.TestEmbedPatterns?.length ?? 0) > 0,
    };
    return { ...entry, shape: this.#shapeOf(entry) };
  }

  /** Relative to the tree, also for what go saw through the link tree. */
  #treePath(directory: string, request: ListingRequest): string {
    for (const base of [request.workingDirectory, this.#index.absolute('.').slice(0, -2)]) {
      if (directory === base) return '.';
      if (directory.startsWith(`${base}/`)) return directory.slice(base.length + 1);
    }
    return directory;
  }
}

const SHORT = 24;
const DIRECTORY_TICK_MILLISECONDS = 20;

function rootKey(root: ListingRoot): string {
  return root.role === 'tests' ? `${root.goPackage} (tests)` : root.goPackage;
}

function matchesRoot(entry: GoPackage, root: ListingRoot, request: ListingRequest): boolean {
  if (entry.ImportPath === root.goPackage) return true;
  const cleaned = root.goPackage.replace(/\/\.\//g, '/').replace(/\/+$/, '');
  if (entry.ImportPath === cleaned) return true;
  return (
    cleaned.startsWith('.') &&
    entry.Dir === `${request.workingDirectory}/${cleaned.replace(/^\.\/?/, '')}`.replace(/\/$/, '')
  );
}

function resolveImports(found: GoPackage, imports: readonly string[]): string[] {
  return [...new Set(imports.map((path) => found.ImportMap?.[path] ?? path))]
    .filter((path) => path !== 'C')
    .sort();
}

function embeddedDirectories(files: readonly string[]): string[] {
  const directories = files.map((file) => (file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : ''));
  return [...new Set(['', ...directories])].sort();
}

function join(directory: string, name: string): string {
  if (name === '') return directory;
  return directory === '.' || directory === '' ? name : `${directory}/${name}`;
}

function notMain(root: ListingRoot, found: GoPackage | undefined): Diagnostic {
  return error('build/no-main-package', {
    what: found
      ? `${root.goPackage} is package ${found.Name || '(none)'}, not a main package`
      : `go finds no package ${root.goPackage}`,
    why: 'only a main package becomes a binary',
    help: 'kubewright targets lists what this tree builds; name one of those',
  });
}
