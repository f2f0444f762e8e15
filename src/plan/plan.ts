/**
 * An immutable graph of Steps. This folder links Steps, orders them and prints them; it does not know what a
 * compiler is, and it never looks at the disk.
 */
import type { Step, StepId } from './step.ts';

export interface Plan {
  /** Topological order: a Step stands behind what it needs. */
  readonly steps: readonly Step[];
}

/** Builds a Plan from Steps in any order. Throws on a missing or cyclic need: a planner's bug, not a user's. */
export function makePlan(steps: readonly Step[]): Plan {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const state = new Map<StepId, 'visiting' | 'done'>();
  const ordered: Step[] = [];
  const visit = (step: Step): void => {
    if (state.get(step.id) === 'done') return;
    if (state.get(step.id) === 'visiting') throw new Error(`cycle of Steps at ${step.id}`);
    state.set(step.id, 'visiting');
    for (const need of step.needs) {
      const needed = byId.get(need);
      if (!needed) throw new Error(`${step.id} needs ${need}, which is not planned`);
      visit(needed);
    }
    state.set(step.id, 'done');
    ordered.push(step);
  };
  for (const step of byId.values()) visit(step);
  return { steps: ordered };
}
