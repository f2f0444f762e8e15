/** Large processes, few at once: beyond the cores they hold memory and save no time. */
import type { WaitingWork } from './elsewhere.ts';

/** Most packages take a third of this; three platforms want the same large one at the same moment. */
const LARGE_BYTES = 256 * 1024 ** 2;

export class LargeWork {
  readonly #most: number;
  readonly #waiting: WaitingWork[] = [];
  #running = 0;

  /** `slots`: processes at once, of which one is there for the moments in which another waits. */
  constructor(slots: number) {
    this.#most = Math.max(1, slots - 1);
  }

  /** Whether the work may not start now; it waits here then. */
  holdsBack(work: WaitingWork): boolean {
    if (!isLarge(work) || this.#running < this.#most) return false;
    this.#waiting.push(work);
    return true;
  }

  started(work: WaitingWork): void {
    if (isLarge(work)) this.#running++;
  }

  /** To be called when started work has ended; returns what may try again. */
  ended(work: WaitingWork): readonly WaitingWork[] {
    if (!isLarge(work)) return [];
    this.#running--;
    return this.drop();
  }

  /** Takes out all that waits. */
  drop(): readonly WaitingWork[] {
    return this.#waiting.splice(0);
  }
}

function isLarge({ node }: WaitingWork): boolean {
  return node.peakBytes > LARGE_BYTES;
}
