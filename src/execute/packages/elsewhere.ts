/** Work that another build on this machine is doing at this moment: looked after until it is done, or free again. */
import type { Digest } from '../../formats/digest.ts';
import type { ActionRecord, LocalStore } from '../../store/local.ts';
import type { Node } from './nodes.ts';

const POLL_MILLISECONDS = 50;

export interface WaitingWork {
  readonly node: Node;
  readonly key: Digest;
}

export class Elsewhere {
  readonly #store: Pick<LocalStore, 'find' | 'claims'>;
  readonly #onFound: (work: WaitingWork, record: ActionRecord) => void;
  readonly #onFree: (work: WaitingWork) => void;
  readonly #waiting = new Map<Digest, WaitingWork>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    store: Pick<LocalStore, 'find' | 'claims'>,
    onFound: (work: WaitingWork, record: ActionRecord) => void,
    onFree: (work: WaitingWork) => void,
  ) {
    this.#store = store;
    this.#onFound = onFound;
    this.#onFree = onFree;
  }

  /** What another build made since it was asked for last; undefined when it is for us to make, and claimed. */
  settle(work: WaitingWork): ActionRecord | 'waits' | undefined {
    if (!this.#store.claims.take(work.key)) {
      this.#waiting.set(work.key, work);
      this.#timer ??= setInterval(() => this.#look(), POLL_MILLISECONDS);
      return 'waits';
    }
    const record = this.#store.find(work.key);
    if (record) this.#store.claims.release(work.key);
    return record;
  }

  /** Forgets all that is waited for, and gives it back. */
  drop(): WaitingWork[] {
    const dropped = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#stop();
    return dropped;
  }

  #look(): void {
    for (const work of [...this.#waiting.values()]) {
      const record = this.#store.find(work.key);
      if (!record && !this.#store.claims.take(work.key)) continue;
      this.#waiting.delete(work.key);
      if (record) this.#onFound(work, record);
      else {
        this.#store.claims.release(work.key);
        this.#onFree(work);
      }
    }
    if (this.#waiting.size === 0) this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
