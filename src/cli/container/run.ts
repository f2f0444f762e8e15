/** One command in a container, from lock to report: sources in, the command, results out. */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Counts } from '../../execute/execution.ts';
import { takeLock } from '../../execute/lock.ts';
import type { EventBody, OutputFile, StepOutcome } from '../../report/events.ts';
import { formatBytes, formatCount } from '../../report/units.ts';
import { type Recording, recordRun } from '../recordedrun.ts';
import { newRunId } from '../runid.ts';
import type { Session } from '../session.ts';
import { ContainerJob } from './job.ts';
import { lockDirectory, type PreparedContainer, prepareContainer, readCheckout } from './prepare.ts';
import type { ContainerRequest } from './request.ts';

/** Which parts a run has: `copy-output` brings results alone. */
export type Parts = 'all' | 'results';

/** Runs and returns the exit code: that of the command inside, when it came to run. */
export async function runInContainer(
  session: Session,
  request: ContainerRequest,
  parts: Parts = 'all',
): Promise<number> {
  const { context } = session;
  const { host, options, signal } = context;
  if (options.dryRun) {
    const checkout = await readCheckout(session, request);
    return (await import('./dryrun.ts')).printContainerPlan(session, request, checkout);
  }
  const prepared = await prepareContainer(session, request);
  const words = ['kubewright', ...process.argv.slice(2)].join(' ');
  const onWait = (holder: string) => void host.stderr.write(`waiting for ${holder}\n`);
  try {
    const wait = request.waitSeconds * 1000;
    const lock = await takeLock(host, lockDirectory(host, prepared.names), words, wait, signal, onWait);
    try {
      const run = new ContainerRun(prepared, parts);
      // What the command says goes through as it comes; a live view would be written over by it.
      const plainly = { ...session, context: { ...context, options: { ...options, plain: true } } };
      const facts = {
        treeVersion: prepared.version.gitVersion ?? '',
        ...{ toolchain: '', waitSeconds: request.waitSeconds, durations: new Map() },
        isResult: () => parts === 'results',
      };
      const exitCode = await recordRun(plainly, facts, (recording) => run.toEnd(recording));
      return exitCode === 1 && run.status !== undefined && run.status > 0 ? run.status : exitCode;
    } finally {
      lock.release();
    }
  } finally {
    await prepared.engine.close();
  }
}

const STEPS = ['sources', 'command', 'results'] as const;
type StepName = (typeof STEPS)[number];

class ContainerRun {
  /** Exit status of the command, once it ended. */
  status: number | undefined;
  readonly #prepared: PreparedContainer;
  readonly #parts: Parts;
  readonly #counts: Counts = { fresh: 0, restored: 0, built: 0, failed: 0, cancelled: 0 };

  constructor(prepared: PreparedContainer, parts: Parts) {
    [this.#prepared, this.#parts] = [prepared, parts];
  }

  async toEnd({ emit, stage }: Recording): Promise<Counts> {
    const { host, request, signal } = this.#prepared;
    const steps = STEPS.filter((name) => this.#isPart(name));
    emit({ type: 'plan-made', steps: steps.map((name, i) => this.#describe(name, steps[i - 1])) });
    host.files.remove(stage);
    host.files.makeDirectory(stage, 0o700);
    const job = new ContainerJob(this.#prepared, { run: newRunId(host.clock.now()), stage });
    let isOver = false;
    try {
      for (const name of steps) {
        if (isOver || signal.aborted) this.#finish(emit, name, 'cancelled', 0);
        else isOver = !(await this.#step(emit, name, job));
      }
      return this.#counts;
    } finally {
      await job.end(request.keep && !signal.aborted);
      host.files.remove(stage);
    }
  }

  #isPart(name: StepName): boolean {
    if (this.#parts === 'results') return name === 'results';
    return name !== 'results' || this.#prepared.request.copyOutput;
  }

  #describe(name: StepName, before: StepName | undefined) {
    const { plan, request, image } = this.#prepared;
    const titles: Readonly<Record<StepName, string>> = {
      sources: `sources (${plan.transport})`,
      command: `${request.command.map(shown).join(' ')} in ${image.reference}`,
      results: `results (${plan.transport})`,
    };
    const needs = before === undefined ? [] : [idOf(before)];
    return { id: idOf(name), kind: 'container', title: titles[name], needs };
  }

  /** Does one step; false when the rest cannot follow. */
  async #step(emit: (event: EventBody) => void, name: StepName, job: ContainerJob): Promise<boolean> {
    const { host, signal } = this.#prepared;
    const started = host.clock.monotonic();
    const start = (because: string) => emit({ type: 'step-started', step: idOf(name), because });
    const finish = (outcome: StepOutcome, outputs: readonly OutputFile[] = []) =>
      this.#finish(emit, name, outcome, host.clock.monotonic() - started, outputs);
    try {
      if (job.isDone) {
        this.status = 0;
        finish('fresh');
        return true;
      }
      if (name === 'sources') {
        const { files, removed, bytes, why } = await job.bringSources(start);
        finish(files + removed === 0 && why === undefined ? 'fresh' : 'built');
        if (bytes > 0 || removed > 0)
          this.#note(
            `${formatCount(files, 'entry', 'entries')} sent, ${formatBytes(bytes)}; ${removed} removed`,
          );
        return true;
      }
      if (name === 'command') {
        start('asked for');
        this.status = await job.runCommand();
        if (this.status === 0) finish('built');
        else if (signal.aborted) finish('cancelled');
        else throw new Failure(await this.#commandFailed(job, this.status));
        return this.status === 0;
      }
      const { outputs, removed } = await job.fetchResults(start, this.#parts === 'results');
      for (const path of removed) this.#note(`${path} is no more, and was removed here`);
      finish(outputs.length + removed.length === 0 ? 'fresh' : 'built', outputs);
      return true;
    } catch (problem) {
      if (signal.aborted) {
        finish('cancelled');
        return false;
      }
      if (!(problem instanceof Failure)) throw problem;
      for (const diagnostic of problem.diagnostics) emit({ type: 'diagnostic', diagnostic });
      finish('failed');
      return false;
    }
  }

  #note(text: string): void {
    const { host, session } = this.#prepared;
    if (!session.context.options.quiet && !session.context.options.json) host.stderr.write(`  ${text}\n`);
  }

  #finish(
    emit: (event: EventBody) => void,
    name: StepName,
    outcome: StepOutcome,
    milliseconds: number,
    outputs: readonly OutputFile[] = [],
  ): void {
    this.#counts[outcome]++;
    emit({ type: 'step-finished', step: idOf(name), outcome, milliseconds, outputs });
  }

  async #commandFailed(job: ContainerJob, status: number) {
    const { request, image, plan } = this.#prepared;
    const isShort = await job.ranOutOfMemory();
    return error('container/command-failed', {
      what: `${shown(request.command[0] ?? '')} ended with ${status} in a container of ${image.reference}`,
      why: isShort
        ? 'the engine ended it for want of memory'
        : status === 127
          ? 'the image, or the tree, has no such program'
          : 'what it said stands above; nothing was copied back',
      help: isShort
        ? 'give the engine more memory (Kubernetes wants 8 GB), or build fewer things at once'
        : `look around inside: kubewright container shell${plan.transport === 'bind' ? '' : ' (sources and caches are kept)'}`,
    });
  }
}

function idOf(name: StepName): string {
  return `container:${name}`;
}

function shown(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
