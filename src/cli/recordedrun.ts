/** A run as users know it: under the lock of its output directory, told while it goes, and kept as a report. */
import { exitCodeOf } from '../diagnostic/codes.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { Counts } from '../execute/execution.ts';
import { type Lock, takeLock } from '../execute/lock.ts';
import { sweepTemporaryBelow } from '../host/temporary.ts';
import type { Plan } from '../plan/plan.ts';
import type { StepId } from '../plan/step.ts';
import { EventBus } from '../report/bus.ts';
import type { EarlierDurations } from '../report/estimate.ts';
import type { EventBody } from '../report/events.ts';
import { finishRun } from '../report/finish.ts';
import { nothingWasDone } from '../report/fold.ts';
import { isSecretName } from '../report/redact.ts';
import { createSinks } from '../report/report.ts';
import { cancelled } from './main.ts';
import { newRunId } from './runid.ts';
import type { Session } from './session.ts';
import { VERSION } from './version.ts';

export interface RunFacts {
  readonly treeVersion: string;
  /** `go1.15.15`; empty when no Go takes part. */
  readonly toolchain: string;
  /** Longest wait for a run that holds the output directory. */
  readonly waitSeconds: number;
  /** Milliseconds by Step of earlier runs, for the time that is left. */
  readonly durations: EarlierDurations;
  /** Files, and programs that are asked, decide alone whether there is something to do: a "nothing to do" may be remembered. */
  readonly mayBeStill?: boolean;
  /** Which outputs go to stdout; all when it is absent. */
  readonly isResult?: (path: string) => boolean;
}

/** What the work of a run is handed. */
export interface Recording {
  readonly lock: Lock;
  readonly emit: (event: EventBody) => void;
  /** Directory of this run for files that are not whole yet. */
  readonly stage: string;
}

/** Does the work and returns the exit code. Paths of finished outputs go to stdout, one a line, unless --json is on. */
export async function recordRun(
  session: Session,
  facts: RunFacts,
  work: (recording: Recording) => Promise<Counts>,
): Promise<number> {
  const { context, own } = session;
  const { host, options, signal } = context;
  const started = host.clock.monotonic();
  const command = ['kubewright', ...process.argv.slice(2)];
  const onWait = (holder: string) => void host.stderr.write(`waiting for ${holder}\n`);
  const lock = await takeLock(host, own, command.join(' '), facts.waitSeconds * 1000, signal, onWait);
  if (lock.isTakenOver) sweepTemporaryBelow(session.layout.out);
  const run = newRunId(host.clock.now());
  const runDirectory = `${own}/runs/${run}`;
  const sinks = createSinks(host, { ...options, runDirectory, earlierDurations: facts.durations });
  const bus = new EventBus(host.clock, sinks);
  const errors: Diagnostic[] = [];
  /** By Step, in the order of the plan: who ends first is chance. */
  const outputs = new Map<StepId, readonly string[]>();
  let outputCount = 0;
  const emit = (event: EventBody) => {
    if (event.type === 'diagnostic') context.still?.noted(event.diagnostic);
    if (event.type === 'diagnostic' && event.diagnostic.severity === 'error') errors.push(event.diagnostic);
    if (event.type === 'step-started') context.still?.giveUp();
    if (event.type === 'step-finished') outputCount += event.outputs.length;
    if (event.type === 'plan-made') for (const { id } of event.steps) outputs.set(id, []);
    // What is kept for the next run is no result of this one.
    if (event.type === 'step-finished')
      outputs.set(
        event.step,
        event.outputs.map(({ path }) => path).filter((path) => !path.startsWith(`${own}/`)),
      );
    bus.emit(event);
  };
  let isStill = false;
  try {
    emit(runStarted(session, facts, run, command));
    const counts = await work({ lock, emit, stage: `${own}/stage` });
    const exitCode = exitCodeAfter(counts, errors, signal);
    if (signal.aborted) emit({ type: 'diagnostic', diagnostic: cancelled() });
    emit({ type: 'run-finished', exitCode, milliseconds: host.clock.monotonic() - started, counts });
    isStill = exitCode === 0 && nothingWasDone(counts);
    return exitCode;
  } finally {
    await bus.close();
    lock.release();
    await finishRun(host, runDirectory);
    const results = [...outputs.values()].flat().filter((path) => facts.isResult?.(path) ?? true);
    if (!options.json) for (const path of results) context.print(path);
    const outputsTold = outputCount || outputs.size;
    if (isStill && facts.mayBeStill) context.still?.ended(own, outputsTold, results);
    else context.still?.giveUp();
  }
}

/** The Event that tells a plan. */
export function planMade(plan: Plan): EventBody {
  const steps = plan.steps.map(({ id, kind, title, platform, needs }) => ({
    ...{ id, kind, title, needs },
    ...(platform ? { platform } : {}),
  }));
  return { type: 'plan-made', steps };
}

function exitCodeAfter(counts: Counts, errors: readonly Diagnostic[], signal: AbortSignal): number {
  if (signal.aborted) return exitCodeOf(['run/cancelled']);
  if (errors.length > 0) return exitCodeOf(errors.map((diagnostic) => diagnostic.code));
  return counts.failed + counts.cancelled > 0 ? 1 : 0;
}

function runStarted(
  { context, tree }: Session,
  { treeVersion, toolchain }: RunFacts,
  run: string,
  command: readonly string[],
): EventBody {
  const { platform, cpus, memoryBytes } = context.host;
  return {
    ...{ type: 'run-started', run, command, tree: tree.root, label: tree.label },
    ...{ treeVersion, toolchain, kubewright: VERSION },
    environment: buildSettings(context.host.environment),
    host: { platform, cpus, memoryBytes },
  };
}

const SETTINGS =
  /^(KUBE_[A-Z0-9_]+|GO(LD|GC)?FLAGS|GO_VERSION|CGO_[A-Z]+|CC|CXX|DBG|OSTYPE|SOURCE_DATE_EPOCH)$/;

/** Whether a variable of the environment decides how a build comes out. */
export function isBuildSetting(name: string): boolean {
  return SETTINGS.test(name) && !isSecretName(name);
}

/** What of the environment decides how a build comes out, for doing it again. */
function buildSettings(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const pairs = Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && isBuildSetting(name) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}
