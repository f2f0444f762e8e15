/**
 * Executes a Plan: what is fresh stays, what the store knows is restored, the rest is run in batches. This folder
 * schedules, remembers keys and cancels; how a binary is made is `steps/`, where bytes are kept is `store/`.
 */
import { Failure } from '../diagnostic/diagnostic.ts';
import type { Digest } from '../formats/digest.ts';
import type { CommandAction, GoBuildAction, Step, StepId } from '../plan/step.ts';
import type { OutputFile, StepOutcome } from '../report/events.ts';
import { runGenerate } from '../steps/generate/run.ts';
import type { Closure } from '../tree/packages/graph.ts';
import type { Counts, Execution } from './execution.ts';
import { batchesAtOnce, movedInput, runGoBatch } from './gobatch.ts';
import { keyOf } from './key.ts';
import { isIntact, restoreOutputs, statOf } from './outputs.ts';
import type { PackageEngine } from './packages/engine.ts';
import type { LinkOutcome } from './packages/nodes.ts';
import { inputChanged, linkedWithStamps, placeProgram, programKey, recallProgram } from './programs.ts';
import { readAgain } from './readagain.ts';
import { isAsAsked } from './readback.ts';
import { reasonsFor } from './reasons.ts';
import type { OutputRecord } from './state.ts';

/** Runs every Step of the plan; problems are emitted as Diagnostics, and the counts say how it went. */
export async function executePlan(execution: Execution): Promise<Counts> {
  return new Run(execution).toEnd();
}

class Run {
  readonly #x: Execution;
  readonly #outcomes = new Map<StepId, StepOutcome>();
  readonly #started = new Set<StepId>();
  readonly #running = new Set<Promise<void>>();
  readonly #queue: Step[][] = [];
  readonly #because = new Map<StepId, string>();
  #scratch: string | undefined;
  #packages: PackageEngine | undefined;
  #engine: Promise<PackageEngine | undefined> | undefined;
  /** The last `go build` that was started: they take turns where packages are built beside them. */
  #lastGo: Promise<unknown> = Promise.resolve();
  #commands = 0;
  #stages = 0;

  constructor(execution: Execution) {
    this.#x = execution;
  }

  /**
   * Loaded when the first package is to be compiled: a run with nothing to do goes without. Undefined when go builds,
   * or the store cannot be written.
   */
  async #makeEngine(): Promise<PackageEngine | undefined> {
    const { engine, store, plan, closures, lock, jobs, host, emit } = this.#x;
    this.#scratch = engine === 'graph' ? store.scratch() : undefined;
    if (!this.#scratch) return undefined;
    const { PackageEngine } = await import('./packages/engine.ts');
    this.#packages = new PackageEngine({
      ...{
        ...this.#x,
        scratch: this.#scratch,
        slots: jobs ?? host.cpus + 1,
      },
      emit: (event) => {
        emit(event);
        if (event.type === 'package-finished') this.#tellProgress(event.package);
      },
      onProcess: (pid) => lock.addGroup(pid),
      onCommand: (steps, argv, action, pid) => this.#commandStarted(steps, argv, action, pid),
      targetsOf: (name) =>
        plan.steps.filter((step) => closures.get(step)?.packages.has(name)).map((step) => step.title),
    });
    return this.#packages;
  }

  /** Packages belong to many Steps: the first that is not done shows how far they are. */
  #tellProgress(detail: string): void {
    const { plan, emit } = this.#x;
    const step = plan.steps.find(({ id }) => this.#started.has(id) && !this.#outcomes.has(id));
    if (step && this.#packages)
      emit({ type: 'step-progress', step: step.id, ...this.#packages.progress, detail });
  }

  async toEnd(): Promise<Counts> {
    for (;;) {
      this.#takeReady();
      while (this.#running.size < batchesAtOnce(this.#x) && this.#queue.length > 0 && !this.#isOver) {
        const batch = this.#queue.shift() as Step[];
        const work = this.#runBatch(batch).finally(() => this.#running.delete(work));
        this.#running.add(work);
      }
      if (this.#running.size === 0) break;
      await Promise.race(this.#running);
    }
    for (const step of this.#x.plan.steps) {
      if (!this.#outcomes.has(step.id)) this.#finish(step, 'cancelled', 0, []);
    }
    const counts: Counts = { fresh: 0, restored: 0, built: 0, failed: 0, cancelled: 0 };
    for (const outcome of this.#outcomes.values()) counts[outcome]++;
    await this.#packages?.drained();
    if (this.#scratch) this.#x.host.files.remove(this.#scratch);
    return counts;
  }

  /** Nothing new is started any more. */
  get #isOver(): boolean {
    const { signal, keepGoing } = this.#x;
    return signal.aborted || (!keepGoing && [...this.#outcomes.values()].includes('failed'));
  }

  /** Settles what needs no work and queues the rest of what is ready. */
  #takeReady(): void {
    const batches = new Map<string, Step[]>();
    for (const step of this.#x.plan.steps) {
      if (this.#started.has(step.id) || this.#outcomes.has(step.id)) continue;
      const needs = step.needs.map((need) => this.#outcomes.get(need));
      if (needs.some((outcome) => outcome === 'failed' || outcome === 'cancelled')) {
        this.#finish(step, 'cancelled', 0, []);
        continue;
      }
      if (needs.includes(undefined) || this.#isOver) continue;
      this.#started.add(step.id);
      const batch = step.kind === 'generate' ? step.id : this.#assess(step);
      if (batch) batches.set(batch, [...(batches.get(batch) ?? []), step]);
    }
    this.#queue.push(...batches.values());
  }

  /** Finishes a compile Step that is fresh or restored; else returns the batch that it belongs to. */
  #assess(step: Step): string | undefined {
    const closure = this.#x.closures.get(step);
    if (!closure) {
      this.#finish(step, 'failed', 0, []);
      return undefined;
    }
    const started = this.#x.host.clock.monotonic();
    const key = this.#x.keys.get(step.id) ?? keyOf(step, closure.packages);
    this.#x.keys.set(step.id, key);
    const record = this.#x.state.steps[step.id];
    if (record?.key === key && record.outputs.every((output) => isIntact(this.#x.host, output))) {
      this.#finish(step, 'fresh', this.#x.host.clock.monotonic() - started, record.outputs);
      return undefined;
    }
    const because =
      record?.key === key ? 'an output is gone or was changed' : reasonsFor(this.#x, step, closure)[0];
    this.#because.set(step.id, because ?? 'its key changed');
    const outputs = this.#recall(step, closure, key);
    if (!outputs) return (step.action as GoBuildAction).batch;
    this.#emitStarted(step);
    this.#record(step, closure, outputs, 0);
    this.#finish(step, 'restored', this.#x.host.clock.monotonic() - started, outputs);
    return undefined;
  }

  #recall(step: Step, closure: Closure, key: Digest): OutputRecord[] | undefined {
    const { host, store, engine } = this.#x;
    const restored = restoreOutputs(host, store, key, step.outputs);
    const output = restored || engine === 'go' ? undefined : recallProgram(host, store, step, closure);
    return restored ?? (output && [output]);
  }

  #emitStarted(step: Step): void {
    const because = this.#because.get(step.id) ?? this.#x.because.get(step.id) ?? 'an output is missing';
    this.#x.emit({ type: 'step-started', step: step.id, because });
  }

  async #runBatch(steps: readonly Step[]): Promise<void> {
    for (const step of steps) this.#emitStarted(step);
    try {
      if (steps[0]?.kind === 'generate') await this.#runGenerate(steps[0]);
      else await this.#runCompile(steps);
    } catch (problem) {
      const outcome = this.#x.signal.aborted ? 'cancelled' : 'failed';
      if (outcome === 'failed') {
        if (!(problem instanceof Failure)) throw problem;
        for (const diagnostic of problem.diagnostics) this.#x.emit({ type: 'diagnostic', diagnostic });
      }
      for (const step of steps) if (!this.#outcomes.has(step.id)) this.#finish(step, outcome, 0, []);
    }
  }

  async #runCompile(steps: readonly Step[]): Promise<void> {
    const again: Step[] = [];
    this.#engine ??= this.#makeEngine();
    const packages = await this.#engine;
    const isDone = await packages?.build(steps, (step, outcome) => {
      if (outcome.kind !== 'linked' || !isAsAsked(this.#x, step, outcome.file))
        this.#finish(step, outcome.kind === 'cancelled' ? 'cancelled' : 'failed', 0, []);
      else if (!this.#landProgram(step, outcome)) again.push(linkedWithStamps(step, this.#x.closures));
    });
    if (!isDone) {
      const turn = this.#lastGo.then(() => this.#runGo(steps));
      this.#lastGo = turn.catch(() => {});
      await turn;
    } else if (again.length > 0) await this.#runCompile(again);
  }

  async #runGo(steps: readonly Step[]): Promise<void> {
    const started = this.#x.host.clock.monotonic();
    const stage = `${this.#x.stage}/${this.#stages++}`;
    const files = await runGoBatch(steps, stage, this.#x, (argv, action, pid) =>
      this.#commandStarted(steps, argv, action, pid),
    );
    const milliseconds = this.#x.host.clock.monotonic() - started;
    for (const step of steps) {
      const file = files.get(step.id);
      if (file && isAsAsked(this.#x, step, file)) this.#land(step, file, milliseconds);
      else this.#finish(step, 'failed', milliseconds, []);
    }
    this.#x.host.files.remove(stage);
  }

  /** Moves a finished binary to its place, keeps it in the store, and remembers what it was made of. */
  #land(step: Step, file: string, milliseconds: number): void {
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

  /** False when the program has to be linked with its stamps. */
  #landProgram(step: Step, linked: Extract<LinkOutcome, { kind: 'linked' }>): boolean {
    const { host, store, closures } = this.#x;
    const output = placeProgram(host, step, linked);
    if (!output) return false;
    const { program, moduleInfo, milliseconds } = linked;
    this.#remember(step, output, milliseconds, this.#packages?.movedFile, () =>
      store.record(
        programKey(step, closures.get(step) as Closure),
        [{ ...program, name: nameOf(output.path) }],
        {
          ...{ milliseconds, moduleInfo },
        },
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
    const entries = new Map(closure.entries.map((entry) => [entry.name, entry]));
    history.remember(
      step.id,
      { keyParts: step.keyParts, packages: Object.fromEntries(closure.packages) },
      (name) => {
        const entry = entries.get(name);
        return entry && graph.fileDigests(entry);
      },
    );
  }

  async #runGenerate(step: Step): Promise<void> {
    const { host, emit, signal, root } = this.#x;
    const action = step.action as CommandAction;
    const own = this.#x.generate?.(step);
    const milliseconds =
      own !== undefined
        ? await own
        : await runGenerate({
            ...{ host, step, root, signal },
            onStart: (pid) => this.#commandStarted([step], action.argv, action, pid),
            onEnd: (id, exitCode, took) =>
              emit({ type: 'command-finished', id, exitCode, milliseconds: took }),
            onLine: (line) => emit({ type: 'step-output', step: step.id, line }),
          });
    this.#finish(step, 'built', milliseconds, []);
    await readAgain(
      this.#x,
      this.#x.plan.steps.filter((waiting) => waiting.kind === 'compile' && !this.#started.has(waiting.id)),
    );
  }

  #commandStarted(
    steps: readonly Step[],
    argv: readonly string[],
    action: { readonly workingDirectory: string; readonly environment: Readonly<Record<string, string>> },
    pid: number,
  ): number {
    this.#x.lock.addGroup(pid);
    const id = ++this.#commands;
    const { workingDirectory, environment } = action;
    this.#x.emit({
      type: 'command-started',
      id,
      steps: steps.map((step) => step.id),
      argv,
      workingDirectory,
      environment,
      pid,
    });
    return id;
  }

  #finish(step: Step, outcome: StepOutcome, milliseconds: number, outputs: readonly OutputFile[]): void {
    this.#outcomes.set(step.id, outcome);
    const key = this.#x.keys.get(step.id);
    this.#x.emit({
      ...{ type: 'step-finished', step: step.id, outcome, milliseconds },
      outputs: outputs.map(({ path, size, digest }) => ({ path, size, digest })),
      ...(key ? { key } : {}),
    });
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
