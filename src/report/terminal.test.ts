import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Screen } from '../../tests/fakes/screen.ts';
import { failedRun, goodRun, noOpRun } from '../../tests/fixtures/runs.ts';
import { expectGolden } from '../../tests/golden.ts';
import type { Event } from './events.ts';
import { TerminalView } from './terminal.ts';

const clock = { time: 0, now: () => clock.time, monotonic: () => clock.time };
const options = { color: false, verbose: false, report: '_output/kubewright/runs/R/index.html' };

beforeEach(() => {
  clock.time = 0;
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Plays Events up to a moment, with the ticks of the clock in between. */
async function play(
  view: TerminalView,
  events: readonly Event[],
  until = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (const event of events) {
    if (event.at > until) break;
    clock.time = event.at;
    view.handle(event);
    // The first Step loads the drawing library; a real run lasts longer than that.
    if (event.type === 'step-started') await vi.dynamicImportSettled();
    vi.advanceTimersByTime(100);
  }
}

test('what runs is drawn in place below what ended', async () => {
  const screen = new Screen(100, 30);
  const view = new TerminalView(screen, clock, options);
  await play(view, goodRun(), 17_000);
  clock.time = 17_000;
  vi.advanceTimersByTime(100);
  expectGolden(import.meta.url, 'terminal-running.txt', `${screen.text()}\n`);
  await view.close();
});

test('at the end only what stays is left', async () => {
  const screen = new Screen(100, 30);
  const view = new TerminalView(screen, clock, options);
  await play(view, goodRun());
  await view.close();
  expectGolden(import.meta.url, 'terminal-done.txt', `${screen.text()}\n`);
});

test('a problem is printed once and whole, above the live part', async () => {
  const screen = new Screen(100, 30);
  const view = new TerminalView(screen, clock, options);
  await play(view, failedRun());
  await view.close();
  expectGolden(import.meta.url, 'terminal-failed.txt', `${screen.text()}\n`);
  expect(screen.written.split('undefined: newThing')).toHaveLength(2);
});

test('a run with nothing to do draws nothing and says one line', async () => {
  const screen = new Screen();
  const view = new TerminalView(screen, clock, options);
  await play(view, noOpRun(3));
  await view.close();
  expect(screen.written).toBe('Nothing to do: 3 outputs are fresh (0.21 s)\n');
});

test('a view that is closed in the middle, as by Ctrl-C, leaves no half-drawn part', async () => {
  const screen = new Screen(60, 24);
  const view = new TerminalView(screen, clock, options);
  await play(view, goodRun(), 17_000);
  await view.close();
  const settled = screen.text();
  clock.time = 20_000;
  vi.advanceTimersByTime(1_000);
  expect(screen.text()).toBe(settled);
  expect(settled.split('\n').at(-1)).toMatch(/^✓ make generated_files/);
});

test('a terminal that is made narrow gets narrower lines', async () => {
  const screen = new Screen(100, 30);
  const view = new TerminalView(screen, clock, options);
  await play(view, goodRun(), 17_000);
  screen.columns = 40;
  const before = screen.written.length;
  clock.time = 17_500;
  vi.advanceTimersByTime(100);
  const drawn = screen.written.slice(before).replace(/\u001b\[[\d;?]*[A-Za-z]/g, '');
  expect(drawn).toContain('400/812');
  for (const line of drawn.split('\n')) expect(line.length).toBeLessThan(40);
  await view.close();
});

test('frames come at most twenty times a second, however fast the Events', async () => {
  const screen = new Screen(100, 30);
  const view = new TerminalView(screen, clock, options);
  await play(view, goodRun(), 8_300);
  const before = screen.written.split('\u001b[?2026h').length;
  for (let i = 0; i < 1_000; i++) {
    clock.time += 1;
    const event = {
      seq: 100 + i,
      at: clock.time,
      time: '',
      type: 'step-progress',
      step: 'compile:cmd/kubectl@linux/amd64',
    } as const;
    view.handle({ ...event, done: i, total: 1_000, detail: `p${i}` });
    vi.advanceTimersByTime(1);
  }
  expect(screen.written.split('\u001b[?2026h').length - before).toBeLessThanOrEqual(20);
  await view.close();
});
