/** `kubewright graph`: the packages of targets, what each costs, and who pulls it in. */
import { type Command, Option } from 'commander';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { didYouMean } from '../../diagnostic/nearest.ts';
import { prepareBuild } from '../build/prepare.ts';
import { addBuildOptions, readBuildRequest } from '../build/request.ts';
import type { Start } from '../commands.ts';
import { chainsTo, importersOf } from '../graph/facts.ts';
import { type Graph, readGraphs } from '../graph/read.ts';
import { toDot, toStory, toSummary } from '../graph/text.ts';
import type { CommandContext } from '../request.ts';
import { openSession } from '../session.ts';

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
