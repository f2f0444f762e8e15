/**
 * Executes a Plan of artifacts: a Step whose files and parameters are as they were is fresh, one that the store knows
 * is restored, the rest is packed in scratch files, several at a time, and published when whole. How bytes are packed
 * is `steps/`; how programs are built is the executor beside this folder.
 */
import { dirname } from 'node:path';
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import { type Digest, digestOfRecord } from '../../formats/digest.ts';
import type { Host } from '../../host/host.ts';
import type { Plan } from '../../plan/plan.ts';
import type { PackAction, Step, StepId } from '../../plan/step.ts';
import type { EventBody, StepOutcome } from '../../report/events.ts';
import type { LocalStore } from '../../store/local.ts';
import type { FileIndex } from '../../tree/packages/fileindex.ts';
import type { Counts } from '../execution.ts';
import { isIntact, nameOf, restoreOutputs, statOf } from '../outputs.ts';
import { inputChanged } from '../programs.ts';
import type { OutputRecord, StepRecord } from '../state.ts';
import type { NamedOutput, Packer } from './packer.ts';

export interface Packing {
  readonly host: Host;
  readonly plan: Plan;
  /** The worker behind a name; loaded when the first Step wants it. */
  readonly packer: (name: string) => Promise<Packer>;
  /** Last good run of each Step; changed in place. */
  readonly steps: Record<StepId, StepRecord>;
  readonly index: FileIndex;
  readonly store: LocalStore;
  /** Directory of this run for files that are not whole yet. */
  readonly stage: string;
  /** Threads that a packer may keep busy. */
  readonly jobs: number;
  /** Steps at once. */
  readonly slots: number;
  readonly signal: AbortSignal;
  readonly emit: (event: EventBody) => void;
}

/** Packs what is stale; problems are emitted as Diagnostics, and the counts say how it went. */
export async function packArtifacts(packing: Packing): Promise<Counts> {
  return new PackingRun(packing).toEnd();
}

interface KeyedInputs {
  readonly key: Digest;
  readonly paths: readonly string[];
  readonly digests: readonly Digest[];
}

class PackingRun {
  readonly #x: Packing;
  readonly #outcomes = new Map<StepId, StepOutcome>();
  readonly #started = new Set<StepId>();
  readonly #running = new Set<Promise<void>>();
  /** Steps that wait for the disk to have their outputs: meanwhile others are packed. */
  #settling = 0;
  #onSettling: () => void = () => {};
  /** Outputs of this run by path: what needs them does not read them again. */
  readonly #made = new Map<string, Digest>();

  constructor(packing: Packing) {
    this.#x = packing;
  }

  async toEnd(): Promise<Counts> {
    const { plan, signal } = this.#x;
    for (;;) {
      for (const step of plan.steps) {
        if (this.#running.size - this.#settling >= this.#x.slots || signal.aborted) break;
        if (this.#isReady(step)) this.#start(step);
      }
      if (this.#running.size === 0) break;
      const settling = new Promise<void>((resolve) => {
        this.#onSettling = resolve;
      });
      await Promise.race([...this.#running, settling]);
    }
    const counts: Counts = { fresh: 0, restored: 0, built: 0, failed: 0, cancelled: 0 };
    for (const step of plan.steps)
      if (!this.#outcomes.has(step.id)) this.#finish(step, 'cancelled', 0, [], undefined);
    for (const outcome of this.#outcomes.values()) counts[outcome]++;
    return counts;
  }

  #isReady(step: Step): boolean {
    if (this.#started.has(step.id)) return false;
    return step.needs.every((need) =>
      ['fresh', 'restored', 'built'].includes(this.#outcomes.get(need) ?? ''),
    );
  }

  #start(step: Step): void {
    this.#started.add(step.id);
    const work = this.#run(step)
      .catch((problem: unknown) => {
        if (this.#x.signal.aborted) this.#finish(step, 'cancelled', 0, [], undefined);
        else this.#fail(step, problem);
      })
      .finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  #fail(step: Step, problem: unknown): void {
    if (!(problem instanceof Failure)) throw problem;
    for (const diagnostic of problem.diagnostics) this.#x.emit({ type: 'diagnostic', diagnostic });
    this.#finish(step, 'failed', 0, [], undefined);
  }

  async #run(step: Step): Promise<void> {
    const { host, store, steps, emit } = this.#x;
    const started = host.clock.monotonic();
    const { packer: name, parameters } = step.action as PackAction;
    const packer = await this.#x.packer(name);
    const inputs = this.#inputsOf(step, { name, version: packer.version, parameters });
    const record = steps[step.id];
    const because = this.#staleness(step, record, inputs.key);
    if (!because) {
      const all = [...(record?.outputs ?? []), ...(record?.named ?? [])];
      this.#finish(step, 'fresh', host.clock.monotonic() - started, all, inputs.key);
      return;
    }
    emit({ type: 'step-started', step: step.id, because });
    const restored = packer.isCopy
      ? undefined
      : restoreOutputs(host, store, inputs.key, step.outputs, ARTIFACT_MODE);
    const { outputs, named } = restored
      ? { outputs: restored, named: [] }
      : await this.#pack(step, packer, inputs);
    const milliseconds = host.clock.monotonic() - started;
    const moved = restored ? undefined : this.#movedInput(inputs);
    if (moved) emit({ type: 'diagnostic', diagnostic: inputChanged(step, moved) });
    else {
      const files = outputs.map((output) => ({ ...output, name: nameOf(output.path) }));
      if (!restored && !packer.isCopy) store.keep(inputs.key, files, milliseconds);
      steps[step.id] = { key: inputs.key, outputs, milliseconds, ...(named.length > 0 ? { named } : {}) };
    }
    const all = [...outputs, ...named];
    this.#finish(step, restored ? 'restored' : 'built', milliseconds, all, inputs.key, inputs);
  }

  /** Why a Step is to be done; undefined when it is fresh. */
  #staleness(step: Step, record: StepRecord | undefined, key: Digest): string | undefined {
    const { host } = this.#x;
    if (!record) return 'it was never made here';
    if (record.key !== key) return 'a file in it or a setting changed';
    const isWhole =
      record.outputs.length === step.outputs.length &&
      record.outputs.every((output, i) => output.path === step.outputs[i] && isIntact(host, output)) &&
      (record.named ?? []).every((output) => isIntact(host, output));
    return isWhole ? undefined : 'an output is gone or was changed';
  }

  #inputsOf(step: Step, packer: Readonly<Record<string, unknown>>): KeyedInputs {
    const paths = step.inputs.flatMap((input) => (input.kind === 'file' ? [input.path] : []));
    const missing: string[] = [];
    const digests = paths.map((path) => {
      const digest = this.#made.get(path) ?? this.#x.index.read(path)?.digest;
      if (digest === undefined) missing.push(path);
      return digest ?? '';
    });
    if (missing.length > 0) throw new Failure(inputMissing(step, missing));
    return { key: digestOfRecord({ schema: KEY_SCHEMA, packer, digests }), paths, digests };
  }

  async #pack(
    step: Step,
    packer: Packer,
    { paths, digests }: KeyedInputs,
  ): Promise<{ outputs: OutputRecord[]; named: OutputRecord[] }> {
    const { host, stage, jobs, signal, emit } = this.#x;
    const scratch = `${stage}/${digestOfRecord(step.id).slice(0, 16)}`;
    const outputs = step.outputs.map((path, i) => `${scratch}/${i}-${nameOf(path)}`);
    const summed = new Map<number, Digest>();
    const named: OutputRecord[] = [];
    const below = dirname(step.outputs[0] ?? '');
    const putNamed = (name: string, { digest, size }: NamedOutput, put: (path: string) => void): void => {
      const path = `${below}/${name}`;
      if (host.files.lstat(path)?.size !== size || host.files.digest(path) !== digest) put(path);
      named.push({ path, digest, size, stat: statOf(host, path) });
    };
    host.files.makeDirectory(scratch);
    try {
      await packer.pack({
        ...{ host, inputs: paths, digests, outputs, jobs, signal },
        putNamed,
        onSummed: (output, digest) => void summed.set(output, digest),
        parameters: (step.action as PackAction).parameters,
        onProgress: (done, total, detail) =>
          emit({ type: 'step-progress', step: step.id, done, total, detail }),
      });
      signal.throwIfAborted();
      await this.#settle(outputs);
      const published = outputs.map((file, i) => {
        const path = step.outputs[i] as string;
        const digest = summed.get(i) ?? host.files.digest(file);
        const size = host.files.lstat(file)?.size ?? 0;
        host.files.publishMove(file, path, ARTIFACT_MODE);
        return { path, digest, size, stat: statOf(host, path) };
      });
      return { outputs: published, named };
    } finally {
      host.files.remove(scratch);
    }
  }

  async #settle(files: readonly string[]): Promise<void> {
    this.#settling++;
    this.#onSettling();
    await Promise.all(files.map((file) => this.#x.host.files.settle(file))).finally(() => this.#settling--);
  }

  #movedInput({ paths }: KeyedInputs): string | undefined {
    return paths.find((path) => !this.#made.has(path) && !this.#x.index.isUnmoved(path));
  }

  #finish(
    step: Step,
    outcome: StepOutcome,
    milliseconds: number,
    outputs: readonly OutputRecord[],
    key: Digest | undefined,
    inputs?: KeyedInputs,
  ): void {
    this.#outcomes.set(step.id, outcome);
    for (const { path, digest } of outputs) this.#made.set(path, digest);
    this.#x.emit({
      ...{ type: 'step-finished', step: step.id, outcome, milliseconds },
      outputs: outputs.map(({ path, size, digest }) => ({ path, size, digest })),
      ...(key ? { key } : {}),
      ...(inputs ? { inputs: listed(inputs) } : {}),
    });
  }
}

const KEY_SCHEMA = 1;
/** More are told as one: the log of a run is no copy of the tree. */
const MOST_LISTED = 2000;

function listed({ paths, digests }: KeyedInputs) {
  if (paths.length > MOST_LISTED)
    return [{ path: `(${paths.length} files)`, digest: digestOfRecord({ paths, digests }) }];
  return paths.map((path, i) => ({ path, digest: digests[i] as string }));
}

const ARTIFACT_MODE = 0o644;

function inputMissing(step: Step, missing: readonly string[]): Diagnostic {
  const rest = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
  return error('artifact/input-missing', {
    what: `${step.title} is to hold ${missing[0]}${rest}, which is not there`,
    why: 'it was removed after the run was planned, or never built',
    help: 'run the command again; it plans with what is there, or builds what is missing',
  });
}
