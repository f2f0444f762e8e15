/**
 * Executes a Plan: what is fresh stays, what the store knows is restored, the rest is run in batches. This folder
 * schedules, remembers keys and cancels; how a binary is made is `steps/`, where bytes are kept is `store/`.
 */
import { Failure } from '../diagnostic/diagnostic.ts';
import type { CommandAction, GoBuildAction, Step, StepId } from '../plan/step.ts';
import type { OutputFile, StepOutcome } from '../report/events.ts';
import { runGenerate } from '../steps/generate/run.ts';
import type { Closure } from '../tree/packages/graph.ts';
import type { Counts, Execution } from './execution.ts';
import { batchesAtOnce, runGoBatch } from './gobatch.ts';
import { keyOf } from './key.ts';
import { Landing } from './landing.ts';
import { isIntact, restoreOutputs } from './outputs.ts';
import type { PackageEngine } from './packages/engine.ts';
import { type Linkage, learnOfProgram, linkedWithStamps, placeProgram, recallProgram } from './programs.ts';
import { readAgain } from './readagain.ts';
import { isAsAsked } from './readback.ts';
import { reasonsFor } from './reasons.ts';

/** Runs every Step of the plan; problems are emitted as Diagnostics, and the counts say how it went. */
export async function executePlan(execution: Execution): Promise<Counts> {
  return new Run(execution).toEnd();
}

class Run {
  readonly #x: Execution;
  readonly #landing: Landing;
  readonly #outcomes = new Map<StepId, StepOutcome>();
  readonly #started = new Set<StepId>();
  readonly #running = new Set<Promise<void>>();
  /** Programs that are known already, on their way to their places. */
  readonly #placing = new Set<Promise<void>>();
  readonly #told = new Set<StepId>();
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
    const finish = this.#finish.bind(this);
    this.#landing = new Landing(execution, finish, () => this.#packages?.movedFile);
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
      if (this.#running.size + this.#placing.size === 0) break;
      await Promise.race([...this.#running, ...this.#placing]);
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
    const outputs = restoreOutputs(this.#x.host, this.#x.store, key, step.outputs);
    if (outputs) {
      this.#emitStarted(step);
      this.#landing.restored(step, outputs, started);
      return undefined;
    }
    const linkage = this.#x.engine === 'go' ? undefined : recallProgram(this.#x.store, step, closure);
    if (!linkage) return (step.action as GoBuildAction).batch;
    const work = this.#placeRecalled(step, closure, linkage, started).finally(() =>
      this.#placing.delete(work),
    );
    this.#placing.add(work);
    return undefined;
  }

  /** Its link is known under another commit: with the values of this one it is done, else it is linked with them. */
  async #placeRecalled(step: Step, closure: Closure, linkage: Linkage, started: number): Promise<void> {
    this.#emitStarted(step);
    await this.#failingWith([step], async () => {
      const placed = await placeProgram(this.#x, step, linkage);
      if (placed && !linkage.facts) learnOfProgram(this.#x.store, step, closure, placed);
      if (placed) this.#landing.restored(step, [placed.output], started);
      else this.#queue.push([step]);
    });
  }

  #emitStarted(step: Step): void {
    if (this.#told.has(step.id)) return;
    this.#told.add(step.id);
    const because = this.#because.get(step.id) ?? this.#x.because.get(step.id) ?? 'an output is missing';
    this.#x.emit({ type: 'step-started', step: step.id, because });
  }

  async #runBatch(steps: readonly Step[]): Promise<void> {
    for (const step of steps) this.#emitStarted(step);
    await this.#failingWith(steps, async () => {
      if (steps[0]?.kind === 'generate') await this.#runGenerate(steps[0]);
      else await this.#runCompile(steps);
    });
  }

  /** What goes wrong ends those of the Steps that are not done. */
  async #failingWith(steps: readonly Step[], work: () => Promise<void>): Promise<void> {
    try {
      await work();
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
    const landing: Promise<void>[] = [];
    this.#engine ??= this.#makeEngine();
    const packages = await this.#engine;
    const isDone = await packages?.build(steps, (step, outcome) => {
      if (outcome.kind !== 'linked' || !isAsAsked(this.#x, step, outcome.file))
        this.#finish(step, outcome.kind === 'cancelled' ? 'cancelled' : 'failed', 0, []);
      else
        landing.push(
          this.#failingWith([step], async () => {
            const isLanded = await this.#landing.program(step, outcome);
            if (!isLanded) again.push(linkedWithStamps(step, this.#x.closures));
          }),
        );
    });
    await Promise.all(landing);
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
      if (file && isAsAsked(this.#x, step, file)) this.#landing.goProgram(step, file, milliseconds);
      else this.#finish(step, 'failed', milliseconds, []);
    }
    this.#x.host.files.remove(stage);
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
    // What waits for it may start as soon as it is finished: not before its sources were looked at again.
    await readAgain(
      this.#x,
      this.#x.plan.steps.filter((waiting) => waiting.kind === 'compile' && !this.#started.has(waiting.id)),
    );
    this.#finish(step, 'built', milliseconds, []);
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
