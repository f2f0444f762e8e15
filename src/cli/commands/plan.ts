/** `kubewright plan`: how long a build from nothing would take, here or on more machines. Builds nothing. */
import { type Command, InvalidArgumentError } from 'commander';
import { Ledger } from '../../execute/packages/ledger.ts';
import { cacheDirectory } from '../../host/host.ts';
import { forecast, workerCounts } from '../../plan/simulate.ts';
import { renderForecast } from '../../report/forecast.ts';
import { formatBytes } from '../../report/units.ts';
import { prepareBuild } from '../build/prepare.ts';
import { addBuildOptions, readBuildRequest } from '../build/request.ts';
import { parseBytes } from '../bytes.ts';
import type { Start } from '../commands.ts';
import { readGraphs } from '../graph/read.ts';
import { type Work, workOf } from '../plan/work.ts';
import type { CommandContext } from '../request.ts';
import { openSession } from '../session.ts';

interface Workers {
  readonly workers?: number;
  readonly cores?: number;
  readonly memoryPerWorker?: number;
  readonly overhead?: number;
}

export function configure(command: Command, start: Start): void {
  addBuildOptions(command)
    .option('--workers <n>', 'simulate 1, 2, 4 … up to so many workers (default: this machine alone)', count)
    .option('--cores <n>', 'cores of each worker (default: 1; of this machine: its own)', count)
    .option('--memory-per-worker <size>', 'memory of each worker, 8G', size)
    .option(
      '--overhead <ms>',
      'what each piece of work costs a worker beside its own time (default: 50)',
      count,
    )
    .action((what: string[], values: Record<string, unknown>) =>
      start(async (context) => {
        const session = await openSession(context);
        const request = readBuildRequest(what, values, context.host, session.config);
        const graphs = await readGraphs(await prepareBuild(session, request));
        const { host } = context;
        const work = workOf(graphs, new Ledger(host, `${cacheDirectory(host)}/ledger.json`));
        print(context, work, values as Workers, request.memoryBytes ?? host.memoryBytes);
        return 0;
      }),
    );
}

function print(context: CommandContext, work: Work, asked: Workers, memoryHere: number): void {
  const here = asked.workers === undefined;
  const worker = {
    coresPerWorker: asked.cores ?? (here ? context.host.cpus : 1),
    ...memory(asked.memoryPerWorker ?? (here ? memoryHere : undefined)),
    overheadMilliseconds: asked.overhead ?? (here ? 0 : REMOTE_OVERHEAD),
  };
  const forecasts = forecast(work.nodes, worker, here ? [1] : workerCounts(asked.workers));
  if (context.options.json) {
    context.print(JSON.stringify({ ...worker, ...summary(work), forecasts }));
    return;
  }
  const { nodes, learned, outputBytes } = work;
  const cores = `${worker.coresPerWorker} core${worker.coresPerWorker === 1 ? '' : 's'}`;
  const place = here
    ? `this machine, ${cores}`
    : `workers of ${cores}, ${worker.overheadMilliseconds} ms a piece`;
  context.print(
    [
      `from nothing: ${nodes.length} packages and programs on ${place}`,
      `${learned} of them timed here before, the rest guessed from sizes; about ${formatBytes(outputBytes)} to keep`,
      '',
      renderForecast(forecasts, nodes),
    ].join('\n'),
  );
}

// What an engine on the same network takes for a small piece of work.
const REMOTE_OVERHEAD = 50;

function memory(bytes: number | undefined) {
  return bytes === undefined ? {} : { memoryPerWorker: bytes };
}

function summary({ nodes, learned, outputBytes }: Work) {
  return { nodes: nodes.length, learned, outputBytes };
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100_000)
    throw new InvalidArgumentError('It must be a whole number from 1 to 100000.');
  return value;
}

function size(text: string): number {
  const bytes = parseBytes(text);
  if (!bytes) throw new InvalidArgumentError('It must be an amount of memory, as 8G or 1.5GiB.');
  return bytes;
}
