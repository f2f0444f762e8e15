import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { goodRun, noOpRun } from '../../tests/fixtures/runs.ts';
import { realHost } from '../host/host.ts';
import type { Event } from './events.ts';
import { finishRun, openRun } from './finish.ts';
import { journalLine } from './journal.ts';
import { findRun, listRuns } from './runs.ts';

const host = realHost();
let runs: string;

beforeEach(() => {
  runs = join(mkdtempSync(join(tmpdir(), 'kw-finish-')), 'runs');
});
afterEach(() => {
  rmSync(join(runs, '..'), { recursive: true, force: true });
});

function leave(name: string, events: readonly Event[]): string {
  const directory = join(runs, name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'events.jsonl'), events.map(journalLine).join(''));
  return directory;
}

test('a run that built leaves page, trace and summary, and becomes the latest', async () => {
  const directory = leave('20261121T051936Z-3fa9c1', goodRun());
  await finishRun(host, directory);
  expect(readdirSync(directory)).toEqual(['events.jsonl', 'index.html', 'summary.json', 'trace.json']);
  expect(readlinkSync(join(runs, 'latest'))).toBe('20261121T051936Z-3fa9c1');
  expect(JSON.parse(readFileSync(join(directory, 'summary.json'), 'utf8'))).toMatchObject({
    ...{
      schema: 1,
      run: '20261121T051936Z-3fa9c1',
      ending: 'succeeded',
      noOp: false,
      exitCode: 0,
      milliseconds: 42_300,
    },
    counts: { fresh: 1, restored: 1, built: 3, failed: 0, cancelled: 0 },
  });
});

test('a run with nothing to do leaves its log and a summary; the page waits until somebody asks', async () => {
  const directory = leave('20261121T051936Z-3fa9c1', noOpRun(200));
  await finishRun(host, directory);
  expect(readdirSync(directory)).toEqual(['events.jsonl', 'summary.json']);
  const summary = JSON.parse(readFileSync(join(directory, 'summary.json'), 'utf8'));
  expect(summary).toMatchObject({
    noOp: true,
    counts: { fresh: 200 },
    command: ['kubewright', 'build'],
    outputs: [],
  });
});

test('sizes are compared with the newest earlier run that made the same file', async () => {
  await finishRun(host, leave('20261121T041936Z-aaaaaa', goodRun()));
  const grown = goodRun().map((event) =>
    event.type === 'step-finished'
      ? {
          ...event,
          outputs: event.outputs.map((output) => ({
            ...output,
            size: output.size + 2_097_152,
            digest: 'f'.repeat(64),
          })),
        }
      : event,
  );
  const directory = leave('20261121T051936Z-3fa9c1', grown);
  await finishRun(host, directory);
  const page = readFileSync(join(directory, 'index.html'), 'utf8');
  expect(page).toContain('title="since run 20261121T041936Z-aaaaaa">+2.0 MiB (+4.5 %)');
});

test('the fifty newest runs are kept, and nothing but runs is removed', async () => {
  for (let i = 10; i < 65; i++) leave(`202611${i}T000000Z-aaaaaa`, noOpRun());
  mkdirSync(join(runs, 'mine'));
  await finishRun(host, leave('20261199T000000Z-bbbbbb', noOpRun()));
  const kept = listRuns(host, runs);
  expect(kept).toHaveLength(50);
  expect([kept[0], kept.at(-1)]).toEqual(['20261116T000000Z-aaaaaa', '20261199T000000Z-bbbbbb']);
  expect(existsSync(join(runs, 'mine'))).toBe(true);
});

test('a run directory without a log costs the report, not the run', async () => {
  await expect(finishRun(host, join(runs, '20261121T051936Z-3fa9c1'))).resolves.toBeUndefined();
});

test('a page that cannot be written leaves the run found, and its log whole', async () => {
  const directory = leave('20261121T051936Z-3fa9c1', goodRun());
  mkdirSync(join(directory, 'index.html', 'in-the-way'), { recursive: true });
  await finishRun(host, directory);
  expect(findRun(host, runs, 'latest')).toBe('20261121T051936Z-3fa9c1');
  expect(readdirSync(directory)).toEqual(['events.jsonl', 'index.html', 'summary.json', 'trace.json']);
});

test('a damaged log is told among the problems of the run', () => {
  const directory = leave('20261121T051936Z-3fa9c1', goodRun());
  const path = join(directory, 'events.jsonl');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"built"', '"fresh"'));
  const { run } = openRun(host, directory);
  expect(run.diagnostics.map(({ code, where }) => [code, where[0]?.line])).toEqual([
    ['report/journal-damaged', 9],
  ]);
  expect(run.finished).toBeUndefined();
});

describe('a run is found', () => {
  beforeEach(() => {
    for (const name of ['20261120T000000Z-aa1111', '20261121T000000Z-bb2222', '20261121T000001Z-cc3333'])
      leave(name, noOpRun());
  });

  test('by name, start, end, or as the latest', () => {
    expect(findRun(host, runs, '20261120T000000Z-aa1111')).toBe('20261120T000000Z-aa1111');
    expect(findRun(host, runs, '20261120')).toBe('20261120T000000Z-aa1111');
    expect(findRun(host, runs, 'bb2222')).toBe('20261121T000000Z-bb2222');
    expect(findRun(host, runs, 'latest')).toBe('20261121T000001Z-cc3333');
  });

  test('as the latest also when it was killed before it was linked, and by the link among those of one second', async () => {
    await finishRun(host, join(runs, '20261120T000000Z-aa1111'));
    expect(findRun(host, runs, 'latest')).toBe('20261121T000001Z-cc3333');
    await finishRun(host, leave('20261121T000001Z-bb9999', noOpRun()));
    expect(findRun(host, runs, 'latest')).toBe('20261121T000001Z-bb9999');
  });

  test('never by a guess', () => {
    expect(findRun(host, runs, '20261121')).toBeUndefined();
    expect(findRun(host, runs, '../runs')).toBeUndefined();
  });
});
