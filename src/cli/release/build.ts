/** Builds what a release holds, in one run: as upstream's cross build, or only what the asked parts want. */
import { groupsToBuild } from '../../release/groups.ts';
import type { Program } from '../../release/member.ts';
import { programsOf } from '../../release/pipeline.ts';
import { binariesOf } from '../../tree/release/layout.ts';
import { type PreparedBuild, prepareBuild } from '../build/prepare.ts';
import { readBuildRequest } from '../build/request.ts';
import { CROSS_GROUPS } from '../make/goals.ts';
import type { Session } from '../session.ts';
import { programsOfImages } from './images.ts';
import type { PlannedRelease } from './planned.ts';
import type { ReleaseRequest } from './request.ts';

/** Words to build, and for which platforms. */
export interface Portion {
  readonly words: readonly string[];
  readonly platforms: readonly string[];
}

/** Returns the exit code. */
export async function buildRelease(
  session: Session,
  request: ReleaseRequest,
  planned: PlannedRelease,
): Promise<number> {
  const { context, config } = session;
  const { versionString, waitSeconds } = request;
  let prepared: PreparedBuild | undefined;
  for (const { words, platforms } of await portionsOf(session, request, planned)) {
    const wanted = { ...readBuildRequest(words, {}, context.host, config), platforms };
    const portion = await prepareBuild(session, {
      ...{ ...wanted, waitSeconds },
      ...(versionString === undefined ? {} : { versionString }),
    });
    prepared = prepared ? joined(prepared, portion) : portion;
  }
  return prepared ? (await import('../build/run.ts')).runBuild(prepared) : 0;
}

/** What is built, in parts that share their platforms. */
export async function portionsOf(
  session: Session,
  request: ReleaseRequest,
  { tarballs, selection }: PlannedRelease,
): Promise<Portion[]> {
  const { groups } = session.tree;
  const isWhole = request.only.length === 0;
  if (isWhole && request.platforms.length === 0) {
    const crossed = CROSS_GROUPS.filter((name) => groups.some((group) => group.name === name));
    const words = crossed.length > 0 ? crossed : groups.map(({ name }) => name);
    return [{ words, platforms: ['all'] }];
  }
  const portions = groupPortions(session, programsOf(tarballs));
  if (!selection) return portions;
  const programs = await programsOfImages(session, selection);
  return [...portions, ...[...programs].map(([platform, words]) => ({ words, platforms: [platform] }))];
}

function groupPortions({ tree }: Session, programs: readonly Program[]): Portion[] {
  const groups = tree.groups.map((group) => ({
    ...{ name: group.name, binaries: binariesOf(tree, group), platforms: group.platforms.value },
  }));
  return groupsToBuild(groups, programs).map(([name, platforms]) => ({ words: [name], platforms }));
}

function joined(one: PreparedBuild, other: PreparedBuild): PreparedBuild {
  const steps = new Map([...one.steps, ...other.steps].map((step) => [step.id, step]));
  const known = new Set(one.steps.map(({ id }) => id));
  return {
    ...one,
    steps: [...steps.values()],
    units: [...one.units, ...other.units.filter((_, i) => !known.has(other.steps[i]?.id ?? ''))],
    missingCompilers: distinct([...one.missingCompilers, ...other.missingCompilers]),
    notes: distinct([...one.notes, ...other.notes]),
  };
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
