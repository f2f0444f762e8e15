/** After generation has written sources: the packages that wait are looked at again before they are compiled. */
import type { Step } from '../plan/step.ts';
import { noteGenerated } from '../steps/generate/needs.ts';
import { readClosures, rememberedClosures } from './closures.ts';
import type { Execution } from './execution.ts';

/** Renews the closures of the waiting Steps; those that cannot be read lose theirs. */
export async function readAgain(execution: Execution, waiting: readonly Step[]): Promise<void> {
  const { graph, closures, keys, goVersion, signal, emit, state, index } = execution;
  graph.refresh();
  const remembered = rememberedClosures(waiting, graph, goVersion);
  const reading = await readClosures(waiting, remembered, graph, goVersion, signal);
  for (const diagnostic of reading.diagnostics) emit({ type: 'diagnostic', diagnostic });
  for (const step of waiting) {
    keys.delete(step.id);
    const closure = reading.closures.get(step);
    if (closure) closures.set(step, closure);
    else closures.delete(step);
  }
  noteGenerated(index, reading.closures.values(), state.generated);
}
