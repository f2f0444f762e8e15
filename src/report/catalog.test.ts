import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { failedRun, goodRun } from '../../tests/fixtures/runs.ts';
import { EVENT_CATALOG, renderEventReference } from './catalog.ts';

const PAGE = fileURLToPath(new URL('../../docs/reference/events.md', import.meta.url));

test('docs/reference/events.md is what the code says (npm run golden rewrites it)', () => {
  if (process.env['UPDATE_GOLDEN']) writeFileSync(PAGE, renderEventReference());
  expect(readFileSync(PAGE, 'utf8')).toBe(renderEventReference());
});

test('every field that a run emits is described', () => {
  const described = Object.fromEntries(
    Object.entries(EVENT_CATALOG).map(([type, entry]) => [type, Object.keys(entry.fields)]),
  );
  for (const { seq: _, at: __, time: ___, type, ...fields } of [...goodRun(), ...failedRun()]) {
    expect(described[type]).toEqual(expect.arrayContaining(Object.keys(fields)));
  }
});
