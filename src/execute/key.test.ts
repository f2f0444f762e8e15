import { expect, test } from 'vitest';
import type { Step } from '../plan/step.ts';
import type { StepHistory } from './history.ts';
import { differences, keyOf } from './key.ts';

const STEP = { id: 's', keyParts: { 'flag -tags': 'a', toolchain: 'go1 h1:x' } } as unknown as Step;
const PACKAGES = new Map([
  ['k/a', 'digest-a'],
  ['k/b', 'digest-b'],
]);

function record(changes: Partial<StepHistory> = {}): StepHistory {
  return {
    keyParts: STEP.keyParts,
    packages: Object.fromEntries(PACKAGES),
    ...changes,
  };
}

const files: Record<string, string[]> = {
  'old-a': ['a.go 1', 'gone.go 2'],
  'digest-a': ['a.go 9', 'new.go 3'],
};
const explain = (before: StepHistory | undefined) =>
  differences(
    before,
    STEP,
    PACKAGES,
    (name) => files[`digest-${name.slice(2)}`],
    (digest) => files[digest],
  );

test('the key knows neither the order of packages nor of parts', () => {
  const turned = new Map([...PACKAGES].reverse());
  const reordered = { ...STEP, keyParts: { toolchain: 'go1 h1:x', 'flag -tags': 'a' } } as Step;
  expect(keyOf(reordered, turned)).toBe(keyOf(STEP, PACKAGES));
});

test.each([
  ['a package’s content', STEP, new Map([...PACKAGES, ['k/b', 'other']])],
  ['one package more', STEP, new Map([...PACKAGES, ['k/c', 'digest-b']])],
  ['a flag', { ...STEP, keyParts: { ...STEP.keyParts, 'flag -tags': 'b' } } as Step, PACKAGES],
])('%s changes the key', (_, step, packages) => {
  expect(keyOf(step, packages)).not.toBe(keyOf(STEP, PACKAGES));
});

test('names the file that changed, came or went', () => {
  const packages = { ...record().packages, 'k/a': 'old-a' };
  expect(explain(record({ packages }))).toEqual([
    'a.go in k/a changed',
    'new.go in k/a was added',
    'gone.go in k/a was removed',
  ]);
});

test('names the flag and shows only the words that differ', () => {
  const keyParts = { 'flag -tags': 'z', toolchain: 'go1 h1:old' };
  expect(explain(record({ keyParts }))).toEqual([
    'flag -tags changed: z → a',
    'toolchain changed: h1:old → h1:x',
  ]);
});

test('says when there is nothing to compare with', () => {
  expect(explain(undefined)).toEqual(['it was never built here']);
  expect(explain(record())).toEqual([]);
});
