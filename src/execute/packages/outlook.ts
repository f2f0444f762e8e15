/** What is still to be made, and what that will take: told before a long run, and while it goes. */
import { type Diagnostic, warning } from '../../diagnostic/diagnostic.ts';
import type { EventBody } from '../../report/events.ts';
import { formatBytes } from '../../report/units.ts';
import type { Node } from './nodes.ts';

/** A shorter run needs no forecast. */
const LONG_MILLISECONDS = 20_000;
const FEW_NODES = 2_000;

export class Outlook {
  readonly #open = new Set<Node>();
  readonly #slots: number;
  readonly #memoryBytes: number;
  #milliseconds = 0;

  constructor(slots: number, memoryBytes: number) {
    this.#slots = slots;
    this.#memoryBytes = memoryBytes;
  }

  add(nodes: readonly Node[]): void {
    for (const node of nodes) {
      this.#open.add(node);
      this.#milliseconds += node.cost;
    }
  }

  /** It is made, found, or given up. */
  close(node: Node): void {
    if (this.#open.delete(node)) this.#milliseconds -= node.cost;
  }

  /** Milliseconds until all is made, at most: what turns out to be kept already takes none. */
  get left(): number {
    let longest = 0;
    // With so much to do the sum rules, and nobody has to look for the longest way.
    if (this.#open.size <= FEW_NODES)
      for (const { remaining } of this.#open) longest = Math.max(longest, remaining);
    return Math.round(Math.max(this.#milliseconds / this.#slots, longest));
  }

  /** Undefined for a short run. */
  forecast(): Extract<EventBody, { type: 'forecast' }> | undefined {
    const milliseconds = this.left;
    if (milliseconds < LONG_MILLISECONDS) return undefined;
    const nodes = [...this.#open];
    const peaks = nodes.map(({ peakBytes }) => peakBytes).sort((a, b) => b - a);
    const together = peaks.slice(0, this.#slots).reduce((sum, bytes) => sum + bytes, 0);
    return {
      ...{ type: 'forecast', milliseconds },
      packages: nodes.filter(({ kind }) => kind === 'package').length,
      programs: nodes.filter(({ kind }) => kind === 'link').length,
      learned: nodes.filter(({ isLearned }) => isLearned).length / nodes.length,
      // What does not fit beside the rest runs alone, however large it is.
      memoryBytes: Math.max(peaks[0] ?? 0, Math.min(together, this.#memoryBytes)),
      diskBytes: nodes.reduce((sum, { outputBytes }) => sum + outputBytes, 0),
    };
  }
}

/** Less room than a forecast asks for; undefined when there is enough, or nobody knows. */
export function shortOfDisk(
  diskBytes: number,
  freeBytes: number | undefined,
  place: string,
): Diagnostic | undefined {
  if (freeBytes === undefined || freeBytes >= diskBytes) return undefined;
  return warning('disk/short', {
    what: `${formatBytes(freeBytes)} are free at ${place}, and this run may keep ${formatBytes(diskBytes)} there`,
    why: 'that is a forecast; when the disk is full the run fails, and a rerun goes on from there',
    help: 'free space (kubewright cache prune), or put the cache elsewhere with KUBEWRIGHT_CACHE',
  });
}
