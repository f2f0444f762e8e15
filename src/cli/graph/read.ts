/** The graphs of packages behind a request: one for each platform and way of choosing files. */
import { Failure } from '../../diagnostic/diagnostic.ts';
import { Ledger } from '../../execute/packages/ledger.ts';
import { cacheDirectory, type Host } from '../../host/host.ts';
import { goClosures, type Step } from '../../plan/step.ts';
import { listingOf } from '../../steps/compile/listing.ts';
import type { ListingRequest, ListingRoot } from '../../tree/packages/golist.ts';
import type { GoPackage } from '../../tree/packages/package.ts';
import type { PreparedBuild } from '../build/prepare.ts';
import { openMemory } from '../build/run.ts';
import { prepareWorkspace } from '../workspace.ts';
import { type GraphTarget, graphFacts, type PackageFacts } from './facts.ts';

/** Targets whose files are chosen alike: one platform, one answer about cgo and tags. */
export interface Graph {
  readonly platform: string;
  readonly cgo: boolean;
  readonly targets: readonly GraphTarget[];
  readonly packages: readonly GoPackage[];
  readonly facts: readonly PackageFacts[];
}

interface GroupedSteps {
  readonly request: ListingRequest;
  readonly roots: ListingRoot[];
  readonly steps: Step[];
}

/** Reads them; go is not run where our own resolver knows the answer. */
export async function readGraphs(build: PreparedBuild): Promise<readonly Graph[]> {
  const { context, tree, layout } = build.session;
  prepareWorkspace(context.host, tree, layout);
  const memory = openMemory(build);
  const ledger = new Ledger(context.host, `${cacheDirectory(context.host)}/ledger.json`);
  const graphs: Graph[] = [];
  for (const group of groupedSteps(build)) {
    const result = await memory.graph.packagesOf(group.request, group.roots, context.signal);
    if (!result.ok) throw new Failure(...result.diagnostics);
    for (const diagnostic of result.diagnostics) context.report(diagnostic);
    graphs.push(toGraph(context.host, ledger, group, result.value));
  }
  return graphs;
}

function groupedSteps(build: PreparedBuild): readonly GroupedSteps[] {
  const groups = new Map<string, GroupedSteps>();
  for (const step of build.steps) {
    const { request, roots } = listingOf(step, build.toolchain.version);
    const group = groups.get(request.key) ?? { request, roots: [], steps: [] };
    group.roots.push(...roots);
    group.steps.push(step);
    groups.set(request.key, group);
  }
  return [...groups.values()];
}

function toGraph(host: Host, ledger: Ledger, group: GroupedSteps, listed: readonly GoPackage[]): Graph {
  const platform = group.steps[0]?.platform ?? '';
  // Programs and libraries; what Go makes for tests has names of its own.
  const packages = listed.filter((found) => !found.ForTest && !found.Error);
  const byName = new Map(packages.map((found) => [found.ImportPath, found]));
  const targets = group.steps.map((step) => ({
    title: step.title,
    starts: goClosures(step).flatMap((input) =>
      [input.goPackage, input.goPackage.replace(/\/(?:\.\/)+/g, '/')]
        .filter((name) => byName.has(name))
        .slice(0, 1),
    ),
  }));
  const facts = graphFacts(packages, targets, {
    bytes: (found) =>
      [...(found.GoFiles ?? []), ...(found.CgoFiles ?? [])].reduce(
        (sum, name) => sum + (host.files.stat(`${found.Dir}/${name}`)?.size ?? 0),
        0,
      ),
    learned: (name) => ledger.learned(name, platform)?.milliseconds,
  });
  return { platform, cgo: group.request.environment['CGO_ENABLED'] === '1', targets, packages, facts };
}
