/**
 * Executes a Plan: what is fresh stays, what the store knows is restored, the rest is run in batches. This folder
 * schedules, remembers keys and cancels; how a binary is made is `steps/`, where bytes are kept is `store/`.
 */
import { type Diagnostic, Failure, warning } from '../diagnostic/diagnostic.ts';
import type { Digest } from '../formats/digest.ts';
import type { Host } from '../host/host.ts';
import type { Plan } from '../plan/plan.ts';
import type { CommandAction, GoBuildAction, Step, StepId } from '../plan/step.ts';
import type { EventBody, OutputFile, StepOutcome } from '../report/events.ts';
import { runCompile } from '../steps/compile/run.ts';
import { noteGenerated } from '../steps/generate/needs.ts';
import { runGenerate } from '../steps/generate/run.ts';
import type { LocalStore } from '../store/local.ts';
import type { FileIndex } from '../tree/packages/fileindex.ts';
import type { Closure, PackageGraph } from '../tree/packages/graph.ts';
import { readClosures, rememberedClosures } from './closures.ts';
import type { History } from './history.ts';
import { differences, keyOf } from './key.ts';
import type { Lock } from './lock.ts';
import { isIntact, restoreOutputs, statOf } from './outputs.ts';
import type { OutputRecord, RunState } from './state.ts';

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
  readonly memoryBytes: number;
  readonly signal: AbortSignal;
  readonly emit: (event: EventBody) => void;
}

export type Counts = Record<StepOutcome, number>;

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
  #commands = 0;
  #stages = 0;

  constructor(execution: Execution) {
    this.#x = execution;
  }

  async toEnd(): Promise<Counts> {
    for (;;) {
      this.#takeReady();
      while (this.#running.size < this.#width() && this.#queue.length > 0 && !this.#x.signal.aborted) {
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
    return counts;
  }

  /** One go process fills all cores of a small machine; more at once only where cores and memory allow. */
  #width(): number {
    const byCores = Math.floor((this.#x.jobs ?? this.#x.host.cpus) / CORES_PER_BATCH);
    return Math.max(1, Math.min(byCores, Math.floor(this.#x.memoryBytes / MEMORY_PER_BATCH)));
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
      if (needs.includes(undefined) || this.#x.signal.aborted) continue;
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
    const because = record?.key === key ? 'an output is gone or was changed' : this.#why(step, closure)[0];
    this.#because.set(step.id, because ?? 'its key changed');
    const outputs = restoreOutputs(this.#x.host, this.#x.store, key, step.outputs);
    if (!outputs) return (step.action as GoBuildAction).batch;
    this.#emitStarted(step);
    this.#record(step, closure, outputs, 0);
    this.#finish(step, 'restored', this.#x.host.clock.monotonic() - started, outputs);
    return undefined;
  }

  #why(step: Step, closure: Closure): string[] {
    const entries = new Map(closure.entries.map((entry) => [entry.name, entry]));
    return differences(
      this.#x.history.step(step.id),
      step,
      closure.packages,
      (name) => {
        const entry = entries.get(name);
        return entry && this.#x.graph.fileDigests(entry);
      },
      (digest) => this.#x.history.files(digest),
    );
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
    const { host, closures, emit } = this.#x;
    const started = host.clock.monotonic();
    const packages = new Set(steps.flatMap((step) => [...(closures.get(step)?.packages.keys() ?? [])]));
    const first = steps[0] as Step;
    const stage = `${this.#x.stage}/${this.#stages++}`;
    let compiled = 0;
    const { files, diagnostics } = await runCompile({
      ...{
        host,
        steps,
        stage,
        goVersion: this.#x.goVersion,
        jobs: this.#x.jobs,
        root: this.#x.root,
        addedNames: this.#x.addedNames,
      },
      signal: this.#x.signal,
      targetsOf: (name) =>
        steps.filter((step) => closures.get(step)?.packages.has(name)).map((step) => step.title),
      onStart: (argv, action, pid) => this.#commandStarted(steps, argv, action, pid),
      onEnd: (id, exitCode, milliseconds) => emit({ type: 'command-finished', id, exitCode, milliseconds }),
      onPackage: (detail) => {
        if (packages.has(detail)) compiled++;
        emit({ type: 'step-progress', step: first.id, done: compiled, total: packages.size, detail });
      },
      onLine: (line) => emit({ type: 'step-output', step: first.id, line }),
    });
    for (const diagnostic of diagnostics) emit({ type: 'diagnostic', diagnostic });
    const milliseconds = host.clock.monotonic() - started;
    for (const step of steps) {
      const file = files.get(step.id);
      if (file) this.#land(step, file, milliseconds);
      else this.#finish(step, 'failed', milliseconds, []);
    }
    host.files.remove(stage);
  }

  /** Moves a finished binary to its place, keeps it in the store, and remembers what it was made of. */
  #land(step: Step, file: string, milliseconds: number): void {
    const { host, store, emit } = this.#x;
    const path = step.outputs[0] as string;
    const digest = host.files.digest(file);
    const size = host.files.lstat(file)?.size ?? 0;
    host.files.publishMove(file, path, 0o755);
    const output: OutputRecord = { path, digest, size, stat: statOf(host, path) };
    const closure = this.#x.closures.get(step) as Closure;
    const moved = this.#movedInput(closure);
    if (moved) {
      delete this.#x.state.steps[step.id];
      this.#x.history.forget(step.id);
      emit({ type: 'diagnostic', diagnostic: inputChanged(step, moved) });
    } else {
      const name = path.slice(path.lastIndexOf('/') + 1);
      store.keep(this.#x.keys.get(step.id) as Digest, [{ name, path, digest, size }], milliseconds);
      this.#record(step, closure, [output], milliseconds);
    }
    this.#finish(step, 'built', milliseconds, [output]);
  }

  #movedInput(closure: Closure): string | undefined {
    for (const entry of closure.entries) {
      for (const file of entry.files) {
        const path = `${entry.directory}/${file}`;
        if (!this.#x.index.isUnmoved(entry.directory === '.' ? file : path)) return path;
      }
    }
    return undefined;
  }

  #record(step: Step, closure: Closure, outputs: readonly OutputRecord[], milliseconds: number): void {
    const { state, graph, history } = this.#x;
    const before = state.steps[step.id]?.milliseconds ?? 0;
    state.steps[step.id] = {
      key: this.#x.keys.get(step.id) as Digest,
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
    const milliseconds = await runGenerate({
      ...{ host, step, root, signal },
      onStart: (pid) => this.#commandStarted([step], action.argv, action, pid),
      onEnd: (id, exitCode, took) => emit({ type: 'command-finished', id, exitCode, milliseconds: took }),
      onLine: (line) => emit({ type: 'step-output', step: step.id, line }),
    });
    this.#finish(step, 'built', milliseconds, []);
    await this.#readAgain();
  }

  /** Generation has written sources: look at the disk again before anything is compiled. */
  async #readAgain(): Promise<void> {
    const { graph, closures, goVersion, signal, emit, state, index } = this.#x;
    graph.refresh();
    const waiting = this.#x.plan.steps.filter(
      (step) => step.kind === 'compile' && !this.#started.has(step.id),
    );
    const remembered = rememberedClosures(waiting, graph, goVersion);
    const reading = await readClosures(waiting, remembered, graph, goVersion, signal);
    for (const diagnostic of reading.diagnostics) emit({ type: 'diagnostic', diagnostic });
    for (const step of waiting) {
      this.#x.keys.delete(step.id);
      const closure = reading.closures.get(step);
      if (closure) closures.set(step, closure);
      else closures.delete(step);
    }
    noteGenerated(index, reading.closures.values(), state.generated);
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

const CORES_PER_BATCH = 4;
const MEMORY_PER_BATCH = 6 * 1024 ** 3;

function inputChanged(step: Step, file: string): Diagnostic {
  return warning('build/input-changed', {
    what: `${file} changed while ${step.title} was compiled`,
    why: 'the binary may hold the old or the new text, so it is not kept for later runs',
    help: 'run the same command again once the file is as you want it',
  });
}
