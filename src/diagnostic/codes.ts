/**
 * Every Diagnostic code, once, with its title and the exit code a run ends with when it is the reason.
 * `docs/errors/<code>.md` explains each; a test holds this list and those pages equal.
 */
export const CODES = {
  'binary/damaged': { title: 'a program file is cut short or damaged', exit: 1 },
  'binary/missing': { title: 'there is no such program file', exit: 2 },
  'binary/not-a-program': { title: 'the file is no program', exit: 2 },
  'build/compile-failed': { title: 'Go code does not compile', exit: 1 },
  'build/engine-go': { title: 'go builds what our own graph cannot', exit: 1 },
  'build/go-list-failed': { title: 'the package graph could not be read', exit: 1 },
  'build/no-main-package': { title: 'the directory holds no main package', exit: 2 },
  'build/output-wrong': { title: 'a program is not what was asked for', exit: 1 },
  'build/output-missing': { title: 'Go ended well but an output is missing', exit: 1 },
  'build/flag-dropped': { title: 'a Go flag was left out for an older Go', exit: 2 },
  'build/c-compiler-missing': { title: 'a C compiler is needed and was not found', exit: 2 },
  'build/input-changed': { title: 'a file changed while it was compiled', exit: 1 },
  'config/invalid': { title: 'kubewright.yaml holds a wrong value', exit: 2 },
  'config/syntax': { title: 'kubewright.yaml does not parse', exit: 2 },
  'config/unreadable': { title: 'the configuration file cannot be read', exit: 2 },
  'disk/full': { title: 'no space is left', exit: 1 },
  'disk/permission': { title: 'a file or directory may not be read or written', exit: 1 },
  'disk/write-failed': { title: 'a file could not be written whole', exit: 1 },
  'generate/command-failed': { title: 'the tree’s own code generation failed', exit: 1 },
  'graph/unknown-package': { title: 'the targets hold no such package', exit: 2 },
  'make/goal-unknown': { title: 'the tree’s Makefile has no such goal', exit: 2 },
  'make/goal-unsupported': { title: 'another command does what this goal did', exit: 2 },
  'make/variable-ignored': { title: 'a make variable has no effect here', exit: 2 },
  'network/failed': { title: 'a request failed', exit: 1 },
  'network/offline': { title: 'a request was needed, and --offline forbids it', exit: 2 },
  'process/not-found': { title: 'a program is missing', exit: 2 },
  'report/journal-damaged': { title: 'the log of a run is damaged', exit: 1 },
  'report/no-run': { title: 'there is no such run', exit: 2 },
  'request/conflict': { title: 'two options contradict each other', exit: 2 },
  'request/invalid': { title: 'the command line cannot be understood', exit: 2 },
  'run/cancelled': { title: 'the run was cancelled', exit: 130 },
  'run/locked': { title: 'another run writes to the same output directory', exit: 2 },
  'source/fetch-failed': { title: 'a source package could not be fetched', exit: 1 },
  'source/not-found': { title: 'there is no such source package', exit: 2 },
  'source/tool-missing': { title: 'a program that fetches sources is missing', exit: 2 },
  'source/unpack-failed': { title: 'a source package could not be unpacked', exit: 1 },
  'store/corrupt': { title: 'a stored object is not what its name says', exit: 1 },
  'store/unusable': { title: 'the local store cannot be used', exit: 1 },
  'target/ambiguous-output': { title: 'two targets write the same file', exit: 2 },
  'target/empty': { title: 'a target name is empty', exit: 2 },
  'target/no-match': { title: 'a pattern matches nothing', exit: 2 },
  'target/platform-unknown': { title: 'there is no such platform', exit: 2 },
  'target/unknown': { title: 'there is no such target', exit: 2 },
  'toolchain/changed': { title: 'a stored Go toolchain is not what was fetched', exit: 1 },
  'toolchain/checksum-mismatch': { title: 'a Go toolchain has the wrong checksum', exit: 1 },
  'toolchain/checksum-unknown': { title: 'no checksum is known for a Go toolchain', exit: 2 },
  'toolchain/go-too-old': { title: 'the requested Go is older than the tree allows', exit: 2 },
  'toolchain/not-available': { title: 'the Go that the tree wants cannot be had', exit: 2 },
  'toolchain/nearest': { title: 'another Go than the tree’s pin was taken', exit: 2 },
  'toolchain/no-source': { title: 'there is no place to get Go from', exit: 2 },
  'toolchain/wrong-on-path': { title: 'the Go on PATH is not the one this tree wants', exit: 2 },
  'tree/eval-failed': { title: 'the tree’s script failed', exit: 2 },
  'tree/eval-timeout': { title: 'the tree’s script did not end', exit: 2 },
  'tree/eval-unavailable': {
    title: 'the script could not be evaluated here, and was parsed instead',
    exit: 2,
  },
  'tree/eval-wrote': { title: 'the tree’s script tried to write', exit: 2 },
  'tree/index-wrong': { title: 'a file changed without a trace in its times', exit: 1 },
  'tree/list-missing': { title: 'a list that the tree should hold is missing', exit: 2 },
  'tree/not-found': { title: 'this is no tree', exit: 2 },
  'tree/syntax-error': { title: 'the tree’s script does not parse', exit: 2 },
  'version/file-invalid': { title: 'the version file cannot be read', exit: 2 },
  'version/git-failed': { title: 'git could not answer', exit: 2 },
  'version/not-semver': { title: 'the version is not a semantic version', exit: 2 },
} as const satisfies Record<string, { title: string; exit: 1 | 2 | 130 }>;

export type DiagnosticCode = keyof typeof CODES;

/** The exit code of a run that these problems ended: a wrong request outranks a failed build. */
export function exitCodeOf(codes: readonly DiagnosticCode[]): number {
  const exits = codes.map((code) => CODES[code].exit);
  return exits.length === 0 ? 1 : exits.includes(130) ? 130 : Math.max(...exits);
}
