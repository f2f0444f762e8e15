/** Stamping beside other work: the threads are loaded with the first program, so that a build of nothing goes without. */
import type { Threads } from '../../host/threads.ts';
import type { Stamped, StampRequest } from '../../steps/stamp/run.ts';

const THREAD = new URL('./stampthread.js', import.meta.url);

export class Stamping {
  readonly #most: number;
  #threads: Promise<Threads<StampRequest, Stamped | undefined>> | undefined;

  /** At most so many threads. */
  constructor(most: number) {
    this.#most = most;
  }

  async stamp(request: StampRequest): Promise<Stamped | undefined> {
    this.#threads ??= import('../../host/threads.ts').then(({ Threads }) => new Threads(THREAD, this.#most));
    return (await this.#threads).ask(request);
  }

  async close(): Promise<void> {
    await (await this.#threads)?.close();
  }
}
