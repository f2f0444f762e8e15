import type { Places } from '../package/places.ts';

/** What a person may change about how binaries are compiled; everything else comes from the tree. */
export interface CompileOptions {
  readonly race: boolean;
  /** No optimisation, no inlining, symbols kept: DBG=1. */
  readonly debug: boolean;
  /** Upstream's coverage build: KUBE_BUILD_WITH_COVERAGE. */
  readonly coverage: boolean;
  /** Words handed to go as they are: `-v`, `-mod=mod`. */
  readonly goFlags: readonly string[];
  /** GOFLAGS of the user's environment, cleaned of what the toolchain does not know. */
  readonly environmentGoFlags: string;
  /** GOLDFLAGS; undefined is not the same as empty (1.20 strips unless it is set). */
  readonly ldflags?: string;
  readonly gcflags?: string;
  /** Added to the tree's own tags. */
  readonly tags: readonly string[];
  /** Who compiles packages: it decides the build ID, and so the bytes. */
  readonly engine: 'graph' | 'go';
  /** `late`: the version is written into the linked program; `link`: it is linked in, as upstream does. */
  readonly stamp: 'late' | 'link';
  /** Paths trimmed so that two checkouts at different places give the same bytes. */
  readonly reproducible: boolean;
  /** Paths that programs are to hold as those of another place. */
  readonly places?: Places;
}
