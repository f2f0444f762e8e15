/** From a request to the outputs of a tree's generators: toolchain chosen, sources looked at, Steps planned. */
import { type Diagnostic, error, Failure, type Location } from '../../diagnostic/diagnostic.ts';
import { didYouMean } from '../../diagnostic/nearest.ts';
import { type GeneratedState, loadGenerated, loadSources } from '../../execute/generation/memory.ts';
import { ownedFiles } from '../../execute/generation/owned.ts';
import { type ProgramRequest, programPath } from '../../execute/generation/programs.ts';
import { digestOfBytes, digestOfRecord } from '../../formats/digest.ts';
import type { Host } from '../../host/host.ts';
import type { Step } from '../../plan/step.ts';
import { goEnvironment, workingDirectoryOf } from '../../steps/compile/environment.ts';
import {
  type PlanFacts,
  type PlannedOutput,
  programStep,
  programsOf,
} from '../../steps/generate/package/output.ts';
import { planOutputs } from '../../steps/generate/package/plan.ts';
import { scanSources } from '../../steps/generate/package/select.ts';
import type { Toolchain } from '../../toolchain/toolchain.ts';
import { kindElsewhere } from '../../tree/codegen/elsewhere.ts';
import {
  type GenerationModel,
  type Generator,
  type GeneratorProgram,
  generatorsOf,
  kindsOf,
  needlesOf,
  usualKinds,
} from '../../tree/codegen/model.ts';
import { readGenerationModel } from '../../tree/codegen/read.ts';
import { TreeReader } from '../../tree/reader.ts';
import { checkTags, locate } from '../../tree/tags/known.ts';
import { PackageSights } from '../../tree/tags/packages.ts';
import { SourceIndex } from '../../tree/tags/sourceindex.ts';
import { machineFacts } from '../machine.ts';
import type { CommandContext } from '../request.ts';
import type { Session } from '../session.ts';
import { userGoSettings } from '../usergo.ts';
import { madeElsewhere } from './elsewhere.ts';
import { findTools } from './tools.ts';

export interface PreparedGeneration {
  readonly session: Session;
  readonly model: GenerationModel;
  readonly kinds: readonly string[];
  readonly toolchain: Toolchain;
  readonly sights: PackageSights;
  /** Has read everything that the model was made of. */
  readonly reader: TreeReader;
  readonly outputs: readonly PlannedOutput[];
  readonly programs: ReadonlyMap<string, { readonly step: Step; readonly request: ProgramRequest }>;
  readonly state: GeneratedState;
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Absolute path of the licence text. */
  readonly header: string | undefined;
  /** Generated files whose tag is gone. */
  readonly unowned: readonly string[];
  /** What is wrong with tags, apart from what keeps a Step from running. */
  readonly notes: readonly Diagnostic[];
  readonly tagOf: (output: PlannedOutput) => readonly Location[];
}

/** Plans all outputs of the wanted kinds; every kind when none is named. */
export async function prepareGeneration(
  session: Session,
  words: readonly string[],
  toolchain: Toolchain,
): Promise<PreparedGeneration> {
  const { context, tree, layout, own } = session;
  const { host } = context;
  const reader = new TreeReader(host, tree.root);
  const model = readGenerationModel(reader, tree.goPackage, session.config);
  if (!model) throw new Failure(noGenerators(tree.label));
  const kinds = await wantedKinds(context, reader, model, words);
  const generators = generatorsOf(model, kinds);
  const machine = machineFacts(host, userGoSettings(host));
  // Of a tree that has both modes, generators see the one with the link tree: the mode of its tests.
  const unit = { platform: host.platform, class: 'test', environmentGoFlags: '' } as const;
  const environment = { ...goEnvironment(tree, layout, toolchain, machine, unit), CGO_ENABLED: '0' };
  const workingDirectory = workingDirectoryOf(tree, layout);
  const index = new SourceIndex(
    host.files,
    tree.root,
    () => host.clock.now(),
    needlesOf(model.generators),
    loadSources(host, own),
    model.findsClients,
  );
  const generated = new Set(model.generators.map(({ outputName }) => outputName));
  const sights = new PackageSights(index, tree.goPackage, generated);
  const outputDirectory = layout.out.startsWith(`${tree.root}/`)
    ? layout.out.slice(tree.root.length + 1)
    : '';
  const scan = scanSources(index, model, outputDirectory);
  const lines = (file: string) => reader.lines(file);
  const keyOf = ({ directory, goPackage, version }: GeneratorProgram, isWithGenerated: boolean) =>
    digestOfRecord({
      sources:
        directory === undefined
          ? `${goPackage}@${version}`
          : sights.programDigest(directory, (name) => isWithGenerated && generated.has(name)),
      toolchain: toolchain.digest,
      platform: host.platform,
    });
  // What is compiled with generated code follows from what decides that code.
  const schemaKey = (program: GeneratorProgram) => keyOf(program, true);
  const late = new Set(model.generators.flatMap((one) => (one.shape === 'printed' ? [one.program] : [])));
  const programKey = memoized((program: GeneratorProgram) => keyOf(program, late.has(program)));
  const facts: PlanFacts = {
    ...{ model, sights, scan, goPackage: tree.goPackage, environment, workingDirectory },
    headerDigest: digestOfBytes(model.header ? (reader.text(model.header) ?? '') : ''),
    moduleDigest:
      model.dialect === 'gengo-v1'
        ? ''
        : digestOfBytes(MODULE_FILES.map((path) => reader.text(path)).join('\0')),
    ...{ programKey, schemaKey },
    tools: await findTools(context, generators, programKey, `${own}/generators`),
    fileDigest: (path) => digestOfBytes(reader.text(path) ?? ''),
    at: (file, tag, note) => [locate(file, tag, lines(file), note)],
  };
  const outputs = withTagErrors(planOutputs(facts, generators), sights, lines);
  return {
    ...{ session, model, kinds, toolchain, sights, reader, environment, workingDirectory },
    outputs,
    programs: planPrograms(generators, programKey, own, environment, workingDirectory),
    state: loadGenerated(host, own),
    header: model.header === undefined ? undefined : `${tree.root}/${model.header}`,
    unowned: unownedFiles(host, tree.root, model, kinds, sights, scan.directories, outputs),
    notes: tagNotes(sights, scan.tagged, lines),
    tagOf: ({ selected: { file, tag } }) =>
      tag ? [locate(file, tag, lines(file), 'asked for here')] : [{ file }],
  };
}

/** What decides the versions of modules that a package imports. */
const MODULE_FILES = ['go.mod', 'go.sum', 'go.work', 'go.work.sum'];

async function wantedKinds(
  context: CommandContext,
  reader: TreeReader,
  model: GenerationModel,
  words: readonly string[],
): Promise<readonly string[]> {
  const known = kindsOf(model);
  const typed = words.flatMap((word) => word.split(',')).filter(Boolean);
  const asked = typed.map((word) => kindOf(word, known) ?? word);
  const unknown = asked.filter((word) => !known.includes(word));
  const letters = unknown.map((word) => {
    const elsewhere = kindElsewhere(reader, word);
    return elsewhere ? madeElsewhere(context, word, elsewhere) : unknownKind(word, known);
  });
  if (letters.length > 0) throw new Failure(...(await Promise.all(letters)));
  return asked.length === 0 ? usualKinds(model) : known.filter((kind) => asked.includes(kind));
}

/** `conversions` is conversion; the names of upstream's groups begin those of kinds: `defaults`, `prerelease`, `applyconfigs`. */
function kindOf(word: string, known: readonly string[]): string | undefined {
  if (known.includes(word)) return word;
  const singular = word.replace(/s$/, '');
  const begun = known.filter((kind) => kind.startsWith(singular));
  return (
    known.find((kind) => kind === singular) ?? (begun.length === 1 && singular !== '' ? begun[0] : undefined)
  );
}

function unknownKind(word: string, known: readonly string[]): Diagnostic {
  return error('request/invalid', {
    what: `this tree has no generator of the kind ${word}`,
    help: [didYouMean(word, known), `its kinds: ${known.join(', ')}`].filter(Boolean).join(' '),
  });
}

function planPrograms(
  generators: readonly Generator[],
  programKey: (program: GeneratorProgram) => string,
  own: string,
  environment: Readonly<Record<string, string>>,
  workingDirectory: string,
): PreparedGeneration['programs'] {
  return new Map(
    generators.flatMap(programsOf).map((program) => {
      const request = { program, key: programKey(program) };
      const step: Step = {
        id: programStep(program),
        ...{ kind: 'compile', title: program.name, needs: [] },
        inputs: [{ kind: 'go-closure', goPackage: program.goPackage, role: 'program' }],
        outputs: [programPath(`${own}/generators`, request)],
        action: {
          kind: 'command',
          argv: ['go', 'install', program.goPackage],
          environment,
          workingDirectory,
        },
        keyParts: { program: request.key },
      };
      return [program.name, { step, request }];
    }),
  );
}

/** A wrong value keeps the generator of that tag from the package, and no other. */
function withTagErrors(
  outputs: readonly PlannedOutput[],
  sights: PackageSights,
  lines: (file: string) => readonly string[],
): readonly PlannedOutput[] {
  return outputs.map((output) => {
    const { generator } = output;
    if (generator.shape !== 'package') return output;
    const problems = sights.index.goFiles(output.directory).flatMap((name) => {
      const file = `${output.directory}/${name}`;
      const tags = sights.index.tags(file).filter((tag) => tag.name.startsWith(generator.tag));
      return checkTags(file, tags, () => lines(file)).filter(({ severity }) => severity === 'error');
    });
    return problems.length === 0 ? output : { ...output, problems: [...output.problems, ...problems] };
  });
}

function tagNotes(
  sights: PackageSights,
  tagged: ReadonlyMap<string, readonly string[]>,
  lines: (file: string) => readonly string[],
): readonly Diagnostic[] {
  return [...tagged.values()]
    .flat()
    .flatMap((file) => checkTags(file, sights.index.tags(file), () => lines(file)))
    .filter(({ severity }) => severity === 'warning');
}

/** Files with a generator's name in directories that it was not asked for. */
function unownedFiles(
  host: Host,
  root: string,
  model: GenerationModel,
  kinds: readonly string[],
  sights: PackageSights,
  directories: readonly string[],
  outputs: readonly PlannedOutput[],
): readonly string[] {
  const owned = new Set(outputs.map(({ path }) => path));
  const names = new Set(
    model.generators
      .filter(({ kind, shape }) => shape === 'package' && kinds.includes(kind))
      .map(({ outputName }) => outputName),
  );
  const single = directories.flatMap((directory) =>
    sights.index
      .goFiles(directory)
      .filter((name) => names.has(name) && !owned.has(`${directory}/${name}`))
      .map((name) => `${directory}/${name}`),
  );
  const many = model.generators.flatMap((generator) =>
    generator.shape === 'directory' && kinds.includes(generator.kind) && !owned.has(generator.outputDirectory)
      ? ownedFiles(host, root, generator)
      : [],
  );
  return [...single, ...many];
}

function memoized<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    if (!known.has(key)) known.set(key, compute(key));
    return known.get(key) as V;
  };
}

function noGenerators(label: string): Diagnostic {
  return error('generate/no-generators', {
    what: `no generators are known for this tree (${label})`,
    why: 'kubewright reads them from Makefile.generated_files (Kubernetes 1.7 to 1.26) or from hack/update-codegen.sh (1.27 to 1.29)',
    help: 'name them under generators: in kubewright.yaml, or run the tree’s own script, such as hack/update-codegen.sh',
  });
}
