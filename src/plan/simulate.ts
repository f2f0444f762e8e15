/**
 * What more machines would bring: a plan's work laid out on workers that do not exist, by the rule that the scheduler
 * follows, longest remaining path first. Pure and deterministic; the figures are as good as the durations it is given.
 */
import { Heap } from './heap.ts';
import {
  type CriticalPath,
  countDown,
  criticalPathOf,
  linkWork,
  type WorkGraph,
  type WorkNode,
} from './paths.ts';

export interface SimulatedNode extends WorkNode {
  /** Most memory that it takes at once; 0 when nobody knows. */
  readonly peakBytes: number;
}

export interface Workers {
  readonly workers: number;
  readonly coresPerWorker: number;
  /** Bytes that the nodes on one worker may take together; unlimited when absent. */
  readonly memoryPerWorker?: number;
  /** What each node costs on top of its own time: transfers, a sandbox, a remote engine's answer. */
  readonly overheadMilliseconds: number;
}

export interface Simulation {
  /** Milliseconds from the first start to the last end. */
  readonly makespan: number;
  /** Milliseconds of all nodes together, overhead included. */
  readonly work: number;
  readonly criticalPath: CriticalPath;
  /** Share of all cores that was at work on average, 0 to 1. */
  readonly busy: number;
}

/** Lays the nodes out. Throws on a missing or cyclic need: a planner's bug, not a user's. */
export function simulate(nodes: readonly SimulatedNode[], workers: Workers): Simulation {
  const overhead = workers.overheadMilliseconds;
  const graph = linkWork(nodes, overhead);
  const makespan = layOut(nodes, graph, workers);
  const work = nodes.reduce((sum, { cpuMilliseconds }) => sum + cpuMilliseconds + overhead, 0);
  const cores = workers.workers * workers.coresPerWorker;
  return {
    makespan,
    work,
    criticalPath: criticalPathOf(nodes, graph),
    busy: makespan === 0 ? 0 : work / (makespan * cores),
  };
}

/** What one number of workers gives, beside the best that any order of work could give. */
export interface Forecast {
  readonly workers: number;
  readonly simulation: Simulation;
  /** Neither all cores at work all the time nor the longest chain can be beaten: max(work ÷ cores, critical path). */
  readonly limit: number;
}

/** The same work for several numbers of workers. */
export function forecast(
  nodes: readonly SimulatedNode[],
  worker: Omit<Workers, 'workers'>,
  counts: readonly number[],
): Forecast[] {
  return counts.map((workers) => {
    const simulation = simulate(nodes, { ...worker, workers });
    const even = simulation.work / (workers * worker.coresPerWorker);
    return { workers, simulation, limit: Math.max(even, simulation.criticalPath.milliseconds) };
  });
}

/** 1, 2, 4, … and the largest number itself. */
export function workerCounts(largest: number): number[] {
  const counts: number[] = [];
  for (let count = 1; count < largest; count *= 2) counts.push(count);
  return [...counts, largest];
}

interface Running {
  readonly node: number;
  readonly worker: number;
  readonly end: number;
}

function layOut(nodes: readonly SimulatedNode[], graph: WorkGraph, workers: Workers): number {
  const { dependents, needCounts, remaining } = graph;
  const open = [...needCounts];
  const pool = new WorkerPool(workers);
  const ready = new Heap<number>((a, b) => {
    const [left, right] = [remaining[a] as number, remaining[b] as number];
    return left === right ? a < b : left > right;
  });
  const running = new Heap<Running>((a, b) => (a.end === b.end ? a.node < b.node : a.end < b.end));
  for (const [index, count] of open.entries()) if (count === 0) ready.push(index);
  let now = 0;
  for (;;) {
    startAll(nodes, ready, running, pool, now, workers.overheadMilliseconds);
    const next = running.peek();
    if (!next) return now;
    now = next.end;
    // All that ends at this moment, before the next node is chosen.
    while (running.peek()?.end === now) {
      const { node, worker } = running.pop() as Running;
      pool.release(worker, memoryOf(nodes, node));
      for (const waiting of dependents[node] ?? []) if (countDown(open, waiting) === 0) ready.push(waiting);
    }
  }
}

// How far behind the first node we look for one that fits the memory which is left.
const LOOK_AHEAD = 32;

/** Starts nodes while a core is free. One that finds no memory waits, and a smaller one may pass it. */
function startAll(
  nodes: readonly SimulatedNode[],
  ready: Heap<number>,
  running: Heap<Running>,
  pool: WorkerPool,
  now: number,
  overhead: number,
): void {
  const waiting: number[] = [];
  while (pool.freeCores > 0 && waiting.length < LOOK_AHEAD) {
    const node = ready.pop();
    if (node === undefined) break;
    const worker = pool.take(memoryOf(nodes, node));
    if (worker === undefined) waiting.push(node);
    else running.push({ node, worker, end: now + (nodes[node]?.cpuMilliseconds ?? 0) + overhead });
  }
  for (const node of waiting) ready.push(node);
}

function memoryOf(nodes: readonly SimulatedNode[], node: number): number {
  return nodes[node]?.peakBytes ?? 0;
}

/** Free cores and memory of each worker. What is larger than a whole worker takes one that has nothing else to do. */
class WorkerPool {
  freeCores: number;
  readonly #cores: number[];
  readonly #memory: number[];
  readonly #memoryPerWorker: number;
  /** Known until something changes: many nodes ask and few are taken. */
  #roomiest: number | undefined;

  constructor({ workers, coresPerWorker, memoryPerWorker = Number.POSITIVE_INFINITY }: Workers) {
    this.freeCores = workers * coresPerWorker;
    // Without limits on memory all cores are alike, and one worker may stand for all.
    const alike = memoryPerWorker === Number.POSITIVE_INFINITY;
    this.#cores = alike ? [this.freeCores] : Array.from({ length: workers }, () => coresPerWorker);
    this.#memory = this.#cores.map(() => memoryPerWorker);
    this.#memoryPerWorker = memoryPerWorker;
  }

  /** The worker with a free core and the most memory left, when that is enough. */
  take(bytes: number): number | undefined {
    const wanted = Math.min(bytes, this.#memoryPerWorker);
    this.#roomiest ??= this.#findRoomiest();
    const worker = this.#roomiest;
    if (worker === undefined || (this.#memory[worker] as number) < wanted) return undefined;
    this.#change(worker, -1, wanted);
    return worker;
  }

  #findRoomiest(): number | undefined {
    let best: number | undefined;
    for (const [worker, memory] of this.#memory.entries()) {
      if ((this.#cores[worker] as number) === 0) continue;
      if (best === undefined || memory > (this.#memory[best] as number)) best = worker;
    }
    return best;
  }

  release(worker: number, bytes: number): void {
    this.#change(worker, 1, Math.min(bytes, this.#memoryPerWorker));
  }

  #change(worker: number, cores: number, bytes: number): void {
    this.#roomiest = undefined;
    this.freeCores += cores;
    this.#cores[worker] = (this.#cores[worker] as number) + cores;
    this.#memory[worker] = (this.#memory[worker] as number) + cores * bytes;
  }
}
