/**
 * How a tree says what is generated in it: which tags select a package, which program of the tree makes which file,
 * with which flags (spec codegen 2, 4, 5 and 6). Read by `makefile.ts` from the generated-files makefile of Kubernetes
 * 1.7 to 1.26, by `script.ts` from the script of 1.27 to 1.29, by `configured.ts` from kubewright.yaml. This folder
 * decides nothing about freshness.
 */
import type { Location } from '../../diagnostic/diagnostic.ts';

/**
 * How a generator is told what to do: `gengo-v1` (up to 1.29) finds packages by import path and writes below an output
 * base, `gengo-v2` by directory and writes beside what it reads (spec codegen 9).
 */
export type Dialect = 'gengo-v1' | 'gengo-v2';

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
  /** Import paths that are read too, whether tagged or not. */
  readonly alsoPackages?: readonly string[];
  /** Which of the selected directories (under their vendor names) belong to this output; undefined: an explicit list. */
  readonly includes?: (directory: string) => boolean;
  readonly packages?: readonly string[];
  /** List of known API rule violations; undefined: violations are not looked at. */
  readonly knownViolations?: string;
}

/** One generator run that makes a directory full of files. */
export interface DirectoryGenerator {
  readonly shape: 'directory';
  readonly kind: string;
  readonly program: GeneratorProgram;
  readonly needle: string;
  readonly tag: string;
  /** Where its files lie, maybe beside hand-written ones; those of earlier runs go when they are not made again. */
  readonly outputDirectory: string;
  /** A text that each of its files holds and no other. */
  readonly mark: string;
  /** Empty: names are the generator's. */
  readonly outputName: '';
  readonly flags: readonly string[];
  /** Selects every directory with a file of this name, whatever its tags. */
  readonly source?: string;
  /** Which of the selected directories count. */
  readonly includes: (directory: string) => boolean;
  /** Flags for the packages found, as directories relative to the tree. */
  readonly flagsFor: (directories: readonly string[]) => readonly string[];
  /** Whether the packages are also given as arguments. */
  readonly takesPackages: boolean;
  /** Whether it puts the licence text above its files. */
  readonly takesHeader: boolean;
  /** A schema of the API that it is given too. */
  readonly schema?: PrintedSchema;
}

/** The schema of an API, as a program of the tree prints it that is compiled together with generated code. */
export interface PrintedSchema {
  readonly program: GeneratorProgram;
  /** Makes the code that it prints; runs first. */
  readonly of: ListGenerator;
  /** Takes the path of the schema. */
  readonly flag: string;
}

/** A program that prints methods for the types of one file; each directory gets one file of its own. */
export interface PrintingGenerator {
  readonly shape: 'printed';
  readonly kind: string;
  readonly program: GeneratorProgram;
  /** Relative to the tree. */
  readonly directories: readonly string[];
  /** The file in each that it reads: `types.go`. */
  readonly source: string;
  readonly outputName: string;
  readonly flagsFor: (file: string) => readonly string[];
  /** What stands above the printed text, and below it; gofmt brings the whole into its form. */
  readonly before: (directory: string) => string;
  readonly after: string;
  /** Runs only when it is asked for by name. */
  readonly onRequest?: boolean;
}

/** One run that makes files in many packages, and may mend their sources: struct tags of new fields. */
export interface SpreadGenerator {
  readonly shape: 'spread';
  readonly kind: string;
  readonly program: GeneratorProgram;
  readonly needle: string;
  readonly tag: string;
  /** Which of the selected directories count. */
  readonly includes: (directory: string) => boolean;
  /** Import paths that it works for besides. */
  readonly alsoPackages: readonly string[];
  /** The two files of each package. */
  readonly outputName: string;
  readonly definitionName: string;
  /** Directories that definitions are imported from, relative to the tree. */
  readonly imports: readonly string[];
  /** Licence text above its files, relative to the tree. */
  readonly header: string;
  /** Programs that it starts: made from the tree, and of the machine. */
  readonly plugins: readonly GeneratorProgram[];
  readonly tools: readonly MachineTool[];
  readonly onRequest: boolean;
}

/** A program that is looked for on PATH. */
export interface MachineTool {
  readonly name: string;
  /** `23.4`, or `3.` for any of that line; undefined: any. */
  readonly version?: string;
}

/** Those whose directories are selected by tags. */
export type TaggedGenerator = PackageGenerator | ListGenerator | DirectoryGenerator | SpreadGenerator;

export type Generator = TaggedGenerator | PrintingGenerator;

/** A command-line program, made from sources in the tree or of a module version. */
export interface GeneratorProgram {
  /** `deepcopy-gen`: written into the files that it makes. */
  readonly name: string;
  /** Import path. */
  readonly goPackage: string;
  /** Where its main package lies, relative to the tree; absent when it comes from a module. */
  readonly directory?: string;
  /** `v0.32.3`: the module version that it is had from. */
  readonly version?: string;
  /** Where the version is named. */
  readonly where?: Location;
}

export interface GenerationModel {
  readonly dialect: Dialect;
  readonly generators: readonly Generator[];
  /** Licence text above each output, relative to the tree; undefined: none. */
  readonly header: string | undefined;
  /** Which files are looked into at all, beside those with a `+k8s:` tag in the first column: with `+genclient` too. */
  readonly findsClients?: boolean;
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

/** The kinds that run when none is named. */
export function usualKinds(model: GenerationModel): readonly string[] {
  const usual = model.generators.filter((one) => !('onRequest' in one && one.onRequest));
  return [...new Set(usual.map(({ kind }) => kind))];
}

/** The generators of these kinds, and those that make what they are given, in the order of the model. */
export function generatorsOf(model: GenerationModel, kinds: readonly string[]): readonly Generator[] {
  const wanted = model.generators.filter(({ kind }) => kinds.includes(kind));
  const before = wanted.flatMap((one) => (one.shape === 'directory' && one.schema ? [one.schema.of] : []));
  return model.generators.filter((one) => wanted.includes(one) || before.some((first) => first === one));
}

/** What selects directories, over all generators. */
export function needlesOf(generators: readonly Generator[]): readonly string[] {
  return [...new Set(generators.flatMap((one) => (one.shape === 'printed' ? [] : [one.needle])))];
}
