/** The goals of the trees' makefiles and what does their work here. */

import type { Host } from '../../host/host.ts';

/** A goal that is a build: which groups or words, on which platforms. */
export type Goal =
  | { readonly kind: 'build'; readonly words: readonly string[] }
  | { readonly kind: 'cross' }
  | { readonly kind: 'clean' }
  | { readonly kind: 'help' }
  | {
      readonly kind: 'release';
      readonly mode: 'full' | 'quick';
      readonly isPackagingOnly: boolean;
      /** Only the images. */
      readonly isImagesOnly?: boolean;
      /** Built where we are, whatever else is there. */
      readonly isLocal?: boolean;
    }
  /** Upstream has it; until we do, its own make does the work. */
  | { readonly kind: 'elsewhere'; readonly use: string };

/** Groups of `make cross`, in upstream's order (spec local-build 7.7). */
export const CROSS_GROUPS = ['server', 'node', 'client', 'test', 'test-server'] as const;

const OWN_MAKE = (goal: string) => `the tree's own make still does it: make ${goal}`;

/** Goals with a fixed meaning; those of the directories of cmd/ come from the tree. */
const FIXED: Readonly<Record<string, (goal: string) => Goal>> = {
  all: () => ({ kind: 'build', words: [] }),
  cross: () => ({ kind: 'cross' }),
  clean: () => ({ kind: 'clean' }),
  help: () => ({ kind: 'help' }),
  release: () => ({ kind: 'release', mode: 'full', isPackagingOnly: false }),
  'quick-release': () => ({ kind: 'release', mode: 'quick', isPackagingOnly: false }),
  // For machines that are containers already: both do all of it where they are.
  'release-in-a-container': () => ({ kind: 'release', mode: 'full', isPackagingOnly: false, isLocal: true }),
  'cross-in-a-container': () => ({ kind: 'cross' }),
  'release-skip-tests': () => ({ kind: 'release', mode: 'quick', isPackagingOnly: false }),
  'release-images': () => ({ kind: 'release', mode: 'full', isPackagingOnly: false, isImagesOnly: true }),
  'quick-release-images': () => ({
    ...{ kind: 'release', mode: 'quick' },
    ...{ isPackagingOnly: false, isImagesOnly: true },
  }),
  package: () => ({ kind: 'release', mode: 'full', isPackagingOnly: true }),
  'package-tarballs': () => ({ kind: 'release', mode: 'full', isPackagingOnly: true }),
};

const ELSEWHERE: readonly string[] = [
  ...[
    'check',
    'test',
    'test-integration',
    'test_integration',
    'test-cmd',
    'test-e2e',
    'test_e2e',
    'test-e2e-node',
  ],
  ...[
    'test_e2e_node',
    'test-e2e-kubeadm',
    'vet',
    'lint',
    'verify',
    'quick-verify',
    'update',
    'generated_files',
  ],
  ...['gen_openapi', 'verify_generated_files', 'clean_meta', 'clean_generated'],
  ...['bazel-build', 'bazel-test', 'bazel-test-integration', 'bazel-release'],
];

/** Goals of the directories of cmd/, as the makefiles' wildcard has them. */
export function commandDirectories({ files }: Pick<Host, 'files'>, root: string): string[] {
  const directory = `${root}/cmd`;
  if (!files.isDirectory(directory)) return [];
  return files
    .list(directory)
    .filter((name) => name.endsWith('/'))
    .map((name) => name.slice(0, -1));
}

/** What a goal does; undefined when no makefile of these trees has it. `commands`: directories of cmd/. */
export function readGoal(
  goal: string,
  commands: readonly string[],
  ginkgo: string | undefined,
): Goal | undefined {
  const fixed = Object.hasOwn(FIXED, goal) ? FIXED[goal] : undefined;
  if (fixed) return fixed(goal);
  if (goal === 'ginkgo' && ginkgo) return { kind: 'build', words: [ginkgo] };
  const command = goal.replace(/^cmd\//, '').replace(/\/$/, '');
  if (commands.includes(command)) return { kind: 'build', words: [`cmd/${command}`] };
  if (ELSEWHERE.includes(goal)) return { kind: 'elsewhere', use: OWN_MAKE(goal) };
  return undefined;
}

/** Every goal that can be named, for help and for the nearest one. */
export function knownGoals(commands: readonly string[], ginkgo: string | undefined): readonly string[] {
  return [...Object.keys(FIXED), ...(ginkgo ? ['ginkgo'] : []), ...commands, ...ELSEWHERE];
}
