/** Packers that do nothing but sum and copy bytes, a core for each of several Steps. */
import type { Packer, PackRequest } from '../../execute/artifacts/packer.ts';
import type { Threads } from '../../host/threads.ts';
import type { Step } from '../../plan/step.ts';

/** What a thread is asked; it ends with the run, so that it knows of no signal. */
export type PackQuestion = { readonly packer: string } & Pick<
  PackRequest,
  'parameters' | 'inputs' | 'outputs' | 'digests' | 'jobs'
>;

export type PackNote =
  | { readonly summed: Parameters<NonNullable<PackRequest['onSummed']>> }
  | { readonly progress: Parameters<PackRequest['onProgress']> };

const THREAD = new URL('./packthread.js', import.meta.url);

/** The others wait for disks or networks, or have threads of their own. */
const SUMMING = new Set(['checksum', 'image-archive']);

export class PackThreads {
  readonly #most: number;
  readonly #isWorthIt: boolean;
  #threads: Promise<Threads<PackQuestion, void>> | undefined;

  /** At most `most` threads; none when the Steps would give them nothing to do side by side. */
  constructor(most: number, steps: readonly Step[]) {
    const summing = steps.filter(({ action }) => action.kind === 'pack' && SUMMING.has(action.packer));
    this.#most = most;
    this.#isWorthIt = most > 1 && summing.length > 1;
  }

  /** Steps at once: the inputs of one more are summed here while all threads are busy. */
  get slots(): number {
    return this.#isWorthIt ? this.#most + 1 : this.#most;
  }

  /** The packer of that name, in a thread where that saves time. */
  spread(name: string, packer: Packer): Packer {
    if (!this.#isWorthIt || !SUMMING.has(name)) return packer;
    return { ...packer, pack: (request) => this.#pack(name, request) };
  }

  async close(): Promise<void> {
    await (await this.#threads)?.close();
  }

  async #pack(name: string, { parameters, inputs, outputs, digests, jobs, ...request }: PackRequest) {
    this.#threads ??= import('../../host/threads.ts').then(({ Threads }) => new Threads(THREAD, this.#most));
    const threads = await this.#threads;
    const onNote = (note: unknown) => {
      const told = note as PackNote;
      if ('summed' in told) request.onSummed?.(...told.summed);
      else request.onProgress(...told.progress);
    };
    const { signal } = request;
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      threads
        .ask({ packer: name, parameters, inputs, outputs, digests, jobs }, onNote)
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', onAbort));
    });
  }
}
