/** Longest paths through a graph of work: what sets the shortest time that any number of machines can reach. */

/** Work that waits for other work. */
export interface WorkNode {
  readonly id: string;
  /** Nodes that have to end before this one starts. */
  readonly needs: readonly string[];
  readonly cpuMilliseconds: number;
}

/** The longest way through a graph, first node first. */
export interface CriticalPath {
  readonly milliseconds: number;
  readonly nodes: readonly string[];
}

/** A graph by index, so that thirty thousand nodes take milliseconds. */
export interface WorkGraph {
  /** For each node those that need it. */
  readonly dependents: readonly (readonly number[])[];
  readonly needCounts: readonly number[];
  /** Duration of each node and of the longest way from it to an end. */
  readonly remaining: readonly number[];
}

/** For each node, milliseconds from its start to the end of the longest chain that waits for it. */
export function longestPaths(nodes: readonly WorkNode[]): Map<string, number> {
  const { remaining } = linkWork(nodes, 0);
  return new Map(nodes.map(({ id }, index) => [id, remaining[index] as number]));
}

/** Links nodes by index. Throws on a missing or cyclic need: a planner's bug, not a user's. */
export function linkWork(nodes: readonly WorkNode[], overhead: number): WorkGraph {
  const indexes = new Map(nodes.map(({ id }, index) => [id, index]));
  const dependents: number[][] = nodes.map(() => []);
  const needCounts = nodes.map(() => 0);
  for (const [index, { id, needs }] of nodes.entries()) {
    for (const need of new Set(needs)) {
      const needed = indexes.get(need);
      if (needed === undefined) throw new Error(`${id} needs ${need}, which is not there`);
      dependents[needed]?.push(index);
      needCounts[index] = (needCounts[index] ?? 0) + 1;
    }
  }
  return { dependents, needCounts, remaining: remainingTimes(nodes, overhead, dependents, needCounts) };
}

/** From the ends back to the starts: a node stands behind all that it needs. */
function remainingTimes(
  nodes: readonly WorkNode[],
  overhead: number,
  dependents: readonly (readonly number[])[],
  needCounts: readonly number[],
): number[] {
  const open = [...needCounts];
  const order = nodes.flatMap((_, index) => (open[index] === 0 ? [index] : []));
  for (const index of order) {
    for (const next of dependents[index] ?? []) {
      if (countDown(open, next) === 0) order.push(next);
    }
  }
  if (order.length < nodes.length)
    throw new Error(`cycle at ${nodes.find((_, index) => open[index] !== 0)?.id}`);
  const remaining = nodes.map(() => 0);
  for (const index of order.reverse()) {
    const { cpuMilliseconds } = nodes[index] as WorkNode;
    const behind = (dependents[index] ?? []).reduce(
      (most, next) => Math.max(most, remaining[next] as number),
      0,
    );
    remaining[index] = cpuMilliseconds + overhead + behind;
  }
  return remaining;
}

/** Takes one off a count and gives what is left. */
export function countDown(counts: number[], index: number): number {
  const left = (counts[index] ?? 0) - 1;
  counts[index] = left;
  return left;
}

/** Follows the longest way; among equals the node that was given first. */
export function criticalPathOf(nodes: readonly WorkNode[], graph: WorkGraph): CriticalPath {
  const { dependents, remaining } = graph;
  const longest = (among: readonly number[]) =>
    among.reduce<number | undefined>(
      (best, one) =>
        best === undefined || (remaining[one] as number) > (remaining[best] as number) ? one : best,
      undefined,
    );
  const first = longest(nodes.map((_, index) => index));
  const path: string[] = [];
  for (let at = first; at !== undefined; at = longest(dependents[at] ?? [])) path.push(nodes[at]?.id ?? '');
  return { milliseconds: first === undefined ? 0 : (remaining[first] as number), nodes: path };
}
