/** `kubewright graph`: the packages of targets, what each costs, and who pulls it in. */
import { type Command, Option } from 'commander';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { didYouMean } from '../../diagnostic/nearest.ts';
import { Ledger } from '../../execute/packages/ledger.ts';
import { cacheDirectory, type Host } from '../../host/host.ts';
import { goClosures, type Step } from '../../plan/step.ts';
import { listingOf } from '../../steps/compile/listing.ts';
import type { ListingRequest, ListingRoot } from '../../tree/packages/golist.ts';
import type { GoPackage } from '../../tree/packages/package.ts';
import { type PreparedBuild, prepareBuild } from '../build/prepare.ts';
import { addBuildOptions, readBuildRequest } from '../build/request.ts';
import { openMemory } from '../build/run.ts';
import type { Start } from '../commands.ts';
import { chainsTo, type GraphTarget, graphFacts, importersOf, type PackageFacts } from '../graph/facts.ts';
import { toDot, toStory, toSummary } from '../graph/text.ts';
import type { CommandContext } from '../request.ts';
import { openSession } from '../session.ts';
import { prepareWorkspace } from '../workspace.ts';

/** Targets whose files are chosen alike: one platform, one answer about cgo and tags. */
interface Graph {
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

export function configure(command: Command, start: Start): void {
  addBuildOptions(command)
    .option('--package <path>', 'who imports this package, and the shortest way to it from each target')
    .addOption(new Option('--format <name>', 'what to print').choices(['table', 'dot']).default('table'))
    .action((what: string[], values: Record<string, unknown>) =>
      start(async (context) => {
        const session = await openSession(context);
        const build = await prepareBuild(
          session,
          readBuildRequest(what, values, context.host, session.config),
        );
        const graphs = await readGraphs(build);
        context.print(printed(context, graphs, values));
        return 0;
      }),
    );
}

function printed(context: CommandContext, graphs: readonly Graph[], values: Record<string, unknown>): string {
  if (context.options.json) return JSON.stringify({ graphs: graphs.map(toDocument) });
  const wanted = values['package'];
  if (typeof wanted === 'string') return graphs.map((graph) => storyOf(graph, wanted)).join('\n\n');
  if (values['format'] === 'dot') return graphs.map((graph) => toDot(graph.facts)).join('\n');
  return graphs.map((graph) => toSummary(titleOf(graph), graph.facts, graph.targets.length)).join('\n\n');
}

async function readGraphs(build: PreparedBuild): Promise<readonly Graph[]> {
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
    learned: (name) => ledger.cost(name, platform)?.[0],
  });
  return { platform, cgo: group.request.environment['CGO_ENABLED'] === '1', targets, packages, facts };
}

function titleOf({ platform, cgo, targets }: Graph): string {
  const names = targets.map(({ title }) => title.split(' ')[0]);
  const shown = names.length > 3 ? `${names.length} targets` : names.join(', ');
  return `${shown} for ${platform}${cgo ? ' with cgo' : ''}`;
}

function storyOf(graph: Graph, wanted: string): string {
  const found = graph.facts.find(
    (one) => one.importPath === wanted || one.importPath.endsWith(`/vendor/${wanted}`),
  );
  if (!found) throw new Failure(unknownPackage(graph, wanted));
  const starts = [...new Set(graph.targets.flatMap((target) => target.starts))];
  return toStory(
    found,
    importersOf(graph.packages, found.importPath),
    chainsTo(graph.packages, starts, found.importPath),
  );
}

function unknownPackage(graph: Graph, wanted: string) {
  const names = graph.facts.map((one) => one.importPath);
  return error('graph/unknown-package', {
    what: `${titleOf(graph)} holds no package ${wanted}`,
    why: 'a package is named as Go writes it, its import path whole',
    help: didYouMean(wanted, names) || 'name one of those that kubewright graph --json lists',
  });
}

function toDocument({ platform, cgo, targets, facts }: Graph) {
  return { platform, cgo, targets: targets.map(({ title }) => title), packages: facts };
}
