/** Times pairs of commands, ours against upstream's, in one run, and prints ratios against their limits. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

/** What one run of a command cost: seconds, seconds of all its processes, and the most bytes that they held together. */
export interface Cost {
  readonly wall: number;
  readonly cpu: number;
  readonly peak: number;
}

export interface Side {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Puts the tree into the state that the command is to find; not timed. */
  readonly before?: () => void;
  /** CPU seconds so far of a daemon that works for this side; what it uses meanwhile is counted. */
  readonly daemonCpu?: () => number;
  /** Joins `env`, anew for every run. */
  readonly envOfRun?: () => Readonly<Record<string, string>>;
}

export interface Case {
  readonly name: string;
  readonly ours: Side;
  readonly upstream: Side;
  readonly rounds: { readonly ours: number; readonly upstream: number };
  /** Largest allowed ours ÷ upstream, of the medians of wall times, or of CPU times. */
  readonly limit?: number;
  readonly by?: 'wall' | 'cpu';
  /** Largest allowed wall time of ours in seconds, and peak in bytes. */
  readonly most?: { readonly wall?: number; readonly peak?: number };
  /** Largest allowed ratio of the peaks. */
  readonly peakLimit?: number;
}

export interface Row {
  readonly name: string;
  readonly ours: Cost;
  readonly upstream: Cost;
  readonly ratio: number;
  readonly limit: string;
  readonly holds: boolean;
}

/** Runs every case, sides in turn, prints the table and keeps it. */
export async function runCases(cases: readonly Case[], resultsDirectory: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const one of cases) {
    const costs = { ours: [] as Cost[], upstream: [] as Cost[] };
    const rounds = Math.max(one.rounds.ours, one.rounds.upstream);
    for (let round = 0; round < rounds; round++) {
      for (const side of ['ours', 'upstream'] as const) {
        if (round < one.rounds[side]) costs[side].push(await measure(one[side]));
      }
    }
    rows.push(toRow(one, median(costs.ours), median(costs.upstream)));
    console.error(line(rows.at(-1) as Row));
  }
  console.log(
    [
      'case | ours wall s (cpu s, peak MiB) | upstream wall s (cpu s, peak MiB) | ratio | limit | holds',
      ...rows.map(line),
    ].join('\n'),
  );
  mkdirSync(resultsDirectory, { recursive: true });
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
  const file = join(resultsDirectory, `${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.json`);
  writeFileSync(file, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
  return rows;
}

async function measure(side: Side): Promise<Cost> {
  side.before?.();
  const daemonBefore = side.daemonCpu?.() ?? 0;
  const child = spawn('/usr/bin/time', ['-f', '%e %U %S', ...side.argv], {
    ...{ cwd: side.cwd, env: { ...side.env, ...side.envOfRun?.() }, stdio: ['ignore', 'ignore', 'pipe'] },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4000);
  });
  let peak = 0;
  const sampler = setInterval(() => {
    peak = Math.max(peak, residentBytes(child.pid));
  }, SAMPLE_MILLISECONDS);
  const [status] = await once(child, 'close').catch((problem: Error) => {
    throw new Error(`/usr/bin/time is needed (Debian: apt-get install time): ${problem.message}`);
  });
  clearInterval(sampler);
  if (status !== 0) throw new Error(`${side.argv.join(' ')} failed:\n${stderr}`);
  const [wall = 0, user = 0, system = 0] = (stderr.trimEnd().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { wall, cpu: user + system + (side.daemonCpu?.() ?? 0) - daemonBefore, peak };
}

const SAMPLE_MILLISECONDS = 50;
const PAGE_BYTES = 4096;

/** Memory of a process and of all that descend from it (proc(5): fields 4 and 24 of stat). */
function residentBytes(ancestor: number | undefined): number {
  const processes = new Map<number, { parent: number; pages: number }>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      processes.set(Number(name), { parent: Number(fields[1]), pages: Number(fields[21]) });
    } catch {
      // It ended meanwhile.
    }
  }
  const isOurs = (pid: number): boolean =>
    pid === ancestor || (pid > 1 && isOurs(processes.get(pid)?.parent ?? 0));
  let pages = 0;
  for (const [pid, found] of processes) if (isOurs(pid)) pages += found.pages;
  return pages * PAGE_BYTES;
}

function toRow(one: Case, ours: Cost, upstream: Cost): Row {
  const by = one.by ?? 'wall';
  const ratio = ours[by] / upstream[by];
  const { wall, peak } = one.most ?? {};
  const limits = [
    one.limit === undefined ? undefined : `${by === 'cpu' ? 'CPU ' : ''}≤ ${one.limit.toPrecision(2)}`,
    wall === undefined ? undefined : `< ${wall} s`,
    peak === undefined ? undefined : `< ${peak / 1024 ** 2} MiB`,
    one.peakLimit === undefined ? undefined : `peak ≤ ${one.peakLimit.toPrecision(2)}`,
  ];
  const holds = [
    ratio <= (one.limit ?? Number.POSITIVE_INFINITY),
    ours.wall < (wall ?? Number.POSITIVE_INFINITY),
    ours.peak < (peak ?? Number.POSITIVE_INFINITY),
    ours.peak / upstream.peak <= (one.peakLimit ?? Number.POSITIVE_INFINITY),
  ];
  return {
    name: one.name,
    ours,
    upstream,
    ratio,
    limit: limits.filter(Boolean).join(', '),
    holds: holds.every(Boolean),
  };
}

function line(row: Row): string {
  const cost = ({ wall, cpu, peak }: Cost) =>
    `${wall.toFixed(2)} (${cpu.toFixed(1)}, ${(peak / 1024 ** 2).toFixed(0)})`;
  return `${row.name} | ${cost(row.ours)} | ${cost(row.upstream)} | 1/${(1 / row.ratio).toFixed(1)} | ${row.limit} | ${row.holds ? 'yes' : 'NO'}`;
}

function median(costs: readonly Cost[]): Cost {
  const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
  return {
    wall: middle(costs.map((c) => c.wall)),
    cpu: middle(costs.map((c) => c.cpu)),
    peak: middle(costs.map((c) => c.peak)),
  };
}
