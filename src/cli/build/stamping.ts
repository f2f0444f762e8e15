/** Stamping beside other work: the threads are loaded with the first program, so that a build of nothing goes without. */
import type { Threads } from '../../host/threads.ts';
import type { Stamped, StampRequest } from '../../steps/stamp/run.ts';

const THREAD = new URL('./stampthread.js', import.meta.url);

type StampThreads = Threads<StampRequest, Stamped | undefined>;

export class Stamping {
  readonly #most: number;
  #loading: Promise<StampThreads> | undefined;
  #threads: StampThreads | undefined;

  /** At most so many threads. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Starts the threads that so many programs will want, beside what comes before. */
  async prepare(programs: number): Promise<void> {
    this.#threads = await this.#load();
    this.#threads.start(programs);
  }

  /** Not async: what is prepared begins at once, while the caller looks at the next program. */
  stamp(request: StampRequest): Promise<Stamped | undefined> {
    const ask = (threads: StampThreads) => threads.ask(request, undefined, request.size);
    return this.#threads ? ask(this.#threads) : this.#load().then(ask);
  }

  #load(): Promise<StampThreads> {
    this.#loading ??= import('../../host/threads.ts').then(({ Threads }) => new Threads(THREAD, this.#most));
    return this.#loading;
  }

  async close(): Promise<void> {
    await (await this.#loading)?.close();
  }
}
