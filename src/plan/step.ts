/** One unit of work as data: it can be printed, hashed, sent, stored and drawn. */
import type { Places } from '../steps/package/places.ts';
import type { Sentinel } from '../steps/stamp/sentinels.ts';
import type { Platform } from '../target/platform.ts';

/** `compile:cmd/kubectl@linux/arm64` */
export type StepId = string;

/** What a Step reads. */
export type StepInput = GoClosureInput | FileInput;

/** Looked up by the executor: its files are known only to Go. */
export interface GoClosureInput {
  readonly kind: 'go-closure';
  readonly goPackage: string;
  /** A program, a package with its tests, or a library that an added source imports. */
  readonly role: 'program' | 'tests' | 'library';
}

/** A file by its content: one that is there, or an output of a Step that is needed. */
export interface FileInput {
  readonly kind: 'file';
  /** Absolute. */
  readonly path: string;
}

/** One run of `go build` or `go test -c` for one target. Steps of equal `batch` share one go process. */
export interface GoBuildAction {
  readonly kind: 'go-build';
  readonly verb: 'build' | 'test';
  /** Flags between the verb and the packages, without -o. */
  readonly flags: readonly string[];
  readonly goPackage: string;
  /** Name that go gives the file, `.exe` included. */
  readonly outputName: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute; inside the link tree in the GOPATH eras. */
  readonly workingDirectory: string;
  readonly batch: string;
  /** How the version gets into the program; absent where go builds. */
  readonly lateStamps?: LateStamps;
  /** Paths that programs hold as those of another place; absent where they hold their own, or none. */
  readonly places?: Places;
  /** Go files that the build sees beside the tree's own, path relative to the tree → text. Never left behind. */
  readonly addedSources?: Readonly<Record<string, string>>;
}

export interface LateStamps {
  /** `flags` with sentinels for the values. */
  readonly flags: readonly string[];
  readonly sentinels: readonly Sentinel[];
  /** Whether the values take the place of the sentinels before linking already. */
  readonly atLink: boolean;
  /** Key parts of the linked program: when it is stamped afterwards, equal for all commits with equal code. */
  readonly keyParts: Readonly<Record<string, string>>;
}

/** A command of the tree itself, run as the user. */
export interface CommandAction {
  readonly kind: 'command';
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
}

/** What one generator makes of one package, or of one list of packages. Steps of equal `batch` may share a process. */
export interface GeneratorAction {
  readonly kind: 'generator';
  /** `deepcopy-gen` */
  readonly program: string;
  /** Import paths that the generator is given. */
  readonly packages: readonly string[];
  /** All flags but those for packages and places. */
  readonly flags: readonly string[];
  /** Where it writes below its output base. */
  readonly writes: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly batch: string;
}

/** What a packer makes of its Step's input files: an archive, an image, a system package, a document about them. */
export interface PackAction {
  readonly kind: 'pack';
  /** The packer's name, as its worker is registered. */
  readonly packer: string;
  /** What is packed, as data: with the names and digests of the files it is the key, so it holds no absolute path. */
  readonly parameters: Json;
}

/** A value that JSON can say. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

export type Action = GoBuildAction | CommandAction | GeneratorAction | PackAction;

export interface Step {
  readonly id: StepId;
  readonly kind: 'compile' | 'generate' | 'pack';
  /** For people: `kubectl linux/arm64`. */
  readonly title: string;
  readonly platform?: Platform;
  readonly needs: readonly StepId[];
  readonly inputs: readonly StepInput[];
  /** Relative to the tree. */
  readonly outputs: readonly string[];
  readonly action: Action;
  /** Ordered, labelled parts that join the inputs in the key: flags, environment, toolchain. `why` names the first that differs. */
  readonly keyParts: Readonly<Record<string, string>>;
}

/** The Go closures that a Step is made of. */
export function goClosures(step: Step): GoClosureInput[] {
  return step.inputs.flatMap((input) => (input.kind === 'go-closure' ? [input] : []));
}
