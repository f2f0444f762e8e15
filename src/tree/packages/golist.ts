/** Go's own answer to "which packages, from which files": `go list`, one call for many roots, decoded. */
import { bad, type Diagnostic, error, type Location, ok, type Result } from '../../diagnostic/diagnostic.ts';
import { atLeast } from '../../formats/goversion.ts';
import type { Host } from '../../host/host.ts';
import type { GoPackage } from './package.ts';

/** What `go list` is asked; equal keys give equal answers for the same tree. */
export interface ListingRequest {
  /** Digest of flags and environment: platform, cgo, tags, mode. */
  readonly key: string;
  readonly go: string;
  readonly goVersion: string;
  /** Flags that choose files: `-tags=…`, `-race`, `-mod=…`. */
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
}

export interface ListingRoot {
  readonly goPackage: string;
  readonly role: 'program' | 'tests' | 'library';
}

const LIST_BYTES = 512 * 1024 * 1024;

/** All packages that the roots reach, standard library included. Problems are located Diagnostics. */
export async function goList(
  host: Host,
  request: ListingRequest,
  roots: readonly ListingRoot[],
  signal: AbortSignal,
): Promise<Result<readonly GoPackage[]>> {
  const names = [...new Set(roots.map((root) => root.goPackage))];
  const withTests = roots.some((root) => root.role === 'tests');
  const run = async (flags: readonly string[], packages: readonly string[]) => {
    const result = await host.processes.run({
      argv: [request.go, 'list', '-e', '-json', ...flags, ...request.flags, ...packages],
      environment: request.environment,
      workingDirectory: request.workingDirectory,
      signal,
      keepBytes: LIST_BYTES,
    });
    signal.throwIfAborted();
    return { packages: decode(result.stdout), result };
  };
  if (atLeast(request.goVersion, '1.11')) {
    const { packages, result } = await run(withTests ? ['-deps', '-test'] : ['-deps'], names);
    return checked(packages, result.exitCode, result.stderr, request);
  }
  // Go up to 1.10 has no -deps: ask for the roots, then for everything that they name.
  const first = await run([], names);
  const known = new Map(first.packages.map((found) => [found.ImportPath, found]));
  for (let asked = first.packages; ; ) {
    const wanted = asked.flatMap((found) => [
      ...(found.Deps ?? []),
      ...(withTests ? [...(found.TestImports ?? []), ...(found.XTestImports ?? [])] : []),
    ]);
    const missing = [...new Set(wanted)].filter(
      (name) => !known.has(name) && name !== 'C' && name !== 'unsafe',
    );
    if (missing.length === 0) break;
    asked = (await run([], missing)).packages.map((found) => ({
      ...found,
      TestImports: [],
      XTestImports: [],
    }));
    for (const found of asked) known.set(found.ImportPath, found);
    for (const name of missing) if (!known.has(name)) known.set(name, { ImportPath: name, Standard: true });
  }
  return checked([...known.values()], first.result.exitCode, first.result.stderr, request);
}

function decode(text: string): GoPackage[] {
  const objects = text.split(/^\}\n/m).filter((part) => part.trim());
  return objects.map((object) => JSON.parse(`${object}}`) as GoPackage);
}

/** Packages come back even beside broken ones, so that roots which do without those can go on. */
function checked(
  packages: readonly GoPackage[],
  exitCode: number,
  stderr: string,
  request: ListingRequest,
): Result<readonly GoPackage[]> {
  const problems = packages.filter((found) => found.Error).map((found) => toDiagnostic(found, request));
  if (packages.length > 0 && (exitCode === 0 || problems.length > 0)) return ok(packages, distinct(problems));
  return bad(
    error('build/go-list-failed', {
      what: `go list ended with exit code ${exitCode}: ${stderr.trim().split('\n').slice(0, 5).join('\n') || 'no output'}`,
      why: 'without the package graph it is not known what a target is made of',
      help: 'run the same command with --verbose, or run go list in the tree, and mend what it names',
    }),
  );
}

function toDiagnostic(found: GoPackage, request: ListingRequest): Diagnostic {
  const { Err = '', Pos = '', ImportStack = [] } = found.Error ?? {};
  const location = locate(Pos, request.workingDirectory);
  const chain =
    ImportStack.length > 1 ? `imported through ${ImportStack.slice(0, -1).join(' → ')}` : undefined;
  return error('build/go-list-failed', {
    what: Err.trim(),
    where: location ? [location] : found.Dir ? [{ file: relative(found.Dir, request.workingDirectory) }] : [],
    ...(chain ? { why: chain } : {}),
    help: `${location ? 'mend the place above' : 'see what is missing'}; the targets that need it were not compiled`,
  });
}

function locate(position: string, base: string): Location | undefined {
  const match = /^(.+?):(\d+)(?::(\d+))?/.exec(position);
  if (!match?.[1]) return undefined;
  const [, file, line, column] = match;
  return { file: relative(file, base), line: Number(line), ...(column ? { column: Number(column) } : {}) };
}

/** A path as the user writes it: relative to the tree, even when go saw it through the link tree. */
function relative(path: string, base: string): string {
  return path.startsWith(`${base}/`) ? path.slice(base.length + 1) : path;
}

function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((d) => [`${d.what}${JSON.stringify(d.where)}`, d])).values()];
}
