export type PackageKind = 'missing' | 'no-go' | 'tests' | 'library' | 'main';
export interface PackageLookup {
  packageAt(directory: string): PackageKind;
  expand(directory: string): readonly string[];
  importPath(directory: string): string | undefined;
  names(directory: string): readonly string[];
}
