/** Finished programs on their way to the user's disk, the store, and the memory of the checkout. */
import type { Digest } from '../formats/digest.ts';
import type { Step } from '../plan/step.ts';
import type { OutputFile, StepOutcome } from '../report/events.ts';
import type { Closure } from '../tree/packages/graph.ts';
import { filesOfPackages } from './closures.ts';
import type { Execution } from './execution.ts';
import { movedInput } from './gobatch.ts';
import { nameOf, statOf } from './outputs.ts';
import type { LinkOutcome } from './packages/nodes.ts';
import { inputChanged, placeProgram, programKey } from './programs.ts';
import type { OutputRecord } from './state.ts';

type Finish = (
  step: Step,
  outcome: StepOutcome,
  milliseconds: number,
  outputs: readonly OutputFile[],
) => void;

export class Landing {
  readonly #x: Execution;
  readonly #finish: Finish;
  readonly #movedFile: () => string | undefined;

  /** `movedFile` names a source that changed while our own engine compiled it, if any did. */
  constructor(execution: Execution, finish: Finish, movedFile: () => string | undefined) {
    this.#x = execution;
    this.#finish = finish;
    this.#movedFile = movedFile;
  }

  /** Ends a Step whose outputs were known, in their places again. */
  restored(step: Step, outputs: readonly OutputRecord[], started: number): void {
    this.#record(step, this.#x.closures.get(step) as Closure, outputs, 0);
    this.#finish(step, 'restored', this.#x.host.clock.monotonic() - started, outputs);
  }

  /** Moves a binary that go made to its place, keeps it in the store, and remembers what it was made of. */
  goProgram(step: Step, file: string, milliseconds: number): void {
    const { host, store } = this.#x;
    const path = step.outputs[0] as string;
    const digest = host.files.digest(file);
    const size = host.files.lstat(file)?.size ?? 0;
    host.files.publishMove(file, path, 0o755);
    const output: OutputRecord = { path, digest, size, stat: statOf(host, path) };
    const closure = this.#x.closures.get(step) as Closure;
    this.#remember(step, output, milliseconds, movedInput(this.#x.index, closure), () =>
      store.keep(this.#keyOf(step), [{ name: nameOf(path), path, digest, size }], milliseconds),
    );
  }

  /** Ends a Step that was built; when a source moved meanwhile, nothing is kept for later runs. */
  #remember(
    step: Step,
    output: OutputRecord,
    milliseconds: number,
    moved: string | undefined,
    keep: () => void,
  ): void {
    if (moved) {
      delete this.#x.state.steps[step.id];
      this.#x.history.forget(step.id);
      this.#x.emit({ type: 'diagnostic', diagnostic: inputChanged(step, moved) });
    } else {
      keep();
      this.#record(step, this.#x.closures.get(step) as Closure, [output], milliseconds);
    }
    this.#finish(step, 'built', milliseconds, [output]);
  }

  #keyOf(step: Step): Digest {
    return this.#x.keys.get(step.id) as Digest;
  }

  /** Puts a program of ours in its place; false when it has to be linked with its stamps. */
  async program(step: Step, linked: Extract<LinkOutcome, { kind: 'linked' }>): Promise<boolean> {
    const { store, closures } = this.#x;
    const placed = await placeProgram(this.#x, step, linked);
    if (!placed) return false;
    const { output, ...learned } = placed;
    const { program, moduleInfo, milliseconds } = linked;
    const facts = { milliseconds, moduleInfo, ...learned };
    this.#remember(step, output, milliseconds, this.#movedFile(), () =>
      store.record(
        programKey(step, closures.get(step) as Closure),
        [{ ...program, name: nameOf(output.path) }],
        facts,
      ),
    );
    return true;
  }

  #record(step: Step, closure: Closure, outputs: readonly OutputRecord[], milliseconds: number): void {
    const { state, graph, history } = this.#x;
    const before = state.steps[step.id]?.milliseconds ?? 0;
    state.steps[step.id] = {
      key: this.#keyOf(step),
      outputs,
      milliseconds: milliseconds || before,
    };
    history.remember(step.id, step.keyParts, closure.packages, filesOfPackages(graph, closure));
  }
}
