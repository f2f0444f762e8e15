/** Variables of upstream's makefiles and scripts (spec local-build 2), and which of them have an effect here. */
import { type Diagnostic, error, warning } from '../../diagnostic/diagnostic.ts';

/** Honoured by build, clean and the tree's own scripts that we evaluate. */
const HONOURED = new Set([
  ...[
    'WHAT',
    'GOFLAGS',
    'GOLDFLAGS',
    'GOGCFLAGS',
    'DBG',
    'KUBE_BUILD_PLATFORMS',
    'KUBE_FASTBUILD',
    'KUBE_GOFLAGS',
  ],
  ...[
    'KUBE_EXTRA_GOPATH',
    'KUBE_STATIC_OVERRIDES',
    'KUBE_CGO_OVERRIDES',
    'KUBE_BUILD_WITH_COVERAGE',
    'KUBE_GOPATH',
  ],
  ...[
    'KUBE_OUTPUT_SUBPATH',
    'OUT_DIR',
    'KUBE_VERBOSE',
    'GOCACHE',
    'GOMODCACHE',
    'GO_VERSION',
    'FORCE_HOST_GO',
  ],
  ...[
    'SOURCE_DATE_EPOCH',
    'KUBE_GIT_VERSION_FILE',
    'KUBE_GIT_COMMIT',
    'KUBE_GIT_TREE_STATE',
    'KUBE_GIT_VERSION',
  ],
  ...[
    'KUBE_GIT_MAJOR',
    'KUBE_GIT_MINOR',
    'CC',
    'CGO_ENABLED',
    'OSTYPE',
    'KUBE_BUILDER_OS',
    'PRINT_HELP',
    'GOTOOLCHAIN',
  ],
  ...['KUBERNETES_CONTRIB', 'KUBE_GOLDFLAGS', 'KUBE_GOGCFLAGS'],
  ...['KUBE_RELEASE_RUN_TESTS', 'KUBE_BUILD_HYPERKUBE', 'KUBE_BUILD_MONDO_TEST_TARBALL'],
  ...['KUBEWRIGHT_RELEASE_CONTAINER', 'KUBE_RSYNC_PORT', 'KUBE_RSYNC_COMPRESS'],
]);

/** Known, and without effect on what is built here. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  KUBE_PARALLEL_BUILD_MEMORY: 'the scheduler asks the machine for its memory',
  KUBE_NO_GODEPS: 'Godeps/_workspace is always part of the GOPATH where the tree has one',
  KUBE_HACK_TOOLS_GOTOOLCHAIN: 'no helper of hack/tools is built',
  BIN_DIR: 'outputs lie in _output/bin; name another output directory with OUT_DIR',
  DBG_MAKEFILE: 'there is no makefile; use --verbose or -n',
  GIMME_ENV_PREFIX: 'toolchains come from the shared store',
  GIMME_VERSION_PREFIX: 'toolchains come from the shared store',
};

const CROSS_COMPILER = /^KUBE_[A-Z0-9]+_[A-Z0-9]+_CC$/;

/** Says which variables of the command line change nothing, and refuses pairs that contradict each other. */
export function checkVariables(variables: Readonly<Record<string, string>>): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const name of Object.keys(variables)) {
    if (HONOURED.has(name) || CROSS_COMPILER.test(name)) continue;
    diagnostics.push(
      warning('make/variable-ignored', {
        what: `${name} has no effect`,
        why: WITHOUT_EFFECT[name] ?? 'no makefile or script of these trees reads it during a build',
        help: 'leave it out; kubewright build --help lists what can be set',
      }),
    );
  }
  if (variables['KUBE_GOFLAGS'] && variables['GOFLAGS']) {
    diagnostics.push(
      error('request/conflict', {
        what: 'both GOFLAGS and KUBE_GOFLAGS are set',
        why: 'KUBE_GOFLAGS is an old name of GOFLAGS, and only one of them can win',
        help: 'set GOFLAGS alone',
      }),
    );
  }
  return diagnostics;
}

/** Old names become new ones, so that everything behind reads one name. */
export function withAliases(variables: Readonly<Record<string, string>>): Record<string, string> {
  const { KUBE_GOFLAGS, KUBE_GOLDFLAGS, KUBE_GOGCFLAGS, ...rest } = variables;
  return {
    ...(KUBE_GOFLAGS === undefined ? {} : { GOFLAGS: KUBE_GOFLAGS }),
    ...(KUBE_GOLDFLAGS === undefined ? {} : { GOLDFLAGS: KUBE_GOLDFLAGS }),
    ...(KUBE_GOGCFLAGS === undefined ? {} : { GOGCFLAGS: KUBE_GOGCFLAGS }),
    ...rest,
  };
}
