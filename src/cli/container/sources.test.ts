import { expect, test } from 'vitest';
import { areDirectories, sourceChanges } from './sources.ts';
import type { SourceRow } from './state.ts';

const directory: SourceRow = [0o40755, 0, 0, 0, 1];
const file: SourceRow = [0o100644, 9, 5, 5, 2];

test('what a command touched is sent again; directories alone are no change of sources', () => {
  const now = { pkg: directory, 'pkg/a.go': file };
  const { sent } = sourceChanges({ 'pkg/a.go': file }, now);
  expect(sent).toEqual(['pkg']);
  expect(areDirectories(now, sent)).toBe(true);
  expect(areDirectories(now, sourceChanges({}, now).sent)).toBe(false);
});

test('of what is gone only the top is removed', () => {
  expect(sourceChanges({ pkg: directory, 'pkg/a.go': file }, {}).removed).toEqual(['pkg']);
});
