/**
 * Generates what is stale: generators are compiled first, stale packages of one generator share a process, processes
 * run side by side in scratch places, and each finished file lands at once. A run that is interrupted leaves whole
 * files and a memory of what is done.
 */

import type { Location } from '../../diagnostic/diagnostic.ts';
import { type Diagnostic, Failure } from '../../diagnostic/diagnostic.ts';
import type { Digest } from '../../formats/digest.ts';
import type { Host } from '../../host/host.ts';
import type { Step, StepId } from '../../plan/step.ts';
import type { EventBody, OutputFile, StepOutcome } from '../../report/events.ts';
import { actionOf } from '../../steps/generate/package/command.ts';
import type { Complaint } from '../../steps/generate/package/failures.ts';
import { type PlannedOutput, programStep } from '../../steps/generate/package/plan.ts';
import { type GeneratorOutcome, runGenerator } from '../../steps/generate/package/run.ts';
import type { Dialect } from '../../tree/codegen/model.ts';
import type { PackageSights } from '../../tree/tags/packages.ts';
import type { OutputRecord } from '../state.ts';
import { assessOutput } from './assess.ts';
import { type Confine, confinement, REFUSED } from './confine.ts';
import type { GeneratedState } from './memory.ts';
import { makeOutlines } from './outlines.ts';
import { type ProgramPlaces, type ProgramRequest, type ReadyProgram, readyPrograms } from './programs.ts';

export interface Generation {
  readonly host: Host;
  readonly root: string;
  readonly outputs: readonly PlannedOutput[];
  /** Steps of the generators' own compilation, by program name. */
  readonly programs: ReadonlyMap<string, { readonly step: Step; readonly request: ProgramRequest }>;
  readonly sights: PackageSights;
  readonly state: GeneratedState;
  readonly places: Omit<ProgramPlaces, 'host' | 'signal' | 'onStart' | 'onEnd' | 'onLine' | 'stage'>;
  readonly dialect: Dialect;
  /** `k8s.io/kubernetes` */
  readonly goPackage: string;
  /** Absolute path of the licence text. */
  readonly header: string | undefined;
  /** Puts what a generator looks at where it writes: the tree, or hand-written files. */
  readonly mirror: (to: string, output: PlannedOutput) => ReadonlySet<string>;
  /** Directory of this run for what is not whole yet. */
  readonly stage: string;
  readonly jobs: number;
  readonly signal: AbortSignal;
  /** Takes a finished text over: into the tree, or into a comparison. Throws a Failure when it cannot. */
  readonly take: (output: PlannedOutput, made: Extract<GeneratorOutcome, { kind: 'made' }>) => TakenOver;
  /** Told of a tagged package for which its generator had nothing to write. */
  readonly onNothing: (output: PlannedOutput) => void;
  readonly locate: (complaint: Complaint) => Location;
  readonly tagOf: (output: PlannedOutput) => readonly Location[];
  readonly emit: (event: EventBody) => void;
  readonly onCommand: (pid: number) => void;
  /** Called whenever the state has changed, to be saved. */
  readonly save: () => void;
}

/** What became of a finished text: remembered as an output, or seen to differ and not taken. */
export type TakenOver =
  | { readonly kind: 'kept'; readonly files: readonly OutputRecord[] }
  | { readonly kind: 'differs' };

interface Stale {
  readonly output: PlannedOutput;
  readonly key: Digest;
}

/** Seconds for each package, as 1.20 takes them, besides those that every run takes to begin: what takes longest starts first. */
const SECONDS: Readonly<Record<string, number>> = {
  ...{ conversion: 0.18, defaulter: 0.11, openapi: 0.08, deepcopy: 0.02 },
};
const OTHER_SECONDS = 0.05;

export async function executeGeneration(x: Generation): Promise<Record<StepOutcome, number>> {
  return new GenerationRun(x).toEnd();
}

class GenerationRun {
  readonly #x: Generation;
  readonly #outcomes = new Map<StepId, StepOutcome>();
  readonly #titles = new Map<StepId, Stale>();
  readonly #told = new Set<Diagnostic>();
  #confine: Confine | undefined;
  #outlines: Outlines | undefined;
  #commands = 0;
  #stages = 0;

  constructor(x: Generation) {
    this.#x = x;
  }

  async toEnd(): Promise<Record<StepOutcome, number>> {
    const stale = this.#assess();
    if (stale.length > 0) await this.#generate(stale);
    for (const { step } of [...this.#x.programs.values(), ...this.#x.outputs])
      if (!this.#outcomes.has(step.id)) this.#finish(step, 'cancelled', 0, []);
    const counts = { fresh: 0, restored: 0, built: 0, failed: 0, cancelled: 0 };
    for (const outcome of this.#outcomes.values()) counts[outcome]++;
    return counts;
  }

  #assess(): Stale[] {
    const { host, root, sights, state, outputs } = this.#x;
    const stale: Stale[] = [];
    for (const output of outputs) {
      if (output.problems.length > 0) {
        this.#fail(output.step, output.problems);
        continue;
      }
      const found = assessOutput(host, root, sights, state, output);
      if (found.kind === 'fresh') this.#finish(output.step, 'fresh', 0, found.record.files);
      else {
        stale.push({ output, key: found.key });
        this.#x.emit({ type: 'step-started', step: output.step.id, because: found.because });
      }
    }
    const needed = new Set(stale.map(({ output }) => programStep(output.generator)));
    for (const { step } of this.#x.programs.values())
      if (!needed.has(step.id)) this.#finish(step, 'fresh', 0, []);
    return stale;
  }

  async #generate(stale: readonly Stale[]): Promise<void> {
    for (const one of stale) this.#titles.set(one.output.step.id, one);
    const compiling = this.#guarded([], () => this.#compile(stale));
    // The go process compiles meanwhile.
    this.#outlines = outlinesFor(this.#x, stale);
    const programs = await compiling;
    if (!programs) return;
    this.#confine = await confinement(this.#x.host, this.#x.signal);
    const batches = new Map<string, Stale[]>();
    for (const one of stale) {
      const { batch } = one.output.step.action as { readonly batch: string };
      batches.set(batch, [...(batches.get(batch) ?? []), one]);
    }
    const queue = [...batches.values()].sort((a, b) => weight(b) - weight(a));
    const worker = async (): Promise<void> => {
      for (let batch = queue.shift(); batch && !this.#x.signal.aborted; batch = queue.shift()) {
        const found = batch;
        await this.#guarded(found, () => this.#runBatch(found, programs));
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, this.#x.jobs) }, worker));
  }

  async #compile(stale: readonly Stale[]): Promise<ReadonlyMap<string, ReadyProgram | Diagnostic>> {
    const x = this.#x;
    const names = new Set(stale.map(({ output }) => output.generator.program.name));
    const wanted = [...names].flatMap((name) => x.programs.get(name) ?? []);
    for (const { step } of wanted)
      x.emit({ type: 'step-started', step: step.id, because: 'outputs need it' });
    const first = wanted[0]?.step.id ?? '';
    const ready = await readyPrograms(
      {
        ...x.places,
        ...{ host: x.host, signal: x.signal, stage: `${x.stage}/programs` },
        onStart: (argv, pid) =>
          this.#command(
            wanted.map(({ step }) => step),
            argv,
            pid,
            x.places,
          ),
        onEnd: (id, exitCode, milliseconds) =>
          x.emit({ type: 'command-finished', id, exitCode, milliseconds }),
        onLine: (line) => x.emit({ type: 'step-output', step: first, line }),
      },
      wanted.map(({ request }) => request),
    );
    for (const { step, request } of wanted) {
      const program = ready.get(request.program.name);
      if (program && 'code' in program) this.#fail(step, [program]);
      else this.#finish(step, program?.outcome ?? 'failed', program?.milliseconds ?? 0, []);
    }
    return ready;
  }

  async #runBatch(
    batch: readonly Stale[],
    programs: ReadonlyMap<string, ReadyProgram | Diagnostic>,
  ): Promise<void> {
    const x = this.#x;
    const outputs = batch.map(({ output }) => output);
    const first = outputs[0] as PlannedOutput;
    const program = programs.get(first.generator.program.name);
    if (!program || 'code' in program) {
      for (const { step } of outputs) this.#finish(step, 'cancelled', 0, []);
      return;
    }
    const started = x.host.clock.monotonic();
    const action = first.step.action as {
      readonly environment: Readonly<Record<string, string>>;
      readonly workingDirectory: string;
    };
    const outcomes = await runGenerator({
      ...{ host: x.host, outputs, program: program.path, header: x.header, signal: x.signal },
      ...{ dialect: x.dialect, mirror: x.mirror },
      ...(isOutlined(x, first) ? { outlines: this.#outlines } : {}),
      ...(this.#confine ? { confine: { argv: this.#confine, refused: REFUSED } } : {}),
      ...{ scratch: `${x.stage}/${this.#stages++}`, places: [action.workingDirectory, x.root] },
      ...{ locate: x.locate, tagOf: x.tagOf },
      reads: (output, directory) => this.#reads(output, directory),
      onStart: (some, argv, pid) =>
        this.#command(
          some.map(({ step }) => step),
          argv,
          pid,
          action,
        ),
      onEnd: (id, exitCode, milliseconds) => x.emit({ type: 'command-finished', id, exitCode, milliseconds }),
      onLine: (output, line) => x.emit({ type: 'step-output', step: output.step.id, line }),
    });
    const milliseconds = x.host.clock.monotonic() - started;
    for (const one of batch) this.#settle(one, outcomes.get(one.output.step.id), milliseconds);
    x.save();
  }

  /** A complaint names a directory by its place behind the vendor links, or by its own. */
  #reads(output: PlannedOutput, directory: string): boolean {
    const place = directory.replace(/^vendor\//, 'staging/src/');
    return output.reads.some((read) => {
      const closure = this.#x.sights.closure(read);
      return closure.has(directory) || closure.has(place);
    });
  }

  #settle({ output, key }: Stale, outcome: GeneratorOutcome | undefined, milliseconds: number): void {
    const { step } = output;
    const { state } = this.#x;
    if (!outcome || outcome.kind === 'failed') {
      this.#fail(step, outcome?.diagnostics ?? []);
      return;
    }
    try {
      const taken = outcome.kind === 'made' ? this.#x.take(output, outcome) : undefined;
      if (outcome.kind === 'nothing') this.#x.onNothing(output);
      if (taken?.kind === 'differs') {
        this.#finish(step, 'failed', milliseconds, []);
        return;
      }
      const files = taken?.files ?? [];
      state.outputs[step.id] = { key, keyParts: step.keyParts, milliseconds, files };
      this.#noteDeclarations(output);
      this.#finish(step, 'built', milliseconds, files);
    } catch (problem) {
      if (!(problem instanceof Failure)) throw problem;
      this.#fail(step, problem.diagnostics);
    }
  }

  #noteDeclarations({ reads }: PlannedOutput): void {
    const { sights, state } = this.#x;
    for (const read of reads)
      for (const directory of sights.closure(read))
        state.declarations[directory] = sights.sight(directory).own;
  }

  /** Problems of one batch end that batch; a bug ends the run. */
  async #guarded<T>(batch: readonly Stale[], work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (problem) {
      if (this.#x.signal.aborted) return undefined;
      if (!(problem instanceof Failure)) throw problem;
      for (const diagnostic of problem.diagnostics) this.#x.emit({ type: 'diagnostic', diagnostic });
      for (const { output } of batch)
        if (!this.#outcomes.has(output.step.id)) this.#finish(output.step, 'failed', 0, []);
      return undefined;
    }
  }

  #command(
    steps: readonly Step[],
    argv: readonly string[],
    pid: number,
    {
      environment,
      workingDirectory,
    }: { readonly environment: Readonly<Record<string, string>>; readonly workingDirectory: string },
  ): number {
    const id = ++this.#commands;
    this.#x.onCommand(pid);
    const ids = steps.map((step) => step.id);
    this.#x.emit({ type: 'command-started', id, steps: ids, argv, workingDirectory, environment, pid });
    return id;
  }

  /** A letter that many Steps share is told once. */
  #fail(step: Step, diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) {
      if (!this.#told.has(diagnostic)) this.#x.emit({ type: 'diagnostic', diagnostic });
      this.#told.add(diagnostic);
    }
    this.#finish(step, 'failed', 0, []);
  }

  #finish(step: Step, outcome: StepOutcome, milliseconds: number, outputs: readonly OutputFile[]): void {
    this.#outcomes.set(step.id, outcome);
    const shown = outputs.map(({ path, size, digest }) => ({ path, size, digest }));
    const key = this.#titles.get(step.id)?.key;
    this.#x.emit({
      type: 'step-finished',
      step: step.id,
      outcome,
      milliseconds,
      outputs: shown,
      ...(key ? { key } : {}),
    });
  }
}

interface Outlines {
  readonly gopath: string;
  readonly workingDirectory: string;
}

/** Whether a generator sees outlines: it finds packages in a GOPATH, and writes nothing beside what it reads. */
function isOutlined({ dialect, root }: Generation, output: PlannedOutput): boolean {
  const { workingDirectory } = actionOf(output);
  return dialect === 'gengo-v1' && output.generator.shape !== 'directory' && workingDirectory !== root;
}

/** Outlines of all that these outputs' generators load; undefined when none of them sees outlines. */
function outlinesFor(x: Generation, stale: readonly Stale[]): Outlines | undefined {
  const outputs = stale.map(({ output }) => output).filter((output) => isOutlined(x, output));
  if (outputs.length === 0) return undefined;
  const { host, root, goPackage, sights } = x;
  const directories = new Set(
    outputs.flatMap((output) => {
      const { packages, flags } = actionOf(output);
      const named = [...packages, ...flags].flatMap((word) => word.split(','));
      return [...output.reads, ...named.flatMap((path) => sights.directoryOf(path) ?? [])];
    }),
  );
  const gopath = `${x.stage}/outlines`;
  const programs = [...new Set(outputs.map(({ generator }) => generator.program.directory))];
  const workingDirectory = makeOutlines({ host, root, goPackage, sights, directories, programs, gopath });
  return { gopath, workingDirectory };
}

function weight(batch: readonly Stale[]): number {
  const generator = batch[0]?.output.generator;
  const many = generator?.shape === 'list' ? (batch[0]?.output.reads.length ?? 0) : batch.length;
  return 1 + many * (SECONDS[generator?.kind ?? ''] ?? OTHER_SECONDS);
}
