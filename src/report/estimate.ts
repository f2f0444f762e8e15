/** How long a run will still take, said only when there is ground for it. */
import type { StepId } from '../plan/step.ts';
import type { RunRecord, StepRecord } from './fold.ts';

/** Milliseconds that Steps took in earlier runs. */
export type EarlierDurations = ReadonlyMap<StepId, number>;

/** A short run needs no guess, and its first moments give no ground for one. */
const SILENT_MILLISECONDS = 3_000;
/** Below these, extrapolating progress says more about chance than about the run. */
const LEAST_SHARE = 0.1;
const LEAST_ELAPSED = 5_000;

/** Running Steps that share one process, in the order of their start. The first one carries the progress. */
export interface Batch {
  readonly steps: readonly [StepRecord, ...StepRecord[]];
  readonly startedAt: number;
}

/** Running Steps by the process that works for them. */
export function runningBatches(run: RunRecord): Batch[] {
  const batches = new Map<string, [StepRecord, ...StepRecord[]]>();
  for (const step of run.steps.values()) {
    if (step.state !== 'running') continue;
    const id = step.command === undefined ? step.id : `command ${step.command}`;
    const batch = batches.get(id);
    if (batch) batch.push(step);
    else batches.set(id, [step]);
  }
  return [...batches.values()].map((steps) => ({ steps, startedAt: steps[0].startedAt ?? 0 }));
}

/**
 * Milliseconds until the end at `now`, or undefined when nobody can tell. What the run itself says of the work that is
 * left comes first; else earlier durations of all open Steps
 * give the answer; else the progress of what runs, once it has come far enough and nothing waits behind it.
 */
export function estimateRemaining(
  run: RunRecord,
  now: number,
  earlier: EarlierDurations | undefined,
): number | undefined {
  const batches = runningBatches(run);
  if (batches.length === 0 || now < SILENT_MILLISECONDS) return undefined;
  if (run.left) return Math.max(0, run.left.milliseconds - (now - run.left.at));
  const waiting = [...run.steps.values()].filter((step) => step.state === 'waiting');
  const running = batches.map((batch) => remainingOf(batch, now, earlier));
  if (running.some((rest) => rest === undefined)) return undefined;
  // What waits fills the lanes that run now, one after the other.
  let queued = 0;
  for (const step of waiting) {
    const known = earlier?.get(step.id);
    if (!known) return undefined;
    queued += known;
  }
  const longest = Math.max(...(running as number[]));
  return queued === 0 ? longest : Math.max(longest, (sum(running as number[]) + queued) / batches.length);
}

function remainingOf(batch: Batch, now: number, earlier: EarlierDurations | undefined): number | undefined {
  const elapsed = now - batch.startedAt;
  const progress = batch.steps[0].progress;
  const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
  const known = batch.steps.map((step) => earlier?.get(step.id));
  // A batch ends with its longest Step. Past that time the memory was wrong, and progress has to tell.
  if (known.every((time) => time !== undefined && time > 0)) {
    const rest = Math.max(...(known as number[])) - elapsed;
    if (rest > 0) return rest;
  }
  if (share < LEAST_SHARE || share >= 1 || elapsed < LEAST_ELAPSED) return undefined;
  return (elapsed * (1 - share)) / share;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
