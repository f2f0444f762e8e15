import { describe, expect, test } from 'vitest';
import { failedRun, goodRun, noOpRun, RunScript } from '../../tests/fixtures/runs.ts';
import { expectGolden } from '../../tests/golden.ts';
import type { Event } from './events.ts';
import { JsonLines } from './json.ts';
import { PlainLines } from './plain.ts';

function plain(events: readonly Event[], options: { quiet?: boolean; verbose?: boolean } = {}): string {
  let text = '';
  const report = '_output/kubewright/runs/20261121T051936Z-3fa9c1/index.html';
  const lines = new PlainLines((line) => (text += line), {
    quiet: false,
    verbose: false,
    report,
    ...options,
  });
  for (const event of events) lines.handle(event);
  return text;
}

describe('plain lines', () => {
  test('of a run that built', () => expectGolden(import.meta.url, 'plain-good.txt', plain(goodRun())));
  test('of a run that failed', () => expectGolden(import.meta.url, 'plain-failed.txt', plain(failedRun())));
  test('with every command', () =>
    expectGolden(import.meta.url, 'plain-verbose.txt', plain(failedRun(), { verbose: true })));
  test('of problems and the result only', () =>
    expectGolden(import.meta.url, 'plain-quiet.txt', plain(failedRun(), { quiet: true })));

  test('a run with nothing to do is one line', () => {
    expect(plain(noOpRun(12))).toBe('Nothing to do: 12 outputs are fresh (0.21 s)\n');
  });

  test('milestones are at least five seconds apart', () => {
    const script = new RunScript()
      .start()
      .plan(1, [{ id: 'compile:a@linux/amd64' }])
      .begin(0, 'compile:a@linux/amd64', 'new');
    for (let at = 100; at <= 12_000; at += 100) script.progress(at, 'compile:a@linux/amd64', at / 100, 120);
    expect(plain(script.events)).toBe(
      '[0:00] a linux/amd64: started, new\n[0:05] a linux/amd64: 50 of 120 packages\n[0:10] a linux/amd64: 100 of 120 packages\n',
    );
  });

  test('what a compiler prints cannot drive the terminal', () => {
    const script = new RunScript()
      .start()
      .plan(1, [{ id: 's' }])
      .add(2, { type: 'step-output', step: 's', line: 'a\u001b[2Jb' });
    expect(plain(script.events, { verbose: true })).toBe('[0:00] | a\\u001b[2Jb\n');
  });
});

test('JSON lines are the Events, one a line', () => {
  let text = '';
  const lines = new JsonLines((line) => (text += line));
  for (const event of failedRun()) lines.handle(event);
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(failedRun());
  expectGolden(import.meta.url, 'events.jsonl', text);
});
