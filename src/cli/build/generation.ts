/** Generated code in front of a build: what its targets reach and lack, made by our own generation. */
import { Failure } from '../../diagnostic/diagnostic.ts';
import { generationKey, saveGenerated, saveSources } from '../../execute/generation/memory.ts';
import { executeGeneration } from '../../execute/generation/run.ts';
import type { Lock } from '../../execute/lock.ts';
import { statOf } from '../../execute/outputs.ts';
import type { Step, StepId } from '../../plan/step.ts';
import type { EventBody } from '../../report/events.ts';
import { findGenerationNeeds } from '../../steps/generate/needs.ts';
import type { PlannedOutput } from '../../steps/generate/package/output.ts';
import { selectPackages } from '../../steps/generate/package/select.ts';
import type { GenerationNeed } from '../../steps/generate/plan.ts';
import { type GenerationModel, needlesOf } from '../../tree/codegen/model.ts';
import { readGenerationModel } from '../../tree/codegen/read.ts';
import type { Closure, PackageEntry } from '../../tree/packages/graph.ts';
import { TreeReader } from '../../tree/reader.ts';
import { SourceIndex } from '../../tree/tags/sourceindex.ts';
import { type PreparedGeneration, prepareGeneration } from '../generate/prepare.ts';
import { generationOf, landOutput } from '../generate/run.ts';
import type { PreparedBuild } from './prepare.ts';
import type { Memory } from './run.ts';

/** What stands for our own generation in a plan: the words with which a person would run it. */
export const OWN_COMMAND = ['kubewright', 'generate'];

/** What must be generated before the Steps can compile; zz_generated files are ours to make where the tree says how. */
export function generationNeeds(
  { session }: PreparedBuild,
  memory: Memory,
  closures: ReadonlyMap<Step, Closure>,
  isAsBuilt: (step: Step) => boolean,
): readonly GenerationNeed[] {
  const { tree, context } = session;
  const found = findGenerationNeeds(tree, context.host.files, memory.index, closures, memory.state.generated);
  const stale = new Map([...closures].filter(([step]) => !isAsBuilt(step)));
  const changed = changedEntries(memory, stale);
  if (found.length === 0 && changed.size === 0) return [];
  const model = readGenerationModel(new TreeReader(context.host, tree.root), tree.goPackage, session.config);
  if (!model) return found;
  const lacking = lackingOutputs(session.context.host, tree.root, model, changed);
  const names = new Set(model.generators.map(({ outputName }) => outputName));
  const isOurs = ({ outputs }: GenerationNeed) =>
    outputs.every((path) => names.has(path.slice(path.lastIndexOf('/') + 1)));
  const own = [...found.filter(isOurs), ...lacking];
  if (own.length === 0) return found;
  const merged: GenerationNeed = {
    command: OWN_COMMAND,
    outputs: [...new Set(own.flatMap(({ outputs }) => outputs))],
    because: own[0]?.because ?? '',
    neededBy: [...new Set(own.flatMap(({ neededBy }) => neededBy))],
  };
  return [merged, ...found.filter((need) => !own.includes(need))];
}

interface ChangedEntry {
  readonly entry: PackageEntry;
  readonly neededBy: readonly StepId[];
}

/** Packages that are not as the last build of a target that holds them left them. */
function changedEntries(memory: Memory, closures: ReadonlyMap<Step, Closure>): Map<string, ChangedEntry> {
  const changed = new Map<string, ChangedEntry>();
  for (const [step, closure] of closures) {
    const before = memory.history.step(step.id)?.packages ?? {};
    for (const entry of closure.entries) {
      if (before[entry.name] === closure.packages.get(entry.name)) continue;
      const known = changed.get(entry.directory)?.neededBy ?? [];
      changed.set(entry.directory, { entry, neededBy: [...known, step.id] });
    }
  }
  return changed;
}

/** Outputs that a tag of a changed package asks for and that are not there. */
function lackingOutputs(
  host: PreparedBuild['session']['context']['host'],
  root: string,
  model: GenerationModel,
  changed: ReadonlyMap<string, ChangedEntry>,
): GenerationNeed[] {
  const needles = needlesOf(model.generators);
  const index = new SourceIndex(host.files, root, () => host.clock.now(), needles);
  return [...changed].flatMap(([name, { neededBy }]) => {
    const directory = placeOf(index, name);
    if (directory.startsWith('vendor/')) return [];
    const files = index.goFiles(directory).map((file) => `${directory}/${file}`);
    const scan = { directories: [directory], tagged: new Map([[directory, files]]) };
    return model.generators.flatMap((generator): GenerationNeed[] => {
      const path = `${directory}/${generator.outputName}`;
      if (generator.shape !== 'package' || index.goFiles(directory).includes(generator.outputName)) return [];
      const tag = selectPackages(index, model, generator, scan)[0]?.tag;
      if (!tag || tag.value === 'false') return [];
      return [{ command: OWN_COMMAND, outputs: [path], because: `${path} is missing`, neededBy }];
    });
  });
}

/** vendor/k8s.io/x is a link to staging/src/k8s.io/x: generation knows packages by the latter. */
function placeOf(index: SourceIndex, directory: string): string {
  const staged = directory.replace(/^vendor\//, 'staging/src/');
  return staged !== directory && index.exists(staged) ? staged : directory;
}

export interface BuildGeneration {
  readonly build: PreparedBuild;
  readonly closures: ReadonlyMap<Step, Closure>;
  readonly lock: Lock;
  readonly stage: string;
  readonly emit: (event: EventBody) => void;
}

/** Runs our own generation for what the targets of a build reach; returns the milliseconds that it took. */
export async function generateForBuild(x: BuildGeneration, step: Step): Promise<number> {
  const { session, toolchain } = x.build;
  const { host } = session.context;
  const started = host.clock.monotonic();
  const prepared = await prepareGeneration(session, [], toolchain);
  const { index } = prepared.sights;
  const reached = new Set(
    [...x.closures.values()].flatMap(({ entries }) =>
      entries.map(({ directory }) => placeOf(index, directory)),
    ),
  );
  // Clients and documentation of Kubernetes trees come with the tree, and wait for a person: nothing else is made of them.
  const waits = ({ generator }: PlannedOutput) =>
    generator.shape === 'printed' ||
    (generator.shape === 'directory' && prepared.model.dialect === 'gengo-v1');
  const outputs = prepared.outputs.filter((output) => reached.has(output.directory) && !waits(output));
  adopt(prepared, outputs, step);
  const generation = generationOf(
    { ...prepared, outputs },
    `${x.stage}/generate`,
    tellAs(step, x.emit),
    (pid) => x.lock.addGroup(pid),
  );
  const counts = await executeGeneration({
    ...generation,
    take: (output, made) =>
      landOutput(prepared, output, made, (diagnostic) => x.emit({ type: 'diagnostic', diagnostic })),
  });
  saveGenerated(host, session.own, prepared.state);
  if (index.reads > 0) saveSources(host, session.own, index.state());
  session.context.signal.throwIfAborted();
  if (counts.failed + counts.cancelled > 0) throw new Failure();
  return host.clock.monotonic() - started;
}

/** What came with the tree counts as fresh at first sight, unless it can see what made the Step necessary. */
function adopt(
  { session, sights, state }: PreparedGeneration,
  outputs: readonly PlannedOutput[],
  step: Step,
): void {
  const { host } = session.context;
  const root = session.tree.root;
  const changed = new Set(
    step.outputs.map((path) => placeOf(sights.index, path.slice(0, path.lastIndexOf('/')))),
  );
  for (const { step: own, path, reads, directory } of outputs) {
    if (state.outputs[own.id] || !host.files.isFile(`${root}/${path}`)) continue;
    if (
      changed.has(directory) ||
      reads.some((read) => [...sights.closure(read)].some((one) => changed.has(one)))
    )
      continue;
    const absolute = `${root}/${path}`;
    const stat = statOf(host, absolute);
    const output = { path, digest: host.files.digest(absolute), size: stat.size, stat };
    state.outputs[own.id] = {
      key: generationKey(own),
      keyParts: own.keyParts,
      milliseconds: 0,
      files: [output],
    };
    for (const read of reads)
      for (const one of sights.closure(read)) state.declarations[one] = sights.sight(one).own;
  }
}

/** The build's plan has one Step for all of it: what happens inside is told in that Step's name. */
function tellAs(step: Step, emit: (event: EventBody) => void): (event: EventBody) => void {
  return (event) => {
    if (event.type === 'diagnostic') emit(event);
    else if (event.type === 'command-started')
      emit({ ...event, id: event.id + COMMAND_OFFSET, steps: [step.id] });
    else if (event.type === 'command-finished') emit({ ...event, id: event.id + COMMAND_OFFSET });
    else if (event.type === 'step-output') emit({ ...event, step: step.id });
  };
}

/** Commands of the build itself are counted from one. */
const COMMAND_OFFSET = 1_000_000;
