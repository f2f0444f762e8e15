import { expect, test } from 'vitest';
import { generatedTree } from '../../../tests/fixtures/generated.ts';
import { hostWith } from '../../../tests/trees.ts';
import { TreeReader } from '../reader.ts';
import { readMakefileModel } from './makefile.ts';
import { MakeVariables, matchesPattern } from './makevariables.ts';

function model(files: Readonly<Record<string, string>> = {}) {
  const found = readMakefileModel(new TreeReader(hostWith(), generatedTree(files)), 'k8s.io/kubernetes');
  if (!found) throw new Error('no model');
  return found;
}

test('programs, output names and flags are those of the makefile', () => {
  const found = model().generators.map((one) =>
    one.shape === 'printed' || one.shape === 'spread'
      ? one
      : [one.kind, one.program.directory, one.outputName, one.flags],
  );
  const staging = 'staging/src/k8s.io/code-generator/cmd';
  expect(found).toEqual([
    [
      'deepcopy',
      `${staging}/deepcopy-gen`,
      'zz_generated.deepcopy.go',
      ['--bounding-dirs', 'k8s.io/kubernetes,k8s.io/api'],
    ],
    ['defaulter', `${staging}/defaulter-gen`, 'zz_generated.defaults.go', []],
    [
      'conversion',
      `${staging}/conversion-gen`,
      'zz_generated.conversion.go',
      ['--extra-peer-dirs', 'k8s.io/api/apples'],
    ],
    ['openapi', 'vendor/k8s.io/kube-openapi/cmd/openapi-gen', 'zz_generated.openapi.go', []],
    ['openapi', 'vendor/k8s.io/kube-openapi/cmd/openapi-gen', 'zz_generated.openapi.go', []],
  ]);
});

test('each openapi output has the packages that its filter takes', () => {
  const outputs = model().generators.filter((one) => one.shape === 'list');
  expect(outputs.map((one) => [one.outputDirectory, one.knownViolations])).toEqual([
    ['pkg/generated/openapi', 'api/rules.list'],
    ['staging/src/k8s.io/sample/openapi', undefined],
  ]);
  const directories = ['staging/src/k8s.io/api/apples', 'staging/src/k8s.io/sample/x', 'pkg/apis/a', 'pkg/b'];
  expect(outputs.map((one) => directories.filter((directory) => one.includes?.(directory)))).toEqual([
    ['staging/src/k8s.io/api/apples', 'pkg/apis/a', 'pkg/b'],
    ['staging/src/k8s.io/api/apples', 'staging/src/k8s.io/sample/x', 'pkg/apis/a'],
  ]);
});

test('staging packages have their vendor names, and what the scan prunes is pruned at the top alone', () => {
  const { importPath, pruned } = model();
  expect(importPath('staging/src/k8s.io/api/apples')).toBe('k8s.io/kubernetes/vendor/k8s.io/api/apples');
  expect(['vendor', '_output', '.git', 'staging', 'pkg/_examples'].map(pruned)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('variables: joined lines, references, filters; what needs a shell has no value', () => {
  const variables = new MakeVariables(
    'A := a \\\n  b\nB := $(A)/$(GIVEN)\nC := $(shell ls)\nD := $(filter x/% $(A), $(ALL))\n',
    {
      GIVEN: 'g',
    },
  );
  expect(variables.value('B')).toBe('a b/g');
  expect(variables.value('C')).toBeUndefined();
  expect(variables.filter('D')).toEqual({ takes: true, patterns: ['x/%', 'a', 'b'] });
  expect([matchesPattern('a/%', 'a/b'), matchesPattern('a/%.go', 'a/'), matchesPattern('a', 'a')]).toEqual([
    true,
    false,
    true,
  ]);
});
