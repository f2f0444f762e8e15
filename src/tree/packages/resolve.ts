/**
 * Our own answer to "which packages, from which files": equal to `go list -deps -json` for programs, without running
 * Go. It knows trees that are in order; anything that Go would call an error, and anything rare, is `unsupported`, and
 * the caller asks Go (list.ts). Tests are left out: no Test… members, no `_test.go` among IgnoredGoFiles.
 */
import type { Host } from '../../host/host.ts';
import type { ListingRequest, ListingRoot } from './golist.ts';
import type { GoPackage } from './package.ts';
import { readContext } from './resolver/context.ts';
import { GopathLocator } from './resolver/gopath.ts';
import type { HeaderStore } from './resolver/headers.ts';
import { moduleLocator } from './resolver/modules.ts';
import { Unsupported } from './resolver/unsupported.ts';
import { PackageWalk } from './resolver/walk.ts';

/** What we resolved, and the roots that are Go's to answer for, each with the reason. */
export interface Resolution {
  readonly packages: readonly GoPackage[];
  readonly unsupported: readonly { readonly root: ListingRoot; readonly reason: string }[];
}

/** All packages that the roots reach, standard library included, imports before importers. */
export async function resolvePackages(
  host: Host,
  request: ListingRequest,
  roots: readonly ListingRoot[],
  headers: HeaderStore,
  signal: AbortSignal,
): Promise<Resolution> {
  const programs = roots.filter((root) => root.role !== 'tests');
  const unsupported = roots
    .filter((root) => root.role === 'tests')
    .map((root) => ({ root, reason: 'not supported: tests' }));
  if (programs.length === 0) return { packages: [], unsupported };
  try {
    headers.lookBehind(request.workingDirectory);
    const walk = await beginWalk(host, request, headers, signal);
    for (const root of programs) {
      const reason = reasonAgainst(() => walk.add(root.goPackage));
      if (reason) unsupported.push({ root, reason });
    }
    return { packages: walk.packages(), unsupported };
  } catch (problem) {
    const reason = reasonOf(problem);
    return { packages: [], unsupported: roots.map((root) => ({ root, reason })) };
  }
}

async function beginWalk(
  host: Host,
  request: ListingRequest,
  headers: HeaderStore,
  signal: AbortSignal,
): Promise<PackageWalk> {
  const context = await readContext(host, request, headers.toolTags, signal);
  const usesModules = context.since('1.11') && request.environment['GO111MODULE'] !== 'off';
  const locator = usesModules
    ? await moduleLocator(host, request, context, headers, signal)
    : new GopathLocator(headers, context);
  return new PackageWalk(host.files, headers, context, locator);
}

function reasonAgainst(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (problem) {
    return reasonOf(problem);
  }
}

function reasonOf(problem: unknown): string {
  if (problem instanceof Unsupported) return problem.message;
  throw problem;
}
