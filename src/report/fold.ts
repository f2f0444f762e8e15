/** Folds Events into the record of a run, which every view of it is drawn from: live, afterwards, or on a page. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { StepId } from '../plan/step.ts';
import type { Platform } from '../target/platform.ts';
import type { Event, EventBody, OutputFile, StepOutcome } from './events.ts';

type Body<T extends EventBody['type']> = Extract<EventBody, { type: T }>;

/** A Step as far as it has come. Times are `at` of the Events: milliseconds since the run began. */
export interface StepRecord {
  readonly id: StepId;
  readonly kind: string;
  readonly title: string;
  readonly platform?: Platform;
  readonly needs: readonly StepId[];
  state: 'waiting' | 'running' | StepOutcome;
  because: string;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  milliseconds: number;
  outputs: readonly OutputFile[];
  inputs: readonly { readonly path: string; readonly digest: string }[];
  key: string | undefined;
  /** Id of the last process that worked for it. */
  command: number | undefined;
  /** Packages compiled, of all that the Step or its batch holds. */
  progress: { readonly done: number; readonly total: number; readonly detail: string } | undefined;
  /** The last lines that its commands printed. */
  readonly lines: string[];
}

export interface CommandRecord extends Omit<Body<'command-started'>, 'type'> {
  readonly startedAt: number;
  finishedAt: number | undefined;
  exitCode: number | undefined;
}

/** How a run ended; `interrupted` when its log has no end. */
export type Ending = 'succeeded' | 'failed' | 'cancelled' | 'interrupted';

export interface RunRecord {
  /** Absent until run-started was seen. */
  started: (Omit<Body<'run-started'>, 'type'> & { readonly time: string }) | undefined;
  readonly steps: Map<StepId, StepRecord>;
  readonly commands: CommandRecord[];
  /** Go packages that were compiled or found in the store, for any Step. */
  readonly packages: Omit<Body<'package-finished'>, 'type' | 'milliseconds'>[];
  readonly diagnostics: Diagnostic[];
  /** What the run releases. */
  release: Omit<Body<'release-described'>, 'type'> | undefined;
  /** When packages were done: points of the throughput curve. */
  /** What the run said last of the work that is left. */
  left: { readonly at: number; readonly milliseconds: number } | undefined;
  readonly progressPoints: {
    readonly at: number;
    readonly command: number | undefined;
    readonly done: number;
  }[];
  finished: Omit<Body<'run-finished'>, 'type'> | undefined;
  /** `at` of the last Event. */
  lastAt: number;
}

const KEPT_LINES = 200;

export function newRunRecord(): RunRecord {
  return {
    started: undefined,
    steps: new Map(),
    commands: [],
    packages: [],
    diagnostics: [],
    release: undefined,
    left: undefined,
    progressPoints: [],
    finished: undefined,
    lastAt: 0,
  };
}

/** The record of a whole run. */
export function foldRun(events: Iterable<Event>): RunRecord {
  const run = newRunRecord();
  for (const event of events) foldEvent(run, event);
  return run;
}

/** Takes one more Event into the record. An Event type of a later version changes nothing. */
export function foldEvent(run: RunRecord, event: Event): void {
  run.lastAt = event.at;
  switch (event.type) {
    case 'run-started':
      run.started = event;
      return;
    case 'plan-made':
      for (const step of event.steps) run.steps.set(step.id, newStep(step));
      return;
    case 'diagnostic':
      run.diagnostics.push(event.diagnostic);
      return;
    case 'step-started': {
      const step = stepOf(run, event.step);
      Object.assign(step, { state: 'running', because: event.because, startedAt: event.at });
      return;
    }
    case 'step-progress': {
      const step = stepOf(run, event.step);
      step.progress = { done: event.done, total: event.total, detail: event.detail };
      if (event.leftMilliseconds !== undefined)
        run.left = { at: event.at, milliseconds: event.leftMilliseconds };
      run.progressPoints.push({ at: event.at, command: step.command, done: event.done });
      return;
    }
    case 'package-finished': {
      const { package: name, platform, outcome, key } = event;
      run.packages.push({ package: name, platform, outcome, key });
      return;
    }
    case 'release-described':
      run.release = { version: event.version, artifacts: event.artifacts };
      return;
    case 'forecast':
    case 'program-linked':
      return;
    case 'step-output': {
      const { lines } = stepOf(run, event.step);
      lines.push(event.line);
      if (lines.length > KEPT_LINES) lines.shift();
      return;
    }
    case 'step-finished':
      finishStep(stepOf(run, event.step), event, event.at);
      return;
    case 'command-started':
      run.commands.push({ ...event, startedAt: event.at, finishedAt: undefined, exitCode: undefined });
      for (const id of event.steps) stepOf(run, id).command = event.id;
      return;
    case 'command-finished': {
      const command = run.commands.findLast(({ id }) => id === event.id);
      if (command) Object.assign(command, { finishedAt: event.at, exitCode: event.exitCode });
      return;
    }
    case 'run-finished':
      run.finished = event;
      return;
  }
}

function newStep(
  step: Pick<StepRecord, 'id' | 'kind' | 'title' | 'needs'> & { platform?: Platform },
): StepRecord {
  return {
    ...step,
    ...{ state: 'waiting', because: '', startedAt: undefined, finishedAt: undefined, milliseconds: 0 },
    ...{ outputs: [], inputs: [], key: undefined, command: undefined, progress: undefined, lines: [] },
  };
}

/** A Step that no plan announced still happened. */
function stepOf(run: RunRecord, id: StepId): StepRecord {
  const known = run.steps.get(id);
  if (known) return known;
  const step = newStep({ id, kind: id.split(':')[0] ?? id, title: id, needs: [] });
  run.steps.set(id, step);
  return step;
}

function finishStep(step: StepRecord, event: Body<'step-finished'>, at: number): void {
  const { outcome, milliseconds, outputs, key, inputs = [] } = event;
  Object.assign(step, { state: outcome, milliseconds, outputs, inputs, key, finishedAt: at });
}

export function endingOf(run: RunRecord): Ending {
  if (!run.finished) return 'interrupted';
  const { exitCode } = run.finished;
  return exitCode === 0 ? 'succeeded' : exitCode === 130 ? 'cancelled' : 'failed';
}

/** Whether the run ended well and found every Step fresh. */
export function isNoOp(run: RunRecord): boolean {
  if (run.finished?.exitCode !== 0) return false;
  return nothingWasDone(run.finished.counts);
}

/** Whether there were Steps, and all of them were fresh. */
export function nothingWasDone({ fresh, ...others }: Readonly<Record<StepOutcome, number>>): boolean {
  return fresh > 0 && Object.values(others).every((count) => count === 0);
}

/** How many Steps ended in each way. */
export function countOutcomes(run: RunRecord): Record<StepOutcome, number> {
  const counts = { fresh: 0, restored: 0, built: 0, failed: 0, cancelled: 0 };
  for (const { state } of run.steps.values()) if (state !== 'waiting' && state !== 'running') counts[state]++;
  return counts;
}

/** Duration of the run, or of what is known of it. */
export function durationOf(run: RunRecord): number {
  return run.finished?.milliseconds ?? run.lastAt;
}
