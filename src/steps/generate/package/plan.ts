/**
 * One Step for each package and generator: what it reads, what it makes, and the labelled parts of its key. An output
 * is stale when something changed that its generator can see: declarations of the package and of all it imports, the
 * package's own tags, hand-written functions of others that it may call, the licence text, flags, the generator
 * itself (spec codegen 15). Pure: sights of the tree are handed in.
 */
import { type Diagnostic, error } from '../../../diagnostic/diagnostic.ts';
import { digestOfBytes, digestOfRecord } from '../../../formats/digest.ts';
import type {
  DirectoryGenerator,
  GenerationModel,
  Generator,
  ListGenerator,
  PackageGenerator,
} from '../../../tree/codegen/model.ts';
import type { GeneratorTag } from '../../../tree/tags/tag.ts';
import { canonical, type LocatedTag, makeStep, type PlanFacts, type PlannedOutput } from './output.ts';
import { planPrinted } from './printedplan.ts';
import { type SelectedPackage, selectPackages } from './select.ts';
import { planSpread } from './spreadplan.ts';
import { resolveTagPath } from './tagpath.ts';

/** Every output of these generators, in their order. */
export function planOutputs(facts: PlanFacts, generators: readonly Generator[]): readonly PlannedOutput[] {
  return generators.flatMap((generator) => planGenerator(facts, generator));
}

function planGenerator(facts: PlanFacts, generator: Generator): PlannedOutput[] {
  switch (generator.shape) {
    case 'package':
      return planPackages(facts, generator);
    case 'list':
      return planList(facts, generator);
    case 'directory':
      return planDirectory(facts, generator);
    case 'spread':
      return planSpread(facts, generator);
    case 'printed':
      return generator.directories.map((directory) => planPrinted(facts, generator, directory));
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
  const { model } = facts;
  const chosen = candidates(facts, generator).filter(({ directory }) => generator.includes(directory));
  const first = chosen[0];
  if (!first) return [];
  const reads = chosen.map(({ directory }) => directory);
  const packages = generator.takesPackages ? reads.map((directory) => argumentOf(model, directory)) : [];
  const flags = [...generator.flags, ...generator.flagsFor(reads)];
  const { outputDirectory } = generator;
  const tags = reads.flatMap((directory) => packageTags(facts, 'group', directory));
  const schema = schemaOf(facts, generator);
  const step = makeStep(facts, generator, {
    ...{ directory: outputDirectory, packages, reads, tags, flags, keyFlags: flags },
    writes: model.dialect === 'gengo-v1' ? canonical(model.importPath(outputDirectory)) : outputDirectory,
    more: { packages: reads.join(','), ...schema?.keyParts },
    after: schema?.after,
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

function candidates(
  { sights, model, scan }: PlanFacts,
  generator: DirectoryGenerator,
): readonly SelectedPackage[] {
  const { source } = generator;
  if (source === undefined) return selectPackages(sights.index, model, generator, scan);
  const found = scan.directories.filter((directory) => sights.index.goFiles(directory).includes(source));
  return found.sort().map((directory) => ({ directory, file: `${directory}/${source}` }));
}

/** What decides the schema that a generator is given, and what must be there before it. */
function schemaOf(facts: PlanFacts, { schema }: DirectoryGenerator) {
  const made = schema && planList(facts, schema.of)[0]?.step;
  if (!schema || !made) return undefined;
  const keyParts = {
    'schema of the API': digestOfRecord(made.keyParts),
    [schema.program.name]: facts.schemaKey(schema.program),
  };
  return { keyParts, after: made.id };
}

/** How a generator is given a package: by import path, later by directory. */
function argumentOf(model: GenerationModel, directory: string): string {
  return model.dialect === 'gengo-v1' ? model.importPath(directory) : `./${directory}`;
}

/** Where it writes: below its output base under the canonical path, later beside what it reads. */
function writesTo(model: GenerationModel, directory: string): string {
  return model.dialect === 'gengo-v1' ? canonical(model.importPath(directory)) : directory;
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
