import { expect, test } from 'vitest';
import { forecast, type SimulatedNode, workerCounts } from '../plan/simulate.ts';
import { renderForecast } from './forecast.ts';

const WORKER = { coresPerWorker: 1, overheadMilliseconds: 0 };

function node(id: string, cpuMilliseconds: number, needs: readonly string[] = []): SimulatedNode {
  return { id, needs, cpuMilliseconds, peakBytes: 0 };
}

test('numbers of workers double up to the largest', () => {
  expect([1, 2, 6, 8].map(workerCounts)).toEqual([[1], [1, 2], [1, 2, 4, 6], [1, 2, 4, 8]]);
});

test('the table and the path as a person reads them', () => {
  const compiles = Array.from({ length: 12 }, (_, index) => node(`compile p${index}`, 30_000));
  const nodes = [...compiles, node('compile api', 45_000), node('link kubelet', 11_000, ['compile api'])];
  expect(renderForecast(forecast(nodes, WORKER, workerCounts(16)), nodes)).toBe(
    `
workers        time  speed-up   busy     at best  of the best
      1  6 min 56 s     1.0 ×  100 %  6 min 56 s        100 %
      2  3 min 30 s     2.0 ×   99 %  3 min 28 s         99 %
      4       2 min     3.5 ×   87 %  1 min 44 s         87 %
      8       1 min     6.9 ×   87 %      56.0 s         93 %
     16      56.0 s     7.4 ×   46 %      56.0 s        100 %

critical path: 56.0 s, one after the other, whatever the workers
  45.0 s  compile api
  11.0 s  link kubelet`.trimStart(),
  );
});

test('of a long path the short nodes are counted, not listed', () => {
  const chain = Array.from({ length: 20 }, (_, index) =>
    node(`n${index}`, index === 7 ? 5000 : 100 + index, index === 0 ? [] : [`n${index - 1}`]),
  );
  const lines = renderForecast(forecast(chain, WORKER, [2]), chain).split('\n');
  expect(lines.filter((line) => / n\d+$/.test(line))).toHaveLength(12);
  expect(lines.at(-1)).toBe('  0.83 s  8 shorter ones between them');
});

test('nothing to do is said so', () => {
  expect(renderForecast(forecast([], WORKER, [1, 2]), [])).toBe('nothing to do');
});
