/**
 * Large processes, few at once: beyond the cores they hold memory and save no time. One package or program for several
 * platforms is made for one after the other: they become ready at the same moment, and set the peak of the whole run if they
 * run at the same moment too. What is small of the others fills the time.
 */
import type { WaitingWork } from './elsewhere.ts';

/** Most packages take a third of this. */
const LARGE_BYTES = 256 * 1024 ** 2;

/** What takes longer holds more than the rest, and often more than was thought: a package that imports all others. */
const LONG_MILLISECONDS = 500;

export class LargeWork {
  readonly #slots: number;
  readonly #most: number;
  readonly #waiting: WaitingWork[] = [];
  readonly #running: WaitingWork[] = [];

  /** `slots`: processes at once. Two are left to small work: one is there for the moments in which another waits. */
  constructor(slots: number) {
    this.#slots = slots;
    this.#most = Math.max(1, slots - 2);
  }

  /** Whether the work may run beside so many processes. A large one has threads of its own for the moments of waiting. */
  hasRoom(work: WaitingWork, running: number): boolean {
    const isBesideLarge = isLarge(work) || this.#running.some(isLarge);
    return running < (isBesideLarge && this.#slots > 2 ? this.#slots - 1 : this.#slots);
  }

  /** Whether the work may not start now; it waits here then. */
  holdsBack(work: WaitingWork): boolean {
    const isFull = isLarge(work) && this.#running.filter(isLarge).length >= this.#most;
    const isTwin = isHeavy(work) && this.#running.some(({ node }) => node.name === work.node.name);
    if (isFull || isTwin) this.#waiting.push(work);
    return isFull || isTwin;
  }

  started(work: WaitingWork): void {
    if (isHeavy(work)) this.#running.push(work);
  }

  /** To be called when started work has ended; returns what may try again. */
  ended(work: WaitingWork): readonly WaitingWork[] {
    if (!isHeavy(work)) return [];
    this.#running.splice(this.#running.indexOf(work), 1);
    return this.drop();
  }

  /** Takes out all that waits. */
  drop(): readonly WaitingWork[] {
    return this.#waiting.splice(0);
  }
}

function isHeavy(work: WaitingWork): boolean {
  return isLarge(work) || work.node.cost > LONG_MILLISECONDS;
}

function isLarge({ node }: WaitingWork): boolean {
  return node.peakBytes > LARGE_BYTES;
}
