import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { failedRun, goodRun } from '../../tests/fixtures/runs.ts';
import { printDiagnostic } from '../diagnostic/printer.ts';
import { crc32c } from '../formats/crc32c.ts';
import { Journal, journalLine, readJournal } from './journal.ts';

const temporary: string[] = [];
afterEach(() => {
  for (const path of temporary.splice(0)) rmSync(path, { recursive: true });
});

const events = failedRun();
const bytes = Buffer.from(events.map(journalLine).join(''));

test('the checksum is the one of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32)).toString(16)).toBe('8a9136aa');
  expect(crc32c(Buffer.from('123456789')).toString(16)).toBe('e3069283');
});

test('a run is read back as it was written', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kw-journal-'));
  temporary.push(directory);
  const path = join(directory, 'run', 'events.jsonl');
  const journal = new Journal(path);
  for (const event of goodRun()) journal.handle(event);
  await journal.close();
  expect(readJournal(readFileSync(path), path)).toEqual({ events: goodRun(), torn: false, diagnostics: [] });
});

test('a Step that was built is on the disk before the run ends', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kw-journal-'));
  temporary.push(directory);
  const path = join(directory, 'events.jsonl');
  const journal = new Journal(path);
  const upTo =
    goodRun().findIndex((event) => event.type === 'step-finished' && event.outcome === 'built') + 1;
  for (const event of goodRun().slice(0, upTo)) journal.handle(event);
  expect(readJournal(readFileSync(path), path).events).toHaveLength(upTo);
});

describe('a damaged log', () => {
  test('cut anywhere, it holds every whole line and no invented one', () => {
    for (let length = 0; length <= bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      const reading = readJournal(cut, 'events.jsonl');
      const whole = cut.toString('latin1').split('\n').length - 1;
      expect(reading.events).toEqual(events.slice(0, whole));
      expect(reading.torn).toBe(length > 0 && cut.at(-1) !== 0x0a);
      expect(reading.diagnostics).toEqual([]);
    }
  });

  test('with any bit flipped, trust ends at that line and the reader is told', () => {
    void fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const flipped = Buffer.from(bytes);
        const at = bit >> 3;
        flipped[at] = (flipped[at] as number) ^ (1 << (bit & 7));
        const line = bytes.subarray(0, at).toString('latin1').split('\n').length - 1;
        const reading = readJournal(flipped, 'events.jsonl');
        expect(reading.events).toEqual(events.slice(0, line));
        expect(reading.torn || reading.diagnostics.length === 1).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('with a line taken out, the gap is named', () => {
    const lines = bytes.toString().split('\n');
    lines.splice(2, 1);
    const reading = readJournal(Buffer.from(lines.join('\n')), '_output/kubewright/runs/R/events.jsonl');
    expect(reading.events).toEqual(events.slice(0, 2));
    expect(reading.diagnostics.map((diagnostic) => printDiagnostic(diagnostic))).toEqual([
      `warning report/journal-damaged: line 3 of the log of this run is damaged
  _output/kubewright/runs/R/events.jsonl:3
  why: its checksum is wrong or a line is missing; the 10 lines from there on are not read, so the report ends early
  help: the outputs are not affected: each is checked by its own digest; run the command again for a whole report, and check the disk if this happens twice`,
    ]);
  });
});
