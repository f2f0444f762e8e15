/** Stale outputs that one generator run makes together, and which runs start first. */
import { actionOf } from '../../steps/generate/package/command.ts';
import type { PlannedOutput } from '../../steps/generate/package/output.ts';

interface Planned {
  readonly output: PlannedOutput;
}

/** Seconds for each package, as 1.20 takes them, besides those that every run takes to begin: what takes longest starts first. */
const SECONDS: Readonly<Record<string, number>> = {
  ...{ conversion: 0.18, defaulter: 0.11, openapi: 0.08, deepcopy: 0.02 },
};
const OTHER_SECONDS = 0.05;

/**
 * In the order in which they may run: programs that print are compiled with what the tagged packages get, the schema of
 * the API with all that (spec codegen 8.1: the order of the script). The longest first in each.
 */
export function phasesOf<T extends Planned>(stale: readonly T[]): readonly (readonly (readonly T[])[])[] {
  const batches = new Map<string, T[]>();
  for (const one of stale) {
    const { batch } = actionOf(one.output);
    batches.set(batch, [...(batches.get(batch) ?? []), one]);
  }
  const all = [...batches.values()].sort((a, b) => weight(b) - weight(a));
  return [0, 1, 2].map((phase) => all.filter(([one]) => one && phaseOf(one.output) === phase));
}

function phaseOf({ generator }: PlannedOutput): number {
  if (generator.shape === 'printed') return 1;
  return generator.shape === 'directory' && generator.schema ? 2 : 0;
}

function weight(batch: readonly Planned[]): number {
  const generator = batch[0]?.output.generator;
  const many = generator?.shape === 'list' ? (batch[0]?.output.reads.length ?? 0) : batch.length;
  return 1 + many * (SECONDS[generator?.kind ?? ''] ?? OTHER_SECONDS);
}
