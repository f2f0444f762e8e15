import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { goodRun, largeRun, noOpRun } from '../../tests/fixtures/runs.ts';
import { expectGolden } from '../../tests/golden.ts';
import { estimateRemaining } from './estimate.ts';
import { foldRun, type RunRecord } from './fold.ts';
import { renderFinished, renderFrame } from './frame.ts';
import { widthOf } from './width.ts';

/** The record as it was at a moment. */
function runAt(events: ReturnType<typeof goodRun>, at: number): RunRecord {
  return foldRun(events.filter((event) => event.at <= at));
}

const size = { columns: 100, rows: 30, color: false };

describe('the live part', () => {
  test('shows a batch with its progress', () => {
    const frame = renderFrame(runAt(goodRun(), 17_000), { ...size, now: 17_000 });
    expectGolden(import.meta.url, 'frame-batch.txt', `${frame.join('\n')}\n`);
  });

  test('tells the time that is left when earlier runs give ground for it', () => {
    const earlier = new Map([
      ['compile:cmd/kubectl@linux/amd64', 30_000],
      ['compile:cmd/kubelet@linux/amd64', 41_000],
    ]);
    const frame = renderFrame(runAt(goodRun(), 17_000), { ...size, now: 17_000, earlier });
    expect(frame.at(-1)).toBe('3 of 5 steps · 17.0 s · about 35 s left · 1 built · 1 restored · 1 fresh');
  });

  test('fits a narrow terminal, and one that does not know its width', () => {
    const run = runAt(goodRun(), 17_000);
    const narrow = renderFrame(run, { ...size, columns: 40, now: 17_000 });
    const unknown = renderFrame(run, { ...size, columns: 0, now: 17_000 });
    expectGolden(import.meta.url, 'frame-narrow.txt', `${narrow.join('\n')}\n\n${unknown.join('\n')}\n`);
  });

  test('never grows wider or higher than the terminal, colours or not', () => {
    const events = largeRun(120);
    for (const columns of [1, 12, 20, 33, 60, 79, 200]) {
      for (const rows of [1, 6, 24]) {
        for (const color of [false, true]) {
          const frame = renderFrame(runAt(events, 30_000), { columns, rows, color, now: 30_000 });
          expect(frame.length).toBeGreaterThan(0);
          expect(frame.length).toBeLessThanOrEqual(Math.max(4, rows));
          for (const line of frame)
            expect(widthOf(stripVTControlCharacters(line))).toBeLessThan(Math.max(11, columns));
        }
      }
    }
  });

  test('is empty when nothing runs', () => {
    expect(renderFrame(foldRun(noOpRun()), { ...size, now: 100 })).toEqual([]);
  });
});

test('a finished Step is one line, whatever the width', () => {
  const step = foldRun(goodRun()).steps.get('compile:cmd/kubelet@linux/amd64');
  if (!step) throw new Error('the fixture has lost its kubelet');
  expect([100, 60, 40, 20].map((columns) => renderFinished(step, columns, false))).toEqual([
    '✓ kubelet linux/amd64             built       34.0 s   112 MiB',
    '✓ kubelet linux/amd64          built       34.0 s   112 MiB',
    '✓ kubelet linux/amd64 built',
    '✓ kubelet linux/am…',
  ]);
  expect(renderFinished(step, 100, true)).toContain('\u001b[32m✓\u001b[39m');
});

describe('the time that is left', () => {
  test('is not guessed early, nor when anything waits whose length nobody knows', () => {
    expect(estimateRemaining(runAt(goodRun(), 2_000), 2_000, undefined)).toBeUndefined();
    const waiting = runAt(goodRun(), 8_000);
    expect(estimateRemaining(waiting, 8_000, new Map([['generate:openapi', 20_000]]))).toBeUndefined();
  });

  test('comes from progress once a tenth is done', () => {
    // 400 of 812 packages after 17,000 − 8,200 milliseconds.
    expect(Math.round(estimateRemaining(runAt(goodRun(), 17_000), 17_000, undefined) ?? 0)).toBe(9_064);
  });

  test('adds what waits behind what runs', () => {
    const earlier = new Map([
      ['generate:openapi', 20_330],
      ['compile:cmd/kubectl@linux/amd64', 30_000],
      ['compile:cmd/kubelet@linux/amd64', 41_000],
    ]);
    expect(estimateRemaining(runAt(goodRun(), 8_000), 8_000, earlier)).toBe(12_660 + 71_000);
  });

  test('falls silent when the run takes longer than ever', () => {
    const earlier = new Map([
      ['compile:cmd/kubectl@linux/amd64', 1_000],
      ['compile:cmd/kubelet@linux/amd64', 1_000],
    ]);
    expect(estimateRemaining(runAt(goodRun(), 12_000), 12_000, earlier)).toBeUndefined();
  });
});
