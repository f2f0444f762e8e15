/** A batch of Steps that go builds in one process: binaries into a stage, problems and progress as Events. */
import type { GoBuildAction, Step, StepId } from '../plan/step.ts';
import { runCompile } from '../steps/compile/run.ts';
import type { FileIndex } from '../tree/packages/fileindex.ts';
import type { Closure } from '../tree/packages/graph.ts';
import type { Execution } from './execution.ts';

const CORES_PER_BATCH = 4;
const MEMORY_PER_BATCH = 6 * 1024 ** 3;

/**
 * One go process fills all cores of a small machine; more at once only where cores and memory allow. Where packages
 * are made one by one, their own queue sees to that.
 */
export function batchesAtOnce({ engine, jobs, host, memoryBytes }: Execution): number {
  if (engine === 'graph') return Number.POSITIVE_INFINITY;
  const byCores = Math.floor((jobs ?? host.cpus) / CORES_PER_BATCH);
  return Math.max(1, Math.min(byCores, Math.floor(memoryBytes / MEMORY_PER_BATCH)));
}

/** Returns the staged file of each Step; one without a file failed, and its Diagnostics were emitted. */
export async function runGoBatch(
  steps: readonly Step[],
  stage: string,
  { host, closures, emit, goVersion, jobs, root, addedNames, signal }: Execution,
  onStart: (argv: readonly string[], action: GoBuildAction, pid: number) => number,
): Promise<ReadonlyMap<StepId, string>> {
  const packages = new Set(steps.flatMap((step) => [...(closures.get(step)?.packages.keys() ?? [])]));
  const first = steps[0] as Step;
  let compiled = 0;
  const { files, diagnostics } = await runCompile({
    ...{ host, steps, stage, goVersion, jobs, root, addedNames, signal, onStart },
    targetsOf: (name) =>
      steps.filter((step) => closures.get(step)?.packages.has(name)).map((step) => step.title),
    onEnd: (id, exitCode, milliseconds) => emit({ type: 'command-finished', id, exitCode, milliseconds }),
    onPackage: (detail) => {
      if (packages.has(detail)) compiled++;
      emit({ type: 'step-progress', step: first.id, done: compiled, total: packages.size, detail });
    },
    onLine: (line) => emit({ type: 'step-output', step: first.id, line }),
  });
  for (const diagnostic of diagnostics) emit({ type: 'diagnostic', diagnostic });
  return files;
}

/** A file of the closure that is not as it was when the key was made. */
export function movedInput(index: FileIndex, closure: Closure): string | undefined {
  for (const entry of closure.entries) {
    for (const file of entry.files) {
      const path = entry.directory === '.' ? file : `${entry.directory}/${file}`;
      if (!index.isUnmoved(path)) return path;
    }
  }
  return undefined;
}
