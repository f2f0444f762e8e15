/** The working time of a run as bars: a bar is a process with its Steps, a Step alone, or a row of short ones. */
import { durationOf, type RunRecord, type StepRecord } from './fold.ts';
import type { Span } from './lanes.ts';
import { formatCount } from './units.ts';

export interface Bar extends Span {
  readonly label: string;
  /** The outcome of most of its Steps. */
  readonly outcome: StepRecord['state'];
  readonly failed: number;
  readonly steps: readonly StepRecord[];
}

/** Short Steps closer to each other than this share of the run become one bar. */
const CLUSTER_SHARE = 0.01;

/** Bars in the order of their start. Steps that never started have none. */
export function barsOf(run: RunRecord): Bar[] {
  const duration = durationOf(run);
  const groups = new Map<string, StepRecord[]>();
  for (const step of run.steps.values()) {
    if (step.startedAt === undefined) continue;
    const id = step.command === undefined ? `step ${step.id}` : `command ${step.command}`;
    const group = groups.get(id);
    if (group) group.push(step);
    else groups.set(id, [step]);
  }
  const bars = [...groups.values()].map((steps) => toBar(steps, duration));
  return cluster(
    bars.sort((a, b) => a.startedAt - b.startedAt || a.finishedAt - b.finishedAt),
    duration,
  );
}

/**
 * The bars whose time the run's time is made of: from the last end back, each time the bar that ended last
 * before this one could start, be it because this one needed it or because it held the machine.
 */
export function criticalPath(bars: readonly Bar[], duration: number): Bar[] {
  const slack = Math.max(50, duration * 0.005);
  const path: Bar[] = [];
  let next = latestEnd(bars.filter((bar) => bar.outcome !== 'cancelled'));
  while (next) {
    path.unshift(next);
    const current: Bar = next;
    next = latestEnd(
      bars.filter((bar) => bar.finishedAt <= current.startedAt + slack && bar.startedAt < current.startedAt),
    );
  }
  return path;
}

function latestEnd(bars: readonly Bar[]): Bar | undefined {
  return bars.reduce<Bar | undefined>(
    (latest, bar) => (latest === undefined || bar.finishedAt > latest.finishedAt ? bar : latest),
    undefined,
  );
}

function toBar(steps: readonly StepRecord[], duration: number): Bar {
  const [first, ...others] = steps as [StepRecord, ...StepRecord[]];
  return {
    label: others.length === 0 ? first.title : `${first.title} and ${others.length} more`,
    ...outcomeOf(steps),
    steps,
    startedAt: Math.min(...steps.map((step) => step.startedAt ?? 0)),
    finishedAt: Math.max(...steps.map((step) => step.finishedAt ?? duration)),
  };
}

function cluster(bars: readonly Bar[], duration: number): Bar[] {
  const shortest = duration * CLUSTER_SHARE;
  const clustered: Bar[] = [];
  for (const bar of bars) {
    const last = clustered.at(-1);
    const isShort = bar.finishedAt - bar.startedAt < shortest && bar.outcome === 'restored';
    if (isShort && last?.outcome === 'restored' && bar.startedAt - last.finishedAt < shortest) {
      clustered[clustered.length - 1] = joined(last, bar);
    } else clustered.push(bar);
  }
  return clustered;
}

function joined(a: Bar, b: Bar): Bar {
  const steps = [...a.steps, ...b.steps];
  return {
    label: `${formatCount(steps.length, 'step')} restored`,
    ...outcomeOf(steps),
    steps,
    startedAt: a.startedAt,
    finishedAt: Math.max(a.finishedAt, b.finishedAt),
  };
}

function outcomeOf(steps: readonly StepRecord[]): Pick<Bar, 'outcome' | 'failed'> {
  const counts = new Map<StepRecord['state'], number>();
  for (const { state } of steps) counts.set(state, (counts.get(state) ?? 0) + 1);
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return { outcome: most?.[0] ?? 'waiting', failed: counts.get('failed') ?? 0 };
}
