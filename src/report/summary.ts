/** A run in a few hundred bytes, kept beside its log so that lists and comparisons need not read the log. */
import type { Host } from '../host/host.ts';
import type { OutputFile, StepOutcome } from './events.ts';
import { countOutcomes, durationOf, type Ending, endingOf, isNoOp, type RunRecord } from './fold.ts';

export const SUMMARY_FILE = 'summary.json';
const SCHEMA = 1;

export interface RunSummary {
  readonly schema: typeof SCHEMA;
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly command: readonly string[];
  readonly treeVersion: string;
  readonly toolchain: string;
  readonly ending: Ending;
  readonly noOp: boolean;
  readonly exitCode: number | undefined;
  readonly milliseconds: number;
  readonly counts: Readonly<Record<StepOutcome, number>>;
  /** Of Steps that were built or restored: what is fresh is described by the run that made it. */
  readonly outputs: readonly OutputFile[];
}

export function summarise(run: RunRecord, name: string): RunSummary {
  const made = [...run.steps.values()].filter((step) => step.state === 'built' || step.state === 'restored');
  return {
    schema: SCHEMA,
    run: name,
    time: run.started?.time ?? '',
    command: run.started?.command ?? [],
    treeVersion: run.started?.treeVersion ?? '',
    toolchain: run.started?.toolchain ?? '',
    ending: endingOf(run),
    noOp: isNoOp(run),
    exitCode: run.finished?.exitCode,
    milliseconds: durationOf(run),
    counts: run.finished?.counts ?? countOutcomes(run),
    outputs: made.flatMap((step) => step.outputs),
  };
}

/** The summary of a run, or undefined when it has none that we can read. */
export function readSummary(host: Host, runDirectory: string): RunSummary | undefined {
  try {
    const summary = JSON.parse(host.files.readTextIfAny(`${runDirectory}/${SUMMARY_FILE}`) ?? 'null');
    return summary?.schema === SCHEMA ? summary : undefined;
  } catch {
    return undefined;
  }
}
