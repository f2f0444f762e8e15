/** A Go package as one kind of build sees it: the members of `go list -json` that we read, under Go's own names. */

export interface GoModule {
  readonly Path: string;
  readonly Version?: string;
  readonly Main?: boolean;
  readonly Dir?: string;
  readonly GoVersion?: string;
  readonly Replace?: GoModule;
}

export interface GoPackage {
  /** Unique in a listing; a package recompiled for a test is `p [q.test]`. */
  readonly ImportPath: string;
  /** Absolute. */
  readonly Dir?: string;
  readonly Name?: string;
  readonly Root?: string;
  readonly Standard?: boolean;
  readonly Module?: GoModule;
  /** The package under test, for what is compiled anew for a test. */
  readonly ForTest?: string;
  readonly GoFiles?: readonly string[];
  readonly CgoFiles?: readonly string[];
  readonly IgnoredGoFiles?: readonly string[];
  readonly CFiles?: readonly string[];
  readonly CXXFiles?: readonly string[];
  readonly MFiles?: readonly string[];
  readonly HFiles?: readonly string[];
  readonly FFiles?: readonly string[];
  readonly SFiles?: readonly string[];
  readonly SwigFiles?: readonly string[];
  readonly SwigCXXFiles?: readonly string[];
  readonly SysoFiles?: readonly string[];
  readonly EmbedPatterns?: readonly string[];
  readonly EmbedFiles?: readonly string[];
  readonly TestGoFiles?: readonly string[];
  readonly XTestGoFiles?: readonly string[];
  readonly TestEmbedPatterns?: readonly string[];
  readonly TestEmbedFiles?: readonly string[];
  readonly XTestEmbedFiles?: readonly string[];
  /** As resolved: import paths of packages in the listing (`vendor/…` included), `C` and `unsafe` too. */
  readonly Imports?: readonly string[];
  readonly TestImports?: readonly string[];
  readonly XTestImports?: readonly string[];
  /** Import path as the source writes it → as it resolved, where the two differ. */
  readonly ImportMap?: Readonly<Record<string, string>>;
  readonly Deps?: readonly string[];
  /** Trouble in what the package imports, with -e. */
  readonly DepsErrors?: readonly unknown[];
  readonly Error?: { readonly Pos?: string; readonly Err: string; readonly ImportStack?: readonly string[] };
}
