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
import { type PlannedOutput, programStep, programsOf } from '../../steps/generate/package/output.ts';
import { runPrinted } from '../../steps/generate/package/printed.ts';
import { type GeneratorOutcome, runGenerator } from '../../steps/generate/package/run.ts';
import type { Dialect } from '../../tree/codegen/model.ts';
import type { PackageSights } from '../../tree/tags/packages.ts';
import type { OutputRecord } from '../state.ts';
import { assessOutput } from './assess.ts';
import { phasesOf } from './batches.ts';
import { type Confine, confinement, REFUSED } from './confine.ts';
import type { GeneratedState } from './memory.ts';
import { isOutlined, type Outlines, outlinesFor } from './outlines.ts';
import { type ProgramPlaces, type ProgramRequest, type ReadyProgram, readyPrograms } from './programs.ts';
import { printSchema } from './schema.ts';

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
    const needed = new Set(stale.flatMap(({ output }) => programsOf(output.generator).map(programStep)));
    for (const { step } of this.#x.programs.values())
      if (!needed.has(step.id)) this.#finish(step, 'fresh', 0, []);
    return stale;
  }

  async #generate(stale: readonly Stale[]): Promise<void> {
    for (const one of stale) this.#titles.set(one.output.step.id, one);
    const programs = new Map<string, ReadyProgram | Diagnostic>();
    for (const batches of phasesOf(stale)) await this.#runPhase(batches, programs);
  }

  async #runPhase(
    batches: readonly (readonly Stale[])[],
    programs: Map<string, ReadyProgram | Diagnostic>,
  ): Promise<void> {
    const outputs = batches.flat().map(({ output }) => output);
    if (outputs.length === 0 || this.#x.signal.aborted) return;
    const compiling = this.#guarded([], () => this.#compile(outputs, programs));
    // The go process compiles meanwhile.
    this.#outlines ??= outlinesFor(this.#x, outputs);
    await compiling;
    this.#confine ??= await confinement(this.#x.host, this.#x.signal);
    const queue = [...batches];
    const worker = async (): Promise<void> => {
      for (let batch = queue.shift(); batch && !this.#x.signal.aborted; batch = queue.shift()) {
        const found = batch;
        await this.#guarded(found, () => this.#runBatch(found, programs));
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, this.#x.jobs) }, worker));
  }

  /** Adds the programs of these outputs. */
  async #compile(
    outputs: readonly PlannedOutput[],
    programs: Map<string, ReadyProgram | Diagnostic>,
  ): Promise<void> {
    const x = this.#x;
    const names = new Set(outputs.flatMap(({ generator }) => programsOf(generator)).map(({ name }) => name));
    const wanted = [...names].flatMap((name) => (programs.has(name) ? [] : (x.programs.get(name) ?? [])));
    if (wanted.length === 0) return;
    for (const { step } of wanted)
      x.emit({ type: 'step-started', step: step.id, because: 'outputs need it' });
    const ready = await readyPrograms(
      this.#programPlaces(
        wanted.map(({ step }) => step),
        'programs',
      ),
      wanted.map(({ request }) => request),
    );
    for (const { step, request } of wanted) {
      const program = ready.get(request.program.name);
      if (program) programs.set(request.program.name, program);
      if (program && 'code' in program) this.#fail(step, [program]);
      else this.#finish(step, program?.outcome ?? 'failed', program?.milliseconds ?? 0, []);
    }
  }

  async #runBatch(
    batch: readonly Stale[],
    programs: ReadonlyMap<string, ReadyProgram | Diagnostic>,
  ): Promise<void> {
    const x = this.#x;
    const outputs = batch.map(({ output }) => output);
    const first = outputs[0] as PlannedOutput;
    const program = programs.get(first.generator.program.name);
    const waitedInVain = first.step.needs.some((id) => isLost(this.#outcomes.get(id)));
    if (!program || 'code' in program || waitedInVain) {
      for (const { step } of outputs) this.#finish(step, 'cancelled', 0, []);
      return;
    }
    const started = x.host.clock.monotonic();
    const { workingDirectory } = actionOf(first);
    const common = {
      ...{ host: x.host, program: program.path, dialect: x.dialect, signal: x.signal, tagOf: x.tagOf },
      scratch: `${x.stage}/${this.#stages++}`,
      onStart: (some: readonly PlannedOutput[], argv: readonly string[], pid: number) =>
        this.#command(
          some.map(({ step }) => step),
          argv,
          pid,
          actionOf(first),
        ),
      onEnd: (id: number, exitCode: number, milliseconds: number) => this.#ended(id, exitCode, milliseconds),
      onLine: ({ step }: PlannedOutput, line: string) => x.emit({ type: 'step-output', step: step.id, line }),
    };
    const outcomes =
      first.generator.shape === 'printed'
        ? new Map([
            [
              first.step.id,
              await runPrinted({ ...common, output: first, gofmt: `${x.places.goRoot}/bin/gofmt` }),
            ],
          ])
        : await runGenerator({
            ...{ ...common, outputs, header: x.header, mirror: x.mirror, locate: x.locate },
            schema: await this.#schema(first),
            ...(isOutlined(x, first) ? { outlines: this.#outlines } : {}),
            ...(this.#confine ? { confine: { argv: this.#confine, refused: REFUSED } } : {}),
            places: [workingDirectory, x.root],
            reads: (output, directory) => this.#reads(output, directory),
          });
    const milliseconds = x.host.clock.monotonic() - started;
    for (const one of batch) this.#settle(one, outcomes.get(one.output.step.id), milliseconds);
    x.save();
  }

  /** The schema that a generator is given. */
  async #schema({ generator, step }: PlannedOutput): Promise<string | undefined> {
    if (generator.shape !== 'directory' || !generator.schema) return undefined;
    return printSchema(this.#programPlaces([step], 'schema'), generator.schema);
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

  /** Where programs are made and run in the name of these Steps. */
  #programPlaces(steps: readonly Step[], stage: string): ProgramPlaces {
    const x = this.#x;
    return {
      ...{ ...x.places, host: x.host, signal: x.signal, stage: `${x.stage}/${stage}` },
      onStart: (argv, pid) => this.#command(steps, argv, pid, x.places),
      onEnd: (id, exitCode, milliseconds) => this.#ended(id, exitCode, milliseconds),
      onLine: (line) => x.emit({ type: 'step-output', step: steps[0]?.id ?? '', line }),
    };
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

  #ended(id: number, exitCode: number, milliseconds: number): void {
    this.#x.emit({ type: 'command-finished', id, exitCode, milliseconds });
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

function isLost(outcome: StepOutcome | undefined): boolean {
  return outcome === 'failed' || outcome === 'cancelled';
}
