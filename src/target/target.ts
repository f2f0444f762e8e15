/**
 * The names people type, the groups they stand for, and the platforms they build for. This folder says
 * *what* is to be built; how is `plan/` and `steps/`.
 */
import type { Platform } from './platform.ts';

/** How a binary is linked (spec versions-and-targets 7): `static` is CGO_ENABLED=0, `test` is `go test -c`. */
export type TargetClass = 'static' | 'dynamic' | 'test';

/** One binary that a tree can build, resolved from the word a person typed. */
export interface Target {
  /** The word as the tree or the user spells it: `cmd/kubectl`, `vendor/k8s.io/kube-aggregator`. */
  readonly name: string;
  /** What Go is asked for: an import path, or `./dir` relative to the tree; for a test, the tested package. */
  readonly goPackage: string;
  /** Directory of that package, relative to the tree, `/` between parts; `.` is the root. */
  readonly directory: string;
  /** File name of the binary, without `.exe`. */
  readonly binary: string;
  readonly class: TargetClass;
  /** Groups of the tree that hold this target. */
  readonly groups: readonly string[];
}

/** A Target on a Platform: the unit that becomes one Step. */
export interface BuildUnit {
  readonly target: Target;
  readonly platform: Platform;
}
