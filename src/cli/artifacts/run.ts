/** Runs planned artifacts from lock to report. */
import { packArtifacts } from '../../execute/artifacts/run.ts';
import { loadArtifactState, saveArtifactState } from '../../execute/artifacts/state.ts';
import type { Counts } from '../../execute/execution.ts';
import { cacheDirectory } from '../../host/host.ts';
import { makePlan } from '../../plan/plan.ts';
import type { Step } from '../../plan/step.ts';
import type { DescribedArtifact } from '../../report/events.ts';
import { LocalStore, STORE_LIMIT } from '../../store/local.ts';
import { FileIndex } from '../../tree/packages/fileindex.ts';
import { planMade, type Recording, type RunFacts, recordRun } from '../recordedrun.ts';
import type { Session } from '../session.ts';
import { PACKERS } from './packers.ts';
import { PackThreads } from './packthreads.ts';

/** Packers that only this run has: one that is bound to a key. */
type OwnPackers = typeof PACKERS;

/** What a run says of itself, and is told of it. */
interface RunNotes {
  readonly release?: { readonly version: string; readonly artifacts: readonly DescribedArtifact[] };
}

/** Packs what is stale and returns the exit code. Paths of the artifacts go to stdout, one a line. */
export async function runArtifacts(
  session: Session,
  steps: readonly Step[],
  facts: Omit<RunFacts, 'durations'>,
  packers: OwnPackers = {},
  { release }: RunNotes = {},
): Promise<number> {
  const state = loadArtifactState(session.context.host, session.own);
  const durations = new Map(Object.entries(state.steps).map(([id, record]) => [id, record.milliseconds]));
  return recordRun(session, { ...facts, durations }, async (recording) => {
    if (release) recording.emit({ type: 'release-described', ...release });
    return packAll(session, steps, state, { ...PACKERS, ...packers }, recording);
  });
}

async function packAll(
  { context, tree, own }: Session,
  steps: readonly Step[],
  state: ReturnType<typeof loadArtifactState>,
  packers: OwnPackers,
  { emit, stage }: Recording,
): Promise<Counts> {
  const { host, options, signal } = context;
  const index = new FileIndex(host.files, tree.root, () => host.clock.now(), state.files, true, false);
  const store = new LocalStore(host, cacheDirectory(host), (diagnostic) =>
    emit({ type: 'diagnostic', diagnostic }),
  );
  const plan = makePlan(steps);
  const jobs = options.jobs ?? host.cpus;
  const threads = new PackThreads(jobs, steps);
  emit(planMade(plan));
  host.files.remove(stage);
  try {
    const counts = await packArtifacts({
      ...{ host, plan, index, store, stage, jobs, signal, emit, steps: state.steps },
      slots: threads.slots,
      packer: async (name) => threads.spread(name, await loadPacker(packers, name)),
    });
    if (counts.built > 0) store.pruneIfDue(STORE_LIMIT);
    return counts;
  } finally {
    await threads.close();
    saveArtifactState(host, own, { steps: state.steps, files: index.rows() });
    host.files.remove(stage);
  }
}

/** A name that nobody answers to is a planner's bug, not a user's. */
function loadPacker(packers: OwnPackers, name: string) {
  const load = packers[name];
  if (!load) throw new Error(`there is no packer named ${name}`);
  return load();
}
