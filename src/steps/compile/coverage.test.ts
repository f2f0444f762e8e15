import { expect, test } from 'vitest';
import type { Target } from '../../target/target.ts';
import { planCoverage } from './coverage.ts';

const TREE = { goPackage: 'k8s.io/kubernetes', coveragePackages: ['k8s.io/kubernetes/cmd/kubelet'] };

function target(name: string, goPackage: string): Target {
  return { name, goPackage, directory: name, binary: 'kubelet', class: 'dynamic', groups: [] };
}

test('a server that upstream instruments becomes a test binary with a TestMain of its own', () => {
  const coverage = planCoverage(TREE, target('cmd/kubelet', 'k8s.io/kubernetes/cmd/kubelet'));
  expect(coverage?.flags).toEqual([
    '-covermode=count',
    '-coverpkg=k8s.io/...,k8s.io/kubernetes/vendor/k8s.io/...',
  ]);
  expect(Object.keys(coverage?.addedSources ?? {})).toEqual(['cmd/kubelet/zz_generated_kubelet_test.go']);
  expect(Object.values(coverage?.addedSources ?? {})[0]).toContain('coverage.InitCoverage("kubelet")');
});

test('the workspace era names the same package by its directory', () => {
  expect(planCoverage(TREE, target('cmd/kubelet', './cmd/kubelet'))?.helper).toBe(
    'k8s.io/kubernetes/pkg/util/coverage',
  );
});

test('other targets are built as ever', () => {
  expect(planCoverage(TREE, target('cmd/kubectl', 'k8s.io/kubernetes/cmd/kubectl'))).toBeUndefined();
});
