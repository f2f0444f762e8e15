import { expect, test } from 'vitest';
import { failedRun, goodRun, largeRun } from '../../tests/fixtures/runs.ts';
import { expectGolden } from '../../tests/golden.ts';
import { barsOf, criticalPath } from './bars.ts';
import { durationOf, foldRun } from './fold.ts';
import { renderTrace } from './trace.ts';

test('a trace holds Steps and commands in lanes', () => {
  const indented = JSON.stringify(JSON.parse(renderTrace(foldRun(failedRun()))), null, 1);
  expectGolden(import.meta.url, 'trace.json', `${indented}\n`);
});

test('bars of one lane never overlap, as the trace viewers demand', () => {
  const { traceEvents } = JSON.parse(renderTrace(foldRun(largeRun(200))));
  const lanes = Map.groupBy(
    traceEvents.filter((event: { ph: string }) => event.ph === 'X'),
    (event: { pid: number; tid: number }) => `${event.pid} ${event.tid}`,
  );
  expect(lanes.size).toBeGreaterThan(2);
  for (const bars of lanes.values() as Iterable<{ ts: number; dur: number }[]>) {
    const sorted = bars.toSorted((a, b) => a.ts - b.ts);
    for (const [i, bar] of sorted.entries()) {
      const next = sorted[i + 1];
      if (next) expect(bar.ts + bar.dur).toBeLessThanOrEqual(next.ts);
    }
  }
});

test('Steps of one process are one bar, and the critical path explains the time of the run', () => {
  const run = foldRun(goodRun());
  const bars = barsOf(run);
  expect(bars.map((bar) => bar.label)).toEqual([
    'kube-proxy linux/arm64',
    'make generated_files',
    'kubectl linux/amd64 and 1 more',
  ]);
  const path = criticalPath(bars, durationOf(run));
  expect(path.map((bar) => bar.label)).toEqual(bars.map((bar) => bar.label));
});

test('the critical path of parallel batches follows the ones that ended last', () => {
  const run = foldRun(largeRun(400));
  const path = criticalPath(barsOf(run), durationOf(run));
  expect(path.map((bar) => bar.label)).toEqual([
    '46 steps restored',
    'tool-001 linux/arm64 and 45 more',
    'tool-003 linux/s390x and 45 more',
    'tool-011 windows/amd64 and 44 more',
  ]);
});
