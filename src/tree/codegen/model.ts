/**
 * How a tree says what is generated in it: which tags select a package, which program of the tree makes which file,
 * with which flags (spec codegen 2, 4, 5 and 6). Read by `makefile.ts` from the generated-files makefile of Kubernetes
 * 1.7 to 1.26, or taken from kubewright.yaml. This folder decides nothing about freshness.
 */
import type { Location } from '../../diagnostic/diagnostic.ts';

/** One generator that works package by package: every tagged directory gets one file. */
export interface PackageGenerator {
  readonly shape: 'package';
  /** As people name it: `deepcopy`. */
  readonly kind: string;
  readonly program: GeneratorProgram;
  /** A text that selects a directory when a tagged file of it holds it; `^` in front: at the start of a comment line. */
  readonly needle: string;
  /** Begins the tags whose change makes the package's own output stale: `k8s:deepcopy-gen`. */
  readonly tag: string;
  /** `zz_generated.deepcopy.go` */
  readonly outputName: string;
  readonly flags: readonly string[];
  /** Flags that take the comma list of every selected package of this kind. */
  readonly listFlags: readonly string[];
  /** Import paths that every run of this generator reads beside its packages. */
  readonly readsAlso: readonly string[];
  /** Hand-written functions, by the beginning of their names, that generated code calls across packages. */
  readonly calls: readonly string[];
}

/** One generator run that makes one file of many packages. */
export interface ListGenerator {
  readonly shape: 'list';
  readonly kind: string;
  readonly program: GeneratorProgram;
  readonly needle: string;
  readonly tag: string;
  /** Directory of the one output. */
  readonly outputDirectory: string;
  readonly outputName: string;
  readonly flags: readonly string[];
  /** Which of the selected directories (under their vendor names) belong to this output; undefined: an explicit list. */
  readonly includes?: (directory: string) => boolean;
  readonly packages?: readonly string[];
  /** List of known API rule violations; undefined: violations are not looked at. */
  readonly knownViolations?: string;
}

export type Generator = PackageGenerator | ListGenerator;

/** A command-line program, made from sources in the tree. */
export interface GeneratorProgram {
  /** `deepcopy-gen`: written into the files that it makes. */
  readonly name: string;
  /** Import path. */
  readonly goPackage: string;
  /** Where its main package lies, relative to the tree. */
  readonly directory: string;
}

export interface GenerationModel {
  readonly generators: readonly Generator[];
  /** Licence text above each output, relative to the tree. */
  readonly header: string;
  /** Directories that are never looked into, beside the output directory; anchored at the root. */
  readonly pruned: (path: string) => boolean;
  /** Import path of a directory as upstream gives it to generators: staging under its vendor name. */
  readonly importPath: (directory: string) => string;
  readonly where: Location;
}

/** `deepcopy openapi …`, each once, in the order of the model. */
export function kindsOf(model: GenerationModel): readonly string[] {
  return [...new Set(model.generators.map((generator) => generator.kind))];
}
