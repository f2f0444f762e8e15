/** Runs a prepared build from lock to report; also what a dry run and `why` show of it. */
import { type Diagnostic, Failure, warning } from '../../diagnostic/diagnostic.ts';
import { readClosures, rememberedClosures } from '../../execute/closures.ts';
import type { Counts } from '../../execute/execution.ts';
import { History } from '../../execute/history.ts';
import { keyOf } from '../../execute/key.ts';
import { Ledger } from '../../execute/packages/ledger.ts';
import { RecipeBook } from '../../execute/packages/recipes.ts';
import { recallProgram } from '../../execute/programs.ts';
import { executePlan } from '../../execute/run.ts';
import { loadState, type RunState, saveState } from '../../execute/state.ts';
import type { Digest } from '../../formats/digest.ts';
import { cacheDirectory, type Host } from '../../host/host.ts';
import { makePlan } from '../../plan/plan.ts';
import type { Step, StepId } from '../../plan/step.ts';
import { planGeneration } from '../../steps/generate/plan.ts';
import { LocalStore, STORE_LIMIT } from '../../store/local.ts';
import { reportPathGo } from '../../toolchain/goroot.ts';
import { FileIndex } from '../../tree/packages/fileindex.ts';
import { type Closure, PackageGraph } from '../../tree/packages/graph.ts';
import { planMade, type Recording, recordRun } from '../recordedrun.ts';
import { linkHostBinaries, prepareWorkspace } from '../workspace.ts';
import { generateForBuild, generationNeeds, OWN_COMMAND } from './generation.ts';
import { generateMissingPackages } from './missingpackages.ts';
import type { PreparedBuild } from './prepare.ts';
import { Stamping } from './stamping.ts';

/** Files outside packages that decide how imports resolve. */
const MODULE_FILES = ['go.mod', 'go.work', 'vendor/modules.txt'];

export interface Memory {
  readonly state: RunState;
  readonly index: FileIndex;
  readonly graph: PackageGraph;
  readonly history: History;
  readonly path: string;
}

/** What the checkout remembers of earlier runs. */
export function openMemory({ session, request }: PreparedBuild): Memory {
  const { context, tree, own } = session;
  const { host } = context;
  const path = `${own}/state.json`;
  const gopath = tree.goMode === 'godeps' || tree.goMode === 'gopath';
  const state = loadState(host, path);
  if (request.verify) forgetStats(state);
  const index = new FileIndex(host.files, tree.root, () => host.clock.now(), state.files, !request.verify);
  return {
    state,
    index,
    path,
    graph: new PackageGraph(host, index, state.graph, gopath ? [] : MODULE_FILES, `${own}/headers.json`),
    history: new History(host, `${own}/history.json`),
  };
}

/** Links generation before compilation. */
export function planBuild(
  build: PreparedBuild,
  memory: Memory,
  closures: ReadonlyMap<Step, Closure>,
  keys: ReadonlyMap<StepId, Digest> = new Map(),
) {
  const { session, machine, toolchain } = build;
  const { tree } = session;
  const needs = generationNeeds(build, memory, closures, (step) => isAsBuilt(memory, keys, step));
  const environment = {
    PATH: `${toolchain.root}/bin:${machine.searchPath}`,
    ...{ HOME: machine.home, TMPDIR: machine.temporaryDirectory, LC_ALL: 'C' },
    ...{ GOENV: 'off', GOTOOLCHAIN: 'local', GOROOT: toolchain.root, GOGC: '400' },
  };
  const generation = planGeneration(tree, needs, environment);
  const waiting = new Map<StepId, StepId[]>();
  for (const [i, need] of needs.entries()) {
    const id = generation.steps[i]?.id;
    for (const step of need.neededBy) if (id) waiting.set(step, [...(waiting.get(step) ?? []), id]);
  }
  const linked = new Map(build.steps.map((step) => [step, { ...step, needs: waiting.get(step.id) ?? [] }]));
  const plan = makePlan([...generation.steps, ...linked.values()]);
  const carried = new Map([...closures].map(([step, closure]) => [linked.get(step) ?? step, closure]));
  return { plan, because: generation.because, closures: carried };
}

/** Builds, reports, and returns the exit code. Paths of finished binaries go to stdout, one a line. */
export async function runBuild(build: PreparedBuild): Promise<number> {
  if (build.missingCompilers.length > 0) throw new Failure(...build.missingCompilers);
  const memory = openMemory(build);
  const { session, request, version, toolchain } = build;
  const durations = new Map(
    Object.entries(memory.state.steps).map(([id, record]) => [id, record.milliseconds]),
  );
  const facts = {
    treeVersion: version.gitVersion ?? '',
    toolchain: `go${toolchain.version}`,
    waitSeconds: request.waitSeconds,
    mayBeStill: !request.verify,
  };
  return recordRun(session, { ...facts, durations }, (recording) => executeAll(build, memory, recording));
}

async function executeAll(
  build: PreparedBuild,
  memory: Memory,
  recording: Recording,
  isAgain = false,
): Promise<Counts> {
  const { lock, emit, stage } = recording;
  const { session, steps, toolchain } = build;
  const { context, tree, layout } = session;
  const { host, options, signal } = context;
  const addedNames = `${session.own}/added-sources`;
  host.files.remove(stage);
  removeAddedSources(host, addedNames);
  prepareWorkspace(host, tree, layout);
  const remembered = rememberedClosures(steps, memory.graph, toolchain.version);
  const keys = new Map([...remembered].map(([step, closure]) => [step.id, keyOf(step, closure.packages)]));
  const fresh = steps.every((step) => isAsBuilt(memory, keys, step));
  if (!fresh && !isAgain) {
    const wrongGo = reportPathGo(host, toolchain);
    for (const diagnostic of [...(wrongGo ? [wrongGo] : []), ...build.notes])
      emit({ type: 'diagnostic', diagnostic });
  }
  const before = memory.index.hashed;
  const store = new LocalStore(host, cacheDirectory(host), (diagnostic) =>
    emit({ type: 'diagnostic', diagnostic }),
  );
  const stamping = new Stamping(host.cpus);
  try {
    // They take as long to start as the planning takes.
    const stale = [...remembered].filter(([step]) => !isAsBuilt(memory, keys, step));
    if (build.request.engine === 'graph' && stale.some((known) => recallProgram(store, ...known)))
      await stamping.prepare(stale.length);
    for (const path of memory.index.disagreements) emit({ type: 'diagnostic', diagnostic: indexWrong(path) });
    const reading = await readClosures(steps, remembered, memory.graph, toolchain.version, signal);
    if (!isAgain && (await generateMissingPackages(build, reading.diagnostics, recording)))
      return await executeAll(build, openMemory(build), recording, true);
    for (const diagnostic of reading.diagnostics) emit({ type: 'diagnostic', diagnostic });
    const { plan, because, closures } = planBuild(build, memory, reading.closures, keys);
    emit(planMade(plan));
    const book = new RecipeBook(host, `${session.own}/recipes.json`);
    const ledger = new Ledger(host, `${cacheDirectory(host)}/ledger.json`);
    const counts = await executePlan({
      ...{ host, plan, because, closures, keys, store, lock, stage, addedNames, signal, emit },
      ...{ graph: memory.graph, index: memory.index, state: memory.state, history: memory.history },
      ...{ engine: build.request.engine, book, ledger },
      generate: (step) =>
        step.title === OWN_COMMAND.join(' ')
          ? generateForBuild({ build, closures, lock, stage, emit }, step)
          : undefined,
      root: tree.root,
      goVersion: toolchain.version,
      jobs: options.jobs,
      memoryBytes: memoryForProcesses(build),
      keepGoing: build.request.keepGoing,
      stamp: (request) => stamping.stamp(request),
    });
    book.save();
    ledger.save();
    if (counts.built > 0) store.pruneIfDue(STORE_LIMIT);
    linkHostBinaries(host, tree, layout, new Set(build.units.map((unit) => unit.platform)));
    return counts;
  } finally {
    await stamping.close();
    if (!fresh || memory.index.hashed > before) {
      saveState(host, memory.path, { ...memory.state, files: memory.index.rows() });
      memory.history.save();
    }
    host.files.remove(stage);
  }
}

/** Of a limit that was asked for our own share is taken off; of a whole machine a part is left to others. */
function memoryForProcesses({ session, request }: PreparedBuild): number {
  if (request.memoryBytes === undefined) return session.context.host.memoryBytes * MEMORY_SHARE;
  return Math.max(request.memoryBytes - OWN_MEMORY, request.memoryBytes / 4);
}

const MEMORY_SHARE = 0.85;
// Node with the graph of a whole Kubernetes.
const OWN_MEMORY = 350 * 1024 ** 2;

/** Whether a Step's last good run had the key that it has now. */
function isAsBuilt({ state }: Memory, keys: ReadonlyMap<StepId, Digest>, { id }: Step): boolean {
  const key = keys.get(id);
  return key !== undefined && state.steps[id]?.key === key;
}

/** So that directories are listed and outputs digested again. */
function forgetStats(state: RunState): void {
  state.graph.directories = {};
  for (const [id, record] of Object.entries(state.steps)) {
    const outputs = record.outputs.map((output) => ({ ...output, stat: { ...output.stat, inode: -1 } }));
    state.steps[id] = { ...record, outputs };
  }
}

function indexWrong(path: string): Diagnostic {
  return warning('tree/index-wrong', {
    what: `${path} has other bytes than its time, size and inode promised`,
    where: [{ file: path }],
    why: 'a program put its old times back, or the clock went wrong: without --verify it would have counted as unchanged',
    help: 'nothing is needed now: its bytes decide from here on. Use --verify again after such programs',
  });
}

/** Takes out of the tree what a killed coverage build left in it. */
function removeAddedSources(host: Host, names: string): void {
  for (const path of host.files.readTextIfAny(names)?.split('\n') ?? []) if (path) host.files.remove(path);
  host.files.remove(names);
}
