/** The one place that decides who answers for a listing: our own resolver, or `go list` where that knows more. */
import { ok, type Result } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import { goList, type ListingRequest, type ListingRoot } from './golist.ts';
import type { GoPackage } from './package.ts';
import { resolvePackages } from './resolve.ts';
import type { HeaderStore } from './resolver/headers.ts';

/** Packages of programs and libraries as we resolve them; of tests, of broken trees and of rare builds as Go does. */
export async function listPackages(
  host: Host,
  request: ListingRequest,
  roots: readonly ListingRoot[],
  headers: HeaderStore,
  signal: AbortSignal,
): Promise<Result<readonly GoPackage[]>> {
  const own = await resolvePackages(host, request, roots, headers, signal);
  const others = own.unsupported.map(({ root }) => root);
  if (others.length === 0) return ok(own.packages);
  const listed = await goList(host, request, others, signal);
  if (!listed.ok) return listed;
  // A package that both tell is told as Go does: with its tests.
  const known = new Set(listed.value.map((found) => found.ImportPath));
  const rest = own.packages.filter((found) => !known.has(found.ImportPath));
  return ok([...listed.value, ...rest], listed.diagnostics);
}
