import { expect, test } from 'vitest';
import type { GoPackage } from '../../tree/packages/package.ts';
import { chainsTo, type GraphTarget, graphFacts, importersOf } from './facts.ts';
import { toDot, toStory, toSummary } from './text.ts';

const PACKAGES: readonly GoPackage[] = [
  { ImportPath: 'unsafe', Standard: true, Name: 'unsafe', GoFiles: ['unsafe.go'] },
  { ImportPath: 'runtime', Standard: true, Name: 'runtime', GoFiles: ['r.go'], Imports: ['unsafe'] },
  { ImportPath: 'x.dev/a', Name: 'a', GoFiles: ['a.go'], EmbedFiles: ['a.txt'], Imports: ['unsafe'] },
  { ImportPath: 'x.dev/b', Name: 'b', GoFiles: ['b.go'], Imports: ['x.dev/a'] },
  {
    ImportPath: 'x.dev/one',
    Name: 'main',
    GoFiles: ['m.go'],
    Imports: ['x.dev/b'],
    Module: { Path: 'x.dev' },
  },
  { ImportPath: 'x.dev/two', Name: 'main', GoFiles: ['m.go'], Imports: ['x.dev/a', 'x.dev/b'] },
];
const TARGETS: readonly GraphTarget[] = [
  { title: 'one linux/amd64', starts: ['x.dev/one'] },
  { title: 'two linux/amd64', starts: ['x.dev/two'] },
];
const facts = graphFacts(PACKAGES, TARGETS, {
  bytes: () => 1000,
  learned: (name) => (name === 'x.dev/a' ? 540 : undefined),
});
const factsOf = (name: string) => facts.find((one) => one.importPath === name);

test('a package knows its importers, all that depend on it, and the targets that hold it', () => {
  expect(factsOf('x.dev/a')).toMatchObject({
    ...{ importedBy: 2, neededBy: 3, files: ['a.go', 'a.txt'], bytes: 1000 },
    targets: ['one linux/amd64', 'two linux/amd64'],
  });
  // The linker adds runtime to programs, which import it nowhere.
  expect(factsOf('runtime')).toMatchObject({ importedBy: 2, neededBy: 2 });
  expect(factsOf('x.dev/one')).toMatchObject({ targets: ['one linux/amd64'], module: 'x.dev', neededBy: 0 });
});

test('what was measured teaches the guesses', () => {
  expect(factsOf('x.dev/a')).toMatchObject({ milliseconds: 540, isLearned: true });
  expect(factsOf('x.dev/b')).toMatchObject({ milliseconds: 540, isLearned: false });
});

test('the shortest chain is found from each start', () => {
  expect(chainsTo(PACKAGES, ['x.dev/one', 'x.dev/two'], 'x.dev/a')).toEqual([
    ['x.dev/one', 'x.dev/b', 'x.dev/a'],
    ['x.dev/two', 'x.dev/a'],
  ]);
  expect(chainsTo(PACKAGES, ['x.dev/a'], 'x.dev/two')).toEqual([]);
  expect(importersOf(PACKAGES, 'x.dev/a')).toEqual(['x.dev/b', 'x.dev/two']);
});

test('the texts name what they show', () => {
  expect(toSummary('one, two for linux/amd64', facts, 2)).toContain(
    'x.dev/a    0.54 s   1000 B  2            3          2 of 2',
  );
  expect(toStory(facts[2] as (typeof facts)[number], ['x.dev/b'], [['x.dev/one', 'x.dev/a']])).toBe(
    [
      'x.dev/a',
      '  0.54 s, 1000 B of Go in 2 files, 3 packages need it',
      '',
      'imported by 1 package',
      '  x.dev/b',
      '',
      'x.dev/one',
      '  x.dev/a',
    ].join('\n'),
  );
  expect(toDot(facts)).toContain('"x.dev/one" -> "x.dev/b";');
  expect(toDot(facts)).not.toContain('runtime');
});
