/** What resolving a target asks of the disk. `tree/lookup.ts` answers; a test answers from a table. */

/** `tests`: only _test.go files; `no-go`: a directory without Go files. */
export type PackageKind = 'missing' | 'no-go' | 'tests' | 'library' | 'main';

/** Directories are relative to the tree, `.` is the root; links are followed. */
export interface PackageLookup {
  packageAt(directory: string): PackageKind;
  /** The directory and all below it that hold a Go package, as `directory/...` means it, sorted. */
  expand(directory: string): readonly string[];
  /** Import path by the nearest go.mod; undefined outside every module. */
  importPath(directory: string): string | undefined;
  /** Names of the directories in a directory. */
  names(directory: string): readonly string[];
}
