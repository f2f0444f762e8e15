/** What more workers would bring, as a table, and the chain of work that no number of them can shorten. */
import { escapeControls } from '../diagnostic/printer.ts';
import type { Forecast, SimulatedNode } from '../plan/simulate.ts';
import type { Event } from './events.ts';
import { alignColumns } from './text.ts';
import { formatBytes, formatDuration } from './units.ts';

const HEAD = ['workers', 'time', 'speed-up', 'busy', 'at best', 'of the best'];
// A chain of a release has a hundred nodes, most of them short.
const SHOWN = 12;

/** The table for the numbers of workers that were simulated, then where the critical path runs. */
export function renderForecast(forecasts: readonly Forecast[], nodes: readonly SimulatedNode[]): string {
  const [first] = forecasts;
  if (!first || nodes.length === 0) return 'nothing to do';
  // Against one worker, whether or not it is in the table.
  const alone = first.workers === 1 ? first.simulation.makespan : first.simulation.work;
  const rows = forecasts.map(({ workers, limit, simulation: { makespan, busy } }) => [
    String(workers),
    formatDuration(makespan),
    makespan === 0 ? '' : `${(alone / makespan).toFixed(1)} ×`,
    percent(busy),
    formatDuration(limit),
    makespan === 0 ? '' : percent(limit / makespan),
  ]);
  const table = alignColumns([HEAD, ...rows], [0, 1, 2, 3, 4, 5]);
  return [...table, '', ...criticalPath(first, nodes)].join('\n');
}

/** `forecast: at most 1 min 10 s for 593 packages and 1 program; 1.2 GiB of memory, 340 MiB of disk`. */
export function forecastLine(event: Extract<Event, { type: 'forecast' }>): string {
  const { milliseconds, packages, programs, memoryBytes, diskBytes, learned } = event;
  const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;
  const work = `${count(packages, 'package')} and ${count(programs, 'program')}`;
  const guess = learned < 0.5 ? ', guessed from sizes' : '';
  const room = `${formatBytes(memoryBytes)} of memory, ${formatBytes(diskBytes)} of disk`;
  return `forecast: at most ${formatDuration(milliseconds)} for ${work}; ${room}${guess}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** The longest nodes of the path in their order; the rest in one line. */
function criticalPath({ simulation }: Forecast, nodes: readonly SimulatedNode[]): string[] {
  const { criticalPath: path } = simulation;
  const times = new Map(nodes.map(({ id, cpuMilliseconds }) => [id, cpuMilliseconds]));
  const timeOf = (id: string) => times.get(id) ?? 0;
  const longest = new Set([...path.nodes].sort((a, b) => timeOf(b) - timeOf(a)).slice(0, SHOWN));
  const rows = path.nodes
    .filter((id) => longest.has(id))
    .map((id) => ['', formatDuration(timeOf(id)), escapeControls(id)]);
  const others = path.nodes.filter((id) => !longest.has(id));
  const rest = formatDuration(others.reduce((sum, id) => sum + timeOf(id), 0));
  if (others.length > 0) rows.push(['', rest, `${others.length} shorter ones between them`]);
  const title = `critical path: ${formatDuration(path.milliseconds)}, one after the other, whatever the workers`;
  return [title, ...alignColumns(rows, [1])];
}
