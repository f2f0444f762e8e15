import fc from 'fast-check';
import { expect, test } from 'vitest';
import { longestPaths } from './paths.ts';
import { type SimulatedNode, simulate, type Workers } from './simulate.ts';

function node(
  id: string,
  cpuMilliseconds: number,
  needs: readonly string[] = [],
  peakBytes = 0,
): SimulatedNode {
  return { id, needs, cpuMilliseconds, peakBytes };
}

function cores(workers: number, more: Partial<Workers> = {}): Workers {
  return { workers, coresPerWorker: 1, overheadMilliseconds: 0, ...more };
}

/** Graphs without cycles: a node needs some of those before it. */
const GRAPHS = fc
  .array(fc.record({ time: fc.nat(1000), memory: fc.nat(40), needs: fc.array(fc.nat(), { maxLength: 4 }) }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((rows) =>
    rows.map(({ time, memory, needs }, index) =>
      node(`n${index}`, time, index === 0 ? [] : needs.map((need) => `n${need % index}`), memory),
    ),
  );
const MACHINES = fc.record({
  workers: fc.integer({ min: 1, max: 9 }),
  coresPerWorker: fc.integer({ min: 1, max: 4 }),
  memoryPerWorker: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  overheadMilliseconds: fc.nat(50),
});

type Machine = Omit<Workers, 'memoryPerWorker'> & { readonly memoryPerWorker: number | undefined };

const machineOf = ({ memoryPerWorker, ...rest }: Machine): Workers =>
  memoryPerWorker === undefined ? rest : { ...rest, memoryPerWorker };

//    a(1) ──▶ c(5) ──▶ d(1)
//    b(3) ───────────▶ d
const DIAMOND = [node('a', 1), node('b', 3), node('c', 5, ['a']), node('d', 1, ['c', 'b', 'b'])];

test('the longest remaining path counts the node itself', () => {
  expect([...longestPaths(DIAMOND)]).toEqual([
    ['a', 7],
    ['b', 4],
    ['c', 6],
    ['d', 1],
  ]);
});

test('two workers reach the critical path, and one does all the work', () => {
  const critical = { milliseconds: 7, nodes: ['a', 'c', 'd'] };
  expect(simulate(DIAMOND, cores(2))).toEqual({
    makespan: 7,
    work: 10,
    criticalPath: critical,
    busy: 10 / 14,
  });
  expect(simulate(DIAMOND, cores(1))).toEqual({ makespan: 10, work: 10, criticalPath: critical, busy: 1 });
});

test('overhead is paid by each node, on the path too', () => {
  const { makespan, work, criticalPath } = simulate(DIAMOND, cores(2, { overheadMilliseconds: 10 }));
  expect([makespan, work, criticalPath.milliseconds]).toEqual([37, 50, 37]);
});

test('memory lets fewer nodes run together, and one that is too large runs alone', () => {
  const large = [node('a', 5, [], 60), node('b', 5, [], 60), node('c', 5, [], 40), node('d', 5, [], 900)];
  const limited = { coresPerWorker: 4, memoryPerWorker: 100 };
  expect(simulate(large, cores(1, { coresPerWorker: 4 })).makespan).toBe(5);
  expect(simulate(large, cores(1, limited)).makespan).toBe(15);
  expect(simulate(large, cores(2, limited)).makespan).toBe(10);
});

test('nothing takes no time', () => {
  const nothing = { makespan: 0, work: 0, criticalPath: { milliseconds: 0, nodes: [] }, busy: 0 };
  expect(simulate([], cores(3))).toEqual(nothing);
});

test('a cycle or a need that is not there is a bug', () => {
  expect(() => longestPaths([node('a', 1, ['b']), node('b', 1, ['a'])])).toThrow('cycle at a');
  expect(() => longestPaths([node('a', 1, ['z'])])).toThrow('a needs z, which is not there');
});

test('no layout beats its limits, and none is worse than Graham allows', () => {
  fc.assert(
    fc.property(GRAPHS, MACHINES, (nodes, machine) => {
      const workers = machineOf(machine);
      const { makespan, work, criticalPath, busy } = simulate(nodes, workers);
      const all = workers.workers * workers.coresPerWorker;
      expect(makespan).toBeGreaterThanOrEqual(Math.max(work / all, criticalPath.milliseconds) - 1e-9);
      expect(makespan).toBeLessThanOrEqual(work);
      expect(busy).toBeLessThanOrEqual(1);
      // R. L. Graham, 1969: any list schedule is within work/m + (1 - 1/m) of the path, memory aside.
      if (workers.memoryPerWorker === undefined)
        expect(makespan).toBeLessThanOrEqual(work / all + (1 - 1 / all) * criticalPath.milliseconds + 1e-9);
    }),
  );
});

test('one core does all the work, and a core for each node reaches the critical path', () => {
  fc.assert(
    fc.property(GRAPHS, (nodes) => {
      expect(simulate(nodes, cores(1)).makespan).toBe(simulate(nodes, cores(1)).work);
      const wide = simulate(nodes, cores(nodes.length));
      expect(wide.makespan).toBe(wide.criticalPath.milliseconds);
    }),
  );
});

test('the critical path is a chain of needs whose times add up', () => {
  fc.assert(
    fc.property(GRAPHS, (nodes) => {
      const { criticalPath } = simulate(nodes, cores(2));
      const byId = new Map(nodes.map((one) => [one.id, one]));
      const chain = criticalPath.nodes.map((id) => byId.get(id) as SimulatedNode);
      expect(chain.reduce((sum, one) => sum + one.cpuMilliseconds, 0)).toBe(criticalPath.milliseconds);
      for (const [index, one] of chain.slice(1).entries()) expect(one.needs).toContain(chain[index]?.id);
    }),
  );
});

test('thirty thousand nodes are laid out within their limits', () => {
  const nodes = Array.from({ length: 30_000 }, (_, index) =>
    node(
      `n${index}`,
      (index * 7919) % 1000,
      index < 10
        ? []
        : [1, 2, 3, 5, 8]
            .map((step) => `n${Math.floor(index / (1 + step / 9))}`)
            .filter((id) => id !== `n${index}`),
      (index * 104729) % 500,
    ),
  );
  const { makespan, work } = simulate(nodes, cores(64, { memoryPerWorker: 1000, coresPerWorker: 4 }));
  expect(makespan).toBeGreaterThanOrEqual(work / 256);
});
