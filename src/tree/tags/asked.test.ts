import { expect, test } from 'vitest';
import { askedNames } from './asked.ts';

const GENERATOR = 'vendor/k8s.io/code-generator/cmd/gen';

const FILES: Readonly<Record<string, { readonly imports: readonly string[]; readonly text: string }>> = {
  'vendor/k8s.io/code-generator/cmd/gen/main.go': {
    imports: ['example.io/gen/generators'],
    text: 'const name = "Unrelated"',
  },
  'gen/generators/one.go': {
    imports: ['k8s.io/gengo/types'],
    text: 'const a = "Convert_%s_To_%s"\nvar b = t.Methods["DeepCopyInto"]',
  },
  'gen/generators/two.go': { imports: [], text: 'const c = `SetDefaults_` + "to"' },
  'gen/generators/two_test.go': { imports: [], text: 'const d = "Tested"' },
};

const sights = {
  closure: (directory: string) =>
    new Set([directory, ...(directory === GENERATOR ? ['gen/generators'] : [])]),
  index: {
    goFiles: (directory: string) =>
      Object.keys(FILES).flatMap((path) =>
        path.startsWith(`${directory}/`) ? [path.slice(directory.length + 1)] : [],
      ),
    facts: (path: string) => FILES[path],
    text: (path: string) => FILES[path]?.text ?? '',
  },
} as unknown as Parameters<typeof askedNames>[0];

test('names are asked for by strings of the packages that deal with types, whole or by their beginning', () => {
  const isAsked = askedNames(sights, [GENERATOR]);
  const names = [
    'Convert_a_To_b',
    'DeepCopyInto',
    'SetDefaults_Pod',
    'DeepCopy',
    'Unrelated',
    'Tested',
    'to',
  ];
  expect(names.filter((name) => isAsked?.(name))).toEqual([
    'Convert_a_To_b',
    'DeepCopyInto',
    'SetDefaults_Pod',
  ]);
});

test('nothing is known of a program whose packages do not deal with types, nor of generators of others', () => {
  expect(askedNames(sights, [GENERATOR, 'vendor/k8s.io/gengo/examples/none'])).toBeUndefined();
  expect(askedNames(sights, [GENERATOR, 'gen/generators'])).toBeUndefined();
  expect(askedNames(sights, [])).toBeUndefined();
});
