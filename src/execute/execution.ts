/** All that executing a Plan needs to know and to reach. */
import type { Digest } from '../formats/digest.ts';
import type { Host } from '../host/host.ts';
import type { Plan } from '../plan/plan.ts';
import type { Step, StepId } from '../plan/step.ts';
import type { EventBody, StepOutcome } from '../report/events.ts';
import type { Stamped, StampRequest } from '../steps/stamp/run.ts';
import type { LocalStore } from '../store/local.ts';
import type { FileIndex } from '../tree/packages/fileindex.ts';
import type { Closure, PackageGraph } from '../tree/packages/graph.ts';
import type { History } from './history.ts';
import type { Lock } from './lock.ts';
import type { Ledger } from './packages/ledger.ts';
import type { RecipeBook } from './packages/recipes.ts';
import type { RunState } from './state.ts';

export interface Execution {
  readonly host: Host;
  readonly plan: Plan;
  readonly closures: Map<Step, Closure>;
  /** Keys that are known already, for the closures as they are given. */
  readonly keys: Map<StepId, Digest>;
  /** Why a Step is planned at all, where that is known before its inputs are looked at. */
  readonly because: ReadonlyMap<StepId, string>;
  readonly root: string;
  readonly goVersion: string;
  readonly graph: PackageGraph;
  readonly index: FileIndex;
  readonly state: RunState;
  readonly history: History;
  readonly store: LocalStore;
  readonly lock: Lock;
  /** Directory of this run for files that are not whole yet. */
  readonly stage: string;
  /** File that names sources added to the tree for the time that go runs. */
  readonly addedNames: string;
  readonly jobs: number | undefined;
  /** What processes may hold together. */
  readonly memoryBytes: number;
  /** Whether a failure stops only what needs it. */
  readonly keepGoing: boolean;
  /** `graph`: package by package, shared through the store; `go`: one `go build` for a batch. */
  readonly engine: Engine;
  /** What go would do, remembered between runs. */
  readonly book: RecipeBook;
  readonly ledger: Ledger;
  /** Our own code generation, for a Step that stands for it; undefined when the tree's command is to run. */
  readonly generate?: (step: Step) => Promise<number> | undefined;
  /** Stamps a program, beside other work; undefined when it has to be linked with the values. */
  readonly stamp: (request: StampRequest) => Promise<Stamped | undefined>;
  readonly signal: AbortSignal;
  readonly emit: (event: EventBody) => void;
}

export type Engine = 'graph' | 'go';

export type Counts = Record<StepOutcome, number>;
