/**
 * Builds that came to their end: the same goals of make, of the same sources, in the same image and environment, would find
 * nothing to do, so that no container is started for them. Any other command runs every time.
 */
import { digestOfRecord } from '../../formats/digest.ts';
import { readMakeArguments } from '../make/arguments.ts';
import { commandDirectories, readGoal } from '../make/goals.ts';
import type { Session } from '../session.ts';
import type { PreparedContainer } from './prepare.ts';
import { isInside, type ResultFacts } from './results.ts';
import type { SourceRows } from './sources.ts';
import type { ContainerState, SourceRow } from './state.ts';
import { versionFile } from './versiondefs.ts';

/** Options of make that change nothing in what is built. */
const HARMLESS = /^(-j\d*|\d+|-[ks]+|--jobs(=\d+)?|--keep-going|--silent|--quiet)$/;

/** Whether a command line is make's, for goals that build programs and nothing else. */
export function buildsOnly(
  { tree, context }: Pick<Session, 'tree' | 'context'>,
  words: readonly string[],
): boolean {
  const [program, ...rest] = words;
  if (program !== 'make' || tree.family !== 'kubernetes') return false;
  const { goals, variables, unknown } = readMakeArguments(rest);
  const plain = rest.filter((word) => !goals.includes(word) && !/^\w+\s*[:?+]?=/.test(word));
  if (unknown.length > 0 || !plain.every((word) => HARMLESS.test(word))) return false;
  if (Object.keys(variables).includes('PRINT_HELP')) return false;
  const commands = commandDirectories(context.host, tree.root);
  const ginkgo = tree.allTargets.value.find((target) => /(^|\/)ginkgo$/.test(target));
  return goals.every((goal) => ['build', 'cross'].includes(readGoal(goal, commands, ginkgo)?.kind ?? ''));
}

/** What a run is known by; undefined when nobody can say what it leaves. */
export function doneKey({ session, request, plan, image, version }: PreparedContainer): string | undefined {
  const { command, copyOutput, generated, keep, network = '' } = request;
  if (plan.transport !== 'stream' || !copyOutput || generated || keep) return undefined;
  if (!buildsOnly(session, command)) return undefined;
  return digestOfRecord({
    ...{ command: [...command], network, image: image.id, version: versionFile(version) },
    ...{ environment: [...plan.environment], user: plan.user ?? '', hostname: plan.hostname },
  });
}

/** Whether such a run came to its end, and the programs that it brought here lie as they lay then. */
export function isDone(
  state: ContainerState,
  key: string | undefined,
  programsHere: () => SourceRows,
): boolean {
  if (key === undefined || !state.done?.includes(key)) return false;
  return isSameRows(state.here ?? {}, rowsOf(state.results, programsHere()));
}

/** Builds that are still done after another one: it wrote none of their programs again. */
export function stillDone({ done = [], results }: ContainerState, now: ResultFacts): readonly string[] {
  return Object.keys(results).every((path) => results[path] === now[path]) ? done : [];
}

/** The rows of programs that came out of a container. */
export function rowsOf(results: ResultFacts, programs: SourceRows): SourceRows {
  const found = Object.keys(results).flatMap((path) => {
    const row = isInside(path) ? programs[path] : undefined;
    return row ? [[path, row] as const] : [];
  });
  return Object.fromEntries(found);
}

/** Programs that were changed here since they were brought. */
export function alteredHere(
  { here = {} }: ContainerState,
  results: ResultFacts,
  programs: SourceRows,
): string[] {
  return Object.keys(rowsOf(results, here)).filter(
    (path) => !isSameRows({ path: here[path] as SourceRow }, programs[path] ? { path: programs[path] } : {}),
  );
}

export function isSameRows(a: SourceRows, b: SourceRows): boolean {
  const names = Object.keys(a);
  const isSame = (name: string) => a[name]?.every((value, i) => value === b[name]?.[i]) === true;
  return names.length === Object.keys(b).length && names.every(isSame);
}
