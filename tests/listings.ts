/** One listing from both sides, our resolver and `go list`, in a form in which equal means equal. */
import { realHost } from '../src/host/host.ts';
import { goList, type ListingRequest, type ListingRoot } from '../src/tree/packages/golist.ts';
import type { GoModule, GoPackage } from '../src/tree/packages/package.ts';
import { type Resolution, resolvePackages } from '../src/tree/packages/resolve.ts';
import { HeaderStore } from '../src/tree/packages/resolver/headers.ts';

export interface ListingSide {
  readonly goroot: string;
  readonly goVersion: string;
  readonly workingDirectory: string;
  readonly platform: string;
  readonly cgo: boolean;
  readonly roots: readonly string[];
  readonly flags?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

type Comparable = Readonly<Record<string, unknown>>;

/** Every member that the graph and the compile engine read, tests aside: those our resolver leaves to Go. */
const MEMBERS = [
  ...(['ImportPath', 'Dir', 'Name', 'Root', 'Standard', 'Module', 'GoFiles', 'CgoFiles'] as const),
  ...(['IgnoredGoFiles', 'CFiles', 'CXXFiles', 'MFiles', 'HFiles', 'FFiles', 'SFiles', 'SysoFiles'] as const),
  ...(['EmbedPatterns', 'EmbedFiles', 'Imports', 'ImportMap', 'Error', 'DepsErrors'] as const),
];

/** What our resolver answers. */
export function resolved(side: ListingSide, headers = newHeaders()): Promise<Resolution> {
  const { signal } = new AbortController();
  return resolvePackages(realHost(), requestOf(side), rootsOf(side), headers, signal);
}

/** Both answers in go list's order; a root that our resolver leaves to Go fails. */
export async function bothListings(side: ListingSide): Promise<{ ours: Comparable[]; go: Comparable[] }> {
  const ours = await resolved(side);
  if (ours.unsupported.length > 0) throw new Error(ours.unsupported.map(({ reason }) => reason).join('\n'));
  const go = await goList(realHost(), requestOf(side), rootsOf(side), new AbortController().signal);
  if (!go.ok) throw new Error(JSON.stringify(go.diagnostics));
  return { ours: ours.packages.map(comparable), go: go.value.map(comparable) };
}

export function newHeaders(): HeaderStore {
  return new HeaderStore(realHost().files, () => Date.now());
}

function requestOf(side: ListingSide): ListingRequest {
  const [GOOS = '', GOARCH = ''] = side.platform.split('/');
  const { PATH = '', HOME = '' } = process.env;
  return {
    ...{ key: '', go: `${side.goroot}/bin/go`, goVersion: side.goVersion, flags: side.flags ?? [] },
    workingDirectory: side.workingDirectory,
    environment: {
      ...{ PATH, HOME, PWD: side.workingDirectory, GOROOT: side.goroot, GOOS, GOARCH },
      ...{ GOTOOLCHAIN: 'local', GOENV: 'off', GOPROXY: 'off', CGO_ENABLED: side.cgo ? '1' : '0' },
      ...side.environment,
    },
  };
}

function rootsOf(side: ListingSide): ListingRoot[] {
  return side.roots.map((goPackage) => ({ goPackage, role: 'program' }));
}

function comparable(found: GoPackage): Comparable {
  const members = MEMBERS.map((member) => [member, found[member]] as const).filter(([, value]) => value);
  const all: Record<string, unknown> = Object.fromEntries(members);
  const ignored = found.IgnoredGoFiles?.filter((name) => !name.endsWith('_test.go')) ?? [];
  if (ignored.length > 0) all['IgnoredGoFiles'] = ignored;
  else delete all['IgnoredGoFiles'];
  // Module mode tells the module of x/text for the standard library's vendor/x/text, when the listing holds both.
  if (found.Standard && found.ImportPath.startsWith('vendor/')) delete all['Root'];
  if (found.Module) all['Module'] = moduleOf(found.Module);
  return all;
}

function moduleOf(module: GoModule): Comparable {
  const { Path, Version, Main, Dir, GoVersion, Replace } = module;
  return JSON.parse(
    JSON.stringify({ Path, Version, Main, Dir, GoVersion, Replace: Replace && moduleOf(Replace) }),
  );
}
