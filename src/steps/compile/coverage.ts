/**
 * Upstream's coverage build (spec local-build 7.5): a server becomes a test binary whose TestMain starts the tree's
 * coverage helper, runs main and flushes. The source of that TestMain is added to the build, not to the tree. Pure.
 */
import type { Target } from '../../target/target.ts';
import type { Tree } from '../../tree/tree.ts';

export interface CoverageBuild {
  readonly flags: readonly string[];
  readonly addedSources: Readonly<Record<string, string>>;
  /** Import path of the helper that the added source needs. */
  readonly helper: string;
}

/** How a target is built with coverage; undefined when the tree does not instrument it. */
export function planCoverage(
  tree: Pick<Tree, 'goPackage' | 'coveragePackages'>,
  target: Target,
): CoverageBuild | undefined {
  const importPath = target.goPackage.replace(/^\.\//, `${tree.goPackage}/`);
  if (!tree.coveragePackages?.includes(importPath)) return undefined;
  const helper = `${tree.goPackage}/pkg/util/coverage`;
  return {
    flags: ['-covermode=count', `-coverpkg=k8s.io/...,${tree.goPackage}/vendor/k8s.io/...`],
    addedSources: {
      [`${target.directory}/zz_generated_${target.binary}_test.go`]: testMain(helper, target.binary),
    },
    helper,
  };
}

function testMain(helper: string, name: string): string {
  return `package main

import (
	"testing"

	"${helper}"
)

func TestMain(m *testing.M) {
	coverage.InitCoverage("${name}")
	main()
	coverage.FlushCoverage()
}
`;
}
