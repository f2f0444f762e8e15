/** Threads that compute what would hold up everything else: one function each, asked and answered by messages. */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { type Diagnostic, Failure } from '../diagnostic/diagnostic.ts';

type Answer<R> = { readonly value: R } | { readonly diagnostics: readonly Diagnostic[] };

/** What is told on the way to an answer. */
interface Note {
  readonly note: unknown;
}

interface Question<Q, R> {
  readonly request: Q;
  readonly weight: number;
  readonly onNote: (note: unknown) => void;
  readonly resolve: (value: R) => void;
  readonly reject: (problem: unknown) => void;
}

/** Started when first needed, or before; they do not keep the program alive while they are idle. */
export class Threads<Q, R> {
  readonly #module: URL;
  readonly #most: number;
  readonly #all = new Set<Worker>();
  readonly #idle: Worker[] = [];
  readonly #waiting: Question<Q, R>[] = [];
  readonly #asked = new Map<Worker, Question<Q, R>>();

  /** `module` calls `answerQuestions`; at most `most` threads run it at once. */
  constructor(module: URL, most: number) {
    this.#module = module;
    this.#most = most;
  }

  /** Starts the threads for so many questions, so that the first do not wait for it. */
  start(questions: number): void {
    while (this.#all.size < Math.min(this.#most, questions)) {
      const worker = this.#start();
      worker.unref();
      this.#idle.push(worker);
    }
  }

  /**
   * What the function gives for a request; its Failure is thrown here too. `onNote` is given what it tells meanwhile. Of
   * those that wait the heaviest goes first, so that none is left for the end.
   */
  ask(request: Q, onNote: (note: unknown) => void = () => {}, weight = 0): Promise<R> {
    return new Promise((resolve, reject) => {
      const lighter = this.#waiting.findIndex((other) => other.weight < weight);
      const place = lighter < 0 ? this.#waiting.length : lighter;
      this.#waiting.splice(place, 0, { request, weight, onNote, resolve, reject });
      this.#next();
    });
  }

  /** Ends all threads. Nothing may be asked for any more. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  #next(): void {
    if (this.#waiting.length === 0) return;
    const worker = this.#idle.pop() ?? (this.#all.size < this.#most ? this.#start() : undefined);
    if (!worker) return;
    const question = this.#waiting.shift() as Question<Q, R>;
    this.#asked.set(worker, question);
    worker.ref();
    worker.postMessage(question.request);
  }

  #start(): Worker {
    const worker = new Worker(this.#module);
    this.#all.add(worker);
    worker.on('message', (answer: Answer<R> | Note) => {
      const question = this.#asked.get(worker);
      if ('note' in answer) {
        question?.onNote(answer.note);
        return;
      }
      this.#asked.delete(worker);
      worker.unref();
      this.#idle.push(worker);
      if ('value' in answer) question?.resolve(answer.value);
      else question?.reject(new Failure(...answer.diagnostics));
      this.#next();
    });
    worker.on('error', (problem) => {
      this.#all.delete(worker);
      this.#asked.get(worker)?.reject(problem);
      this.#asked.delete(worker);
      this.#next();
    });
    return worker;
  }
}

/** In the module of a thread: answers every question with what `compute` gives for it; `tell` sends notes before. */
export function answerQuestions<Q, R>(
  compute: (request: Q, tell: (note: unknown) => void) => R | Promise<R>,
): void {
  if (isMainThread) return;
  const tell = (note: unknown) => parentPort?.postMessage({ note });
  parentPort?.on('message', async (request: Q) => {
    let answer: Answer<R>;
    try {
      answer = { value: await compute(request, tell) };
    } catch (problem) {
      if (!(problem instanceof Failure)) throw problem;
      answer = { diagnostics: problem.diagnostics };
    }
    parentPort?.postMessage(answer);
  });
}
