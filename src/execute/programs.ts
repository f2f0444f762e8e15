/** Linked programs on their way to the user's disk: out of the store, stamped or as they are. */
import { type Diagnostic, warning } from '../diagnostic/diagnostic.ts';
import type { Digest } from '../formats/digest.ts';
import type { Blob } from '../formats/remoteaction.ts';
import type { GoBuildAction, Step } from '../plan/step.ts';
import type { StampFacts, StampRequest } from '../steps/stamp/run.ts';
import type { LocalStore } from '../store/local.ts';
import type { Closure } from '../tree/packages/graph.ts';
import type { Execution } from './execution.ts';
import { keyOf } from './key.ts';
import { statOf } from './outputs.ts';
import type { LinkOutcome } from './packages/nodes.ts';
import type { OutputRecord } from './state.ts';

type Linked = Extract<LinkOutcome, { kind: 'linked' }>;

/** The key of a Step's program before it is stamped: the same for every commit with the same code. */
export function programKey(step: Step, closure: Closure): Digest {
  const { lateStamps } = step.action as GoBuildAction;
  return keyOf(lateStamps ? { ...step, keyParts: lateStamps.keyParts } : step, closure.packages);
}

/** A linked program: where it lies, and what is known of it. */
export type Linkage = Pick<Linked, 'program' | 'file' | 'moduleInfo'> & Pick<StampRequest, 'facts'>;

/** A program in its place, and what was learned of it. */
export interface Placed {
  readonly output: OutputRecord;
  readonly stamping?: StampFacts;
}

/** Puts a linked program in its place; undefined when its stamps cannot be written, and it has to be linked with them. */
export async function placeProgram(
  { host, stamp }: Pick<Execution, 'host' | 'stamp'>,
  step: Step,
  { program, file: linked, moduleInfo, facts }: Linkage,
): Promise<Placed | undefined> {
  const path = step.outputs[0] as string;
  const { lateStamps } = step.action as GoBuildAction;
  const outputOf = ({ digest, size }: Blob) => ({ path, digest, size, stat: statOf(host, path) });
  if (!lateStamps || lateStamps.atLink) {
    host.files.publishCopy(linked, path, 0o755);
    return { output: outputOf(program) };
  }
  const { sentinels } = lateStamps;
  const stamped = await stamp({ linked, size: program.size, sentinels, moduleInfo, facts, path });
  return stamped && { output: outputOf(stamped), stamping: stamped.facts };
}

/** A program that was linked before, for this commit or another. */
export function recallProgram(store: LocalStore, step: Step, closure: Closure): Linkage | undefined {
  const record = store.find(programKey(step, closure));
  const [program] = record?.outputs ?? [];
  if (!record || !program) return undefined;
  const { moduleInfo = '', stamping: facts } = record;
  return { program, file: store.objectPath(program.digest), moduleInfo, facts };
}

/** Keeps what stamping found in a program that was linked before, so that it is not looked for again. */
export function learnOfProgram(store: LocalStore, step: Step, closure: Closure, { stamping }: Placed): void {
  if (stamping) store.learn(programKey(step, closure), { stamping });
}

/** The same Step with its version linked in; its closure is known as that of the other. */
export function linkedWithStamps(step: Step, closures: Map<Step, Closure>): Step {
  const action = step.action as GoBuildAction;
  if (!action.lateStamps) return step;
  const lateStamps = { ...action.lateStamps, atLink: true, keyParts: step.keyParts };
  const linked = { ...step, action: { ...action, lateStamps } };
  closures.set(linked, closures.get(step) as Closure);
  return linked;
}

/** A source moved while a program was made of it. */
export function inputChanged(step: Step, file: string): Diagnostic {
  return warning('build/input-changed', {
    what: `${file} changed while ${step.title} was compiled`,
    why: 'the binary may hold the old or the new text, so it is not kept for later runs',
    help: 'run the same command again once the file is as you want it',
  });
}
