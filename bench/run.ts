/**
 * Pairs of commands, ours and upstream's, on the same tree, machine and Go: run alternately, so that a busy
 * minute hits both, and compared by their medians.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchCommand, type Measurement, measure, median } from './measure.ts';

/** One of the two sides of a case. */
export interface Side {
  readonly command: BenchCommand;
  /** Brings the side into the state that is measured from; not timed. Gets the number of the round, from 0. */
  prepare?(round: number): Promise<void> | void;
}

export interface BenchCase {
  readonly name: string;
  readonly ours: Side;
  /** Absent where upstream has nothing to compare with. */
  readonly upstream?: Side;
  /** Largest wall time of ours, as a part of upstream's. */
  readonly ratioLimit?: number;
  /** Largest wall time of ours. */
  readonly secondsLimit?: number;
  /** Largest peak memory of ours. */
  readonly mebibytesLimit?: number;
  readonly rounds: number;
}

export interface BenchResult {
  readonly name: string;
  readonly ours: readonly Measurement[];
  readonly upstream: readonly Measurement[];
  readonly ratio?: number;
  readonly cpuRatio?: number;
  readonly limits: readonly string[];
  readonly isWithinLimits: boolean;
}

/** Runs cases one after the other, each side in turn. */
export async function runCases(
  cases: readonly BenchCase[],
  tell: (line: string) => void,
): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const one of cases) {
    const ours: Measurement[] = [];
    const upstream: Measurement[] = [];
    for (let round = 0; round < one.rounds; round++) {
      // Who begins changes from round to round.
      const order = round % 2 === 0 ? (['ours', 'upstream'] as const) : (['upstream', 'ours'] as const);
      for (const name of order) {
        const side = one[name];
        if (!side) continue;
        await side.prepare?.(round);
        const measurement = await measure(side.command);
        (name === 'ours' ? ours : upstream).push(measurement);
        tell(
          `${one.name}, ${name}, round ${round + 1}: ${seconds(measurement.wallSeconds)} wall, ${seconds(measurement.cpuSeconds)} CPU`,
        );
      }
    }
    results.push(judge(one, ours, upstream));
  }
  return results;
}

/** Compares medians with the limits of a case. */
export function judge(
  one: BenchCase,
  ours: readonly Measurement[],
  upstream: readonly Measurement[],
): BenchResult {
  const ratioOf = (part: (m: Measurement) => number) => median(ours.map(part)) / median(upstream.map(part));
  const ratio = upstream.length > 0 ? ratioOf((m) => m.wallSeconds) : undefined;
  const cpuRatio = upstream.length > 0 ? ratioOf((m) => m.cpuSeconds) : undefined;
  const peaks = ours.flatMap(({ peakMebibytes }) => (peakMebibytes === undefined ? [] : [peakMebibytes]));
  const checks: [string, number | undefined, number | undefined][] = [
    ['ratio', ratio, one.ratioLimit],
    ['seconds', median(ours.map((m) => m.wallSeconds)), one.secondsLimit],
    ['MiB', peaks.length > 0 ? Math.max(...peaks) : undefined, one.mebibytesLimit],
  ];
  const limited = checks.filter(
    (check): check is [string, number, number] => check[2] !== undefined && check[1] !== undefined,
  );
  return {
    name: one.name,
    ours,
    upstream,
    ...(ratio === undefined ? {} : { ratio }),
    ...(cpuRatio === undefined ? {} : { cpuRatio }),
    limits: limited.map(([what, , limit]) => `${what} ≤ ${Number(limit.toPrecision(3))}`),
    isWithinLimits: limited.every(([, value, limit]) => value <= limit),
  };
}

/** The results as a Markdown table. */
export function table(results: readonly BenchResult[]): string {
  const rows = results.map((result) => {
    const wall = (side: readonly Measurement[]) =>
      side.length > 0 ? seconds(median(side.map((m) => m.wallSeconds))) : '';
    const cpu = (side: readonly Measurement[]) =>
      side.length > 0 ? seconds(median(side.map((m) => m.cpuSeconds))) : '';
    const peak = (side: readonly Measurement[]) => {
      const known = side.flatMap(({ peakMebibytes }) => (peakMebibytes === undefined ? [] : [peakMebibytes]));
      return known.length > 0 ? `${Math.max(...known).toFixed(0)} MiB` : '';
    };
    return [
      ...[result.name, wall(result.ours), wall(result.upstream), shown(result.ratio)],
      ...[cpu(result.ours), cpu(result.upstream), peak(result.ours), peak(result.upstream)],
      ...[result.limits.join(', '), result.isWithinLimits ? 'yes' : 'NO'],
    ];
  });
  const head = [
    ...['case', 'ours', 'upstream', 'ratio', 'CPU ours', 'CPU upstream', 'peak ours', 'peak upstream'],
    ...['limit', 'within'],
  ];
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function shown(ratio: number | undefined): string {
  if (ratio === undefined) return '';
  return ratio < 0.1 ? `1/${(1 / ratio).toFixed(0)}` : ratio.toFixed(2);
}

function seconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(1)} s`;
}

/** Writes bench/results/DATE-NAME.json with the machine and every measurement; returns its path. */
export function saveResults(
  name: string,
  facts: Readonly<Record<string, string>>,
  results: readonly BenchResult[],
): string {
  const directory = fileURLToPath(new URL('results', import.meta.url));
  const time = new Date().toISOString();
  const path = join(directory, `${time.slice(0, 10)}-${name}.json`);
  const machine = {
    processor: cpus()[0]?.model ?? '',
    cores: cpus().length,
    memoryMebibytes: Math.round(totalmem() / 1024 ** 2),
    kernel: release(),
    node: process.version,
  };
  mkdirSync(directory, { recursive: true });
  writeFileSync(path, `${JSON.stringify({ name, time, machine, facts, results }, undefined, 2)}\n`);
  return path;
}
