/** A generated file or directory as a Step: the facts that Steps are planned from, and the labelled parts of their keys. */
import type { Diagnostic } from '../../../diagnostic/diagnostic.ts';
import type { Step } from '../../../plan/step.ts';
import type { GenerationModel, Generator, GeneratorProgram } from '../../../tree/codegen/model.ts';
import type { PackageSights } from '../../../tree/tags/packages.ts';
import type { GeneratorTag } from '../../../tree/tags/tag.ts';
import type { SelectedPackage, SourceScan } from './select.ts';

export interface PlannedOutput {
  readonly step: Step;
  readonly generator: Generator;
  readonly directory: string;
  /** Relative to the tree. */
  readonly path: string;
  /** What selected the package; the first one of a list. */
  readonly selected: SelectedPackage;
  /** Directories whose declarations the Step depends on directly; their imports follow. */
  readonly reads: readonly string[];
  /** Letters that keep the Step from running. */
  readonly problems: readonly Diagnostic[];
}

export interface PlanFacts {
  readonly model: GenerationModel;
  readonly sights: PackageSights;
  readonly scan: SourceScan;
  readonly goPackage: string;
  /** Digest of the licence text. */
  readonly headerDigest: string;
  /** Digest of the files that decide versions of other modules; empty where nothing is loaded from modules. */
  readonly moduleDigest: string;
  /** Proves a generator: its sources and the Go that compiles them. */
  readonly programKey: (program: GeneratorProgram) => string;
  /** Programs of the machine: the PATH that leads to them, and what they say of their version. */
  readonly tools: { readonly path: string; readonly versions: ReadonlyMap<string, string> };
  /** The same of a program that is compiled with generated code, without that code. */
  readonly schemaKey: (program: GeneratorProgram) => string;
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Digest of a file of the tree; empty when there is none. */
  readonly fileDigest: (path: string) => string;
  /** Underlines a tag. */
  readonly at: (file: string, tag: GeneratorTag, note: string) => Diagnostic['where'];
}

export interface LocatedTag {
  readonly file: string;
  readonly tag: GeneratorTag;
}

export interface StepParts {
  readonly directory: string;
  readonly packages: readonly string[];
  readonly writes: string;
  readonly reads: readonly string[];
  readonly tags: readonly LocatedTag[];
  readonly flags: readonly string[];
  /** Flags that join the key: lists of all packages do not, what they can change is keyed by itself. */
  readonly keyFlags: readonly string[];
  readonly more: Readonly<Record<string, string>>;
  /** A Step that must have run before. */
  readonly after?: string | undefined;
  /** Other than one file or directory. */
  readonly outputs?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export function makeStep(facts: PlanFacts, generator: Generator, parts: StepParts): Step {
  const { sights } = facts;
  const { directory, packages, flags } = parts;
  const { program, kind } = generator;
  const title = `${kind} ${directory}`;
  return {
    id: `generate:${kind}@${directory}`,
    ...{
      kind: 'generate',
      title,
      needs: [...programsOf(generator).map(programStep), ...(parts.after ? [parts.after] : [])],
    },
    inputs: packages.map((goPackage) => ({ kind: 'go-closure', goPackage, role: 'library' }) as const),
    outputs: parts.outputs ?? [
      generator.outputName === '' ? directory : `${directory}/${generator.outputName}`,
    ],
    action: {
      ...{ kind: 'generator', program: program.name, packages, flags, writes: parts.writes },
      environment: parts.environment ?? facts.environment,
      workingDirectory: facts.workingDirectory,
      batch: generator.shape === 'package' ? kind : `${kind}@${directory}`,
    },
    keyParts: {
      ...Object.fromEntries(parts.reads.map((read) => [`declarations ${read}`, sights.sight(read).all])),
      tags: parts.tags.map(({ file, tag }) => `${file} ${tag.name}=${tag.value}`).join('\n'),
      ...parts.more,
      flags: parts.keyFlags.join(' '),
      'licence text': facts.headerDigest,
      ...(facts.moduleDigest ? { 'go.mod, go.sum or go.work': facts.moduleDigest } : {}),
      [program.name]: facts.programKey(program),
    },
  };
}

/** All programs that the runs of a generator need. */
export function programsOf(generator: Generator): readonly GeneratorProgram[] {
  return [generator.program, ...(generator.shape === 'spread' ? generator.plugins : [])];
}

/** The Step that compiles a program. */
export function programStep({ name }: GeneratorProgram): string {
  return `generator:${name}`;
}

/** An import path without what stands before its last vendor directory. */
export function canonical(importPath: string): string {
  const at = importPath.lastIndexOf('/vendor/');
  return at < 0 ? importPath : importPath.slice(at + '/vendor/'.length);
}
