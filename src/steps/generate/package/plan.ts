/**
 * One Step for each package and generator: what it reads, what it makes, and the labelled parts of its key. An output
 * is stale when something changed that its generator can see: declarations of the package and of all it imports, the
 * package's own tags, hand-written functions of others that it may call, the licence text, flags, the generator
 * itself (spec codegen 15). Pure: sights of the tree are handed in.
 */
import { type Diagnostic, error } from '../../../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../../../formats/digest.ts';
import type { Step } from '../../../plan/step.ts';
import type {
  DirectoryGenerator,
  GenerationModel,
  Generator,
  ListGenerator,
  PackageGenerator,
} from '../../../tree/codegen/model.ts';
import type { PackageSights } from '../../../tree/tags/packages.ts';
import type { GeneratorTag } from '../../../tree/tags/tag.ts';
import { type SelectedPackage, type SourceScan, selectPackages } from './select.ts';
import { resolveTagPath } from './tagpath.ts';

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
  readonly programKey: (generator: Generator) => string;
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Digest of a file of the tree; empty when there is none. */
  readonly fileDigest: (path: string) => string;
  /** Underlines a tag. */
  readonly at: (file: string, tag: GeneratorTag, note: string) => Diagnostic['where'];
}

/** Every output of the wanted kinds, in the order of the model. */
export function planOutputs(facts: PlanFacts, kinds: readonly string[]): readonly PlannedOutput[] {
  return facts.model.generators
    .filter((generator) => kinds.includes(generator.kind))
    .flatMap((generator) => planGenerator(facts, generator));
}

function planGenerator(facts: PlanFacts, generator: Generator): PlannedOutput[] {
  switch (generator.shape) {
    case 'package':
      return planPackages(facts, generator);
    case 'list':
      return planList(facts, generator);
    case 'directory':
      return planDirectory(facts, generator);
  }
}

function planPackages(facts: PlanFacts, generator: PackageGenerator): PlannedOutput[] {
  const selected = selectPackages(facts.sights.index, facts.model, generator, facts.scan);
  const all = selected.map(({ directory }) => facts.model.importPath(directory)).join(',');
  const listed = generator.listFlags.flatMap((flag) => [flag, all]);
  const callable = callableFunctions(facts, generator, selected);
  return selected.map((one) => planPackage(facts, generator, one, listed, callable));
}

function planPackage(
  facts: PlanFacts,
  generator: PackageGenerator,
  selected: SelectedPackage,
  listed: readonly string[],
  callable: readonly Callable[],
): PlannedOutput {
  const { model, sights } = facts;
  const { directory } = selected;
  const tags = packageTags(facts, generator.tag, directory);
  const problems: Diagnostic[] = [];
  const reads = [directory, ...directoriesRead(facts, generator, directory, tags, problems)];
  const reached = new Map<string, boolean>();
  const reaches = (path: string) => {
    const known = reached.get(path) ?? reads.some((read) => sights.closure(read).has(path));
    reached.set(path, known);
    return known;
  };
  const calls = callable.filter(({ of }) => of.every(reaches)).map(({ text }) => text);
  const step = makeStep(facts, generator, {
    ...{
      directory,
      packages: [argumentOf(model, directory)],
      writes: writesTo(model, directory),
      reads,
      tags,
    },
    ...{ flags: [...generator.flags, ...listed], keyFlags: generator.flags },
    more: calls.length > 0 ? { 'hand-written functions': digestOfBytes(calls.join('\n')).slice(0, 20) } : {},
  });
  return { step, generator, directory, path: step.outputs[0] as string, selected, reads, problems };
}

function planList(facts: PlanFacts, generator: ListGenerator): PlannedOutput[] {
  const { model, sights } = facts;
  const selected = selectPackages(sights.index, model, generator, facts.scan);
  const explicit = generator.packages?.flatMap((path) => sights.directoryOf(path) ?? []);
  const chosen = selected.filter(
    ({ directory }) => generator.includes?.(directory) ?? explicit?.includes(directory) === true,
  );
  const first = chosen[0];
  if (!first) return [];
  const found = generator.packages ?? chosen.map(({ directory }) => argumentOf(model, directory));
  const packages = [...found, ...(generator.alsoPackages ?? [])];
  const tags = chosen.flatMap(({ directory }) => packageTags(facts, generator.tag, directory));
  const { knownViolations: known, outputDirectory } = generator;
  const base = `${facts.goPackage}/${outputDirectory}`;
  const isBelow = model.dialect === 'gengo-v1';
  const place = isBelow ? ['-p', base] : ['--output-dir', outputDirectory, '--output-pkg', base];
  const flags = [...generator.flags, ...place];
  const step = makeStep(facts, generator, {
    ...{ directory: outputDirectory, packages, flags, keyFlags: flags, tags },
    writes: isBelow ? base : outputDirectory,
    reads: chosen.map(({ directory }) => directory),
    more: { packages: packages.join(','), ...(known ? { [known]: facts.fileDigest(known) } : {}) },
  });
  const reads = chosen.map(({ directory }) => directory);
  return [
    {
      step,
      generator,
      directory: outputDirectory,
      path: step.outputs[0] as string,
      selected: first,
      reads,
      problems: [],
    },
  ];
}

/** Clients and their like: one run for all tagged packages, one directory of files. */
function planDirectory(facts: PlanFacts, generator: DirectoryGenerator): PlannedOutput[] {
  const { model, sights, scan } = facts;
  const chosen = selectPackages(sights.index, model, generator, scan).filter(({ directory }) =>
    generator.includes(directory),
  );
  const first = chosen[0];
  if (!first) return [];
  const reads = chosen.map(({ directory }) => directory);
  const packages = generator.takesPackages ? reads.map((directory) => argumentOf(model, directory)) : [];
  const flags = [...generator.flags, ...generator.flagsFor(reads)];
  const { outputDirectory } = generator;
  const tags = reads.flatMap((directory) => packageTags(facts, 'group', directory));
  const step = makeStep(facts, generator, {
    ...{ directory: outputDirectory, packages, reads, tags, flags, keyFlags: flags },
    writes: model.dialect === 'gengo-v1' ? canonical(model.importPath(outputDirectory)) : outputDirectory,
    more: { packages: reads.join(',') },
  });
  return [
    {
      step,
      generator,
      directory: outputDirectory,
      path: outputDirectory,
      selected: first,
      reads,
      problems: [],
    },
  ];
}

/** How a generator is given a package: by import path, later by directory. */
function argumentOf(model: GenerationModel, directory: string): string {
  return model.dialect === 'gengo-v1' ? model.importPath(directory) : `./${directory}`;
}

/** Where it writes: below its output base under the canonical path, later beside what it reads. */
function writesTo(model: GenerationModel, directory: string): string {
  return model.dialect === 'gengo-v1' ? canonical(model.importPath(directory)) : directory;
}

interface StepParts {
  readonly directory: string;
  readonly packages: readonly string[];
  readonly writes: string;
  readonly reads: readonly string[];
  readonly tags: readonly LocatedTag[];
  readonly flags: readonly string[];
  /** Flags that join the key: lists of all packages do not, what they can change is keyed by itself. */
  readonly keyFlags: readonly string[];
  readonly more: Readonly<Record<string, string>>;
}

function makeStep(facts: PlanFacts, generator: Generator, parts: StepParts): Step {
  const { sights } = facts;
  const { directory, packages, flags } = parts;
  const { program, kind } = generator;
  const title = `${kind} ${directory}`;
  return {
    id: `generate:${kind}@${directory}`,
    ...{ kind: 'generate', title, needs: [programStep(generator)] },
    inputs: packages.map((goPackage) => ({ kind: 'go-closure', goPackage, role: 'library' }) as const),
    outputs: [generator.outputName === '' ? directory : `${directory}/${generator.outputName}`],
    action: {
      ...{ kind: 'generator', program: program.name, packages, flags, writes: parts.writes },
      environment: facts.environment,
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
      [program.name]: facts.programKey(generator),
    },
  };
}

/** The Step that compiles a generator. */
export function programStep({ program }: Generator): string {
  return `generator:${program.name}`;
}

/** An import path without what stands before its last vendor directory. */
export function canonical(importPath: string): string {
  const at = importPath.lastIndexOf('/vendor/');
  return at < 0 ? importPath : importPath.slice(at + '/vendor/'.length);
}

interface LocatedTag {
  readonly file: string;
  readonly tag: GeneratorTag;
}

/** The tags of one generator in the package comment, where it looks for them: in doc.go (spec codegen 2). */
function packageTags({ sights }: PlanFacts, prefix: string, directory: string): LocatedTag[] {
  const file = `${directory}/doc.go`;
  if (!sights.index.goFiles(directory).includes('doc.go')) return [];
  return sights.index
    .tags(file)
    .filter(({ name, place }) => place === 'package' && name.startsWith(prefix))
    .map((tag) => ({ file, tag }));
}

/** Directories that the package's tags and the generator itself make it read beside the package. */
function directoriesRead(
  facts: PlanFacts,
  generator: PackageGenerator,
  directory: string,
  tags: readonly LocatedTag[],
  problems: Diagnostic[],
): string[] {
  const found = generator.readsAlso.flatMap((path) => facts.sights.directoryOf(path) ?? []);
  for (const { file, tag } of tags) {
    const path = resolveTagPath(tag, canonical(facts.model.importPath(directory)));
    if (path === undefined) continue;
    const place = facts.sights.directoryOf(path);
    if (place !== undefined) found.push(place);
    else problems.push(missingPackage(tag, path, facts.at(file, tag, 'there is no such package')));
  }
  return [...new Set(found)].filter((path) => path !== directory).sort();
}

interface Callable {
  readonly text: string;
  readonly of: readonly string[];
}

/** Hand-written functions of all selected packages, and of those the generator reads in every run. */
function callableFunctions(
  { sights }: PlanFacts,
  generator: PackageGenerator,
  selected: readonly SelectedPackage[],
): readonly Callable[] {
  if (generator.calls.length === 0) return [];
  const also = generator.readsAlso.flatMap((path) => sights.directoryOf(path) ?? []);
  const directories = [...new Set([...selected.map(({ directory }) => directory), ...also])].sort();
  return directories.flatMap((directory) =>
    sights
      .functions(directory)
      .filter(({ name }) => generator.calls.some((start) => name.startsWith(start)))
      .map(({ name, of }) => ({
        text: `${directory} ${name} ${of.join(' ')}`,
        of: of.filter((path) => path.includes('/')),
      })),
  );
}

function missingPackage(tag: GeneratorTag, path: string, where: Diagnostic['where']): Diagnostic {
  return error('generate/package-missing', {
    what: `+${tag.name} names the package ${path}, and the tree has none of that name`,
    where,
    why: 'its generator loads the types of that package and ends when it finds none',
    help: 'correct the path, or add the package; nothing else is held up by this',
  });
}
