/** The closures of compile Steps: from memory when they still hold, else from go, one process per kind of build. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { Step } from '../plan/step.ts';
import { listingOf } from '../steps/compile/listing.ts';
import type { ListingRequest, ListingRoot } from '../tree/packages/golist.ts';
import type { Closure, PackageEntry, PackageGraph } from '../tree/packages/graph.ts';

export interface ClosureReading {
  readonly closures: ReadonlyMap<Step, Closure>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Closures that are known and still hold; the others are absent. Starts no process. */
export function rememberedClosures(
  steps: readonly Step[],
  graph: PackageGraph,
  goVersion: string,
): Map<Step, Closure> {
  const closures = new Map<Step, Closure>();
  for (const step of steps) {
    const { request, roots } = listingOf(step, goVersion);
    const closure = graph.closure(request.key, roots);
    if (closure) closures.set(step, closure);
  }
  return closures;
}

/** Closures of all Steps, asking go for those that are not among the `remembered`. */
export async function readClosures(
  steps: readonly Step[],
  remembered: ReadonlyMap<Step, Closure>,
  graph: PackageGraph,
  goVersion: string,
  signal: AbortSignal,
): Promise<ClosureReading> {
  const closures = new Map(remembered);
  const wanted = new Map<string, { request: ListingRequest; roots: ListingRoot[]; steps: Step[] }>();
  for (const step of steps) {
    if (closures.has(step)) continue;
    const { request, roots } = listingOf(step, goVersion);
    const group = wanted.get(request.key) ?? { request, roots: [], steps: [] };
    group.roots.push(...roots);
    group.steps.push(step);
    wanted.set(request.key, group);
  }
  const answers = await Promise.all(
    [...wanted.values()].map(({ request, roots }) => graph.list(request, roots, signal)),
  );
  for (const [step, closure] of rememberedClosures(
    [...wanted.values()].flatMap((g) => g.steps),
    graph,
    goVersion,
  )) {
    closures.set(step, closure);
  }
  return { closures, diagnostics: distinct(answers.flat()) };
}

/** `name digest` of each file of a package of a closure, by the package's name. Most closures are never asked. */
export function filesOfPackages(
  graph: PackageGraph,
  closure: Closure,
): (name: string) => readonly string[] | undefined {
  let entries: Map<string, PackageEntry> | undefined;
  return (name) => {
    entries ??= new Map(closure.entries.map((entry) => [entry.name, entry]));
    const entry = entries.get(name);
    return entry && graph.fileDigests(entry);
  };
}

/** Two platforms with the same trouble tell it once. */
function distinct(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...new Map(diagnostics.map((d) => [JSON.stringify([d.what, d.where]), d])).values()];
}
