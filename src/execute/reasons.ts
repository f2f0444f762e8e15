/** Why a Step is not as it was when it was last good. */
import type { Step } from '../plan/step.ts';
import type { Closure } from '../tree/packages/graph.ts';
import { filesOfPackages } from './closures.ts';
import type { Execution } from './execution.ts';
import { differences } from './key.ts';

/** Every reason, most telling first. */
export function reasonsFor(
  { history, graph }: Pick<Execution, 'history' | 'graph'>,
  step: Step,
  closure: Closure,
): string[] {
  return differences(
    history.step(step.id),
    step,
    closure.packages,
    filesOfPackages(graph, closure),
    (digest) => history.files(digest),
  );
}
