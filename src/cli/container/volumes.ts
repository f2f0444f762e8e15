/**
 * The volumes of a checkout: one for the sources, one for programs and caches of the build, and those of Go's compiled standard
 * library. They are named without the branch, so that another branch finds the caches; what it has other is sent.
 */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { CHECKOUT_LABEL, GENERATION_LABEL, OWNER_LABEL } from './names.ts';
import type { PreparedContainer } from './prepare.ts';
import { type ContainerState, loadContainerState, NO_STATE } from './state.ts';

export interface PreparedVolumes {
  readonly state: ContainerState;
  /** Why everything is sent, when it is; the volume of the sources is new then. */
  readonly why: string | undefined;
}

/** Sees that the volumes are there and the caller's. `run` names a new generation. */
export async function prepareVolumes(
  { plan, engine, host, names, stateFile }: PreparedContainer,
  run: string,
): Promise<PreparedVolumes> {
  const [sources, ...others] = plan.volumes;
  const known = loadContainerState(host, stateFile);
  if (!sources) return { state: known, why: undefined };
  const owner = plan.user ?? 'root';
  const there = await engine.volumes.inspect(sources.name);
  const labels = there?.Labels ?? {};
  const theirs = labels[OWNER_LABEL];
  if (theirs !== undefined && theirs !== owner) throw new Failure(otherOwner(sources.name, theirs, owner));
  const isKnown = known.generation !== '' && labels[GENERATION_LABEL] === known.generation;
  if (isKnown && (known.isSettled || plan.transport === 'rsync')) return { state: known, why: undefined };
  if (there) await engine.volumes.remove(sources.name);
  const common = { [CHECKOUT_LABEL]: names.checkout, [OWNER_LABEL]: owner };
  await engine.volumes.create(sources.name, { ...common, [GENERATION_LABEL]: run });
  for (const { name } of others) await engine.volumes.create(name, common);
  return {
    // Programs lie in a volume of their own, which stays.
    state: { ...NO_STATE, generation: run, results: known.results },
    why: !there
      ? 'nothing of it was there'
      : isKnown
        ? 'the run before did not come to its end'
        : 'it is not known what was there',
  };
}

function otherOwner(volume: string, theirs: string, ours: string) {
  return error('container/volume-owner', {
    what: `the volume ${volume} belongs to the user ${theirs}, and you are ${ours}`,
    why: 'somebody else built in this checkout (once with sudo, perhaps), and you could not write there',
    help: 'build as that user, or remove what is at the engine and begin anew: kubewright container clean',
  });
}
