/** A release that was made already: what decides it is compared by its stats, and nothing is planned. */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts';
import { answerBySighting, rememberSighting } from '../../execute/stillness.ts';
import { type Digest, digestOfBytes } from '../../formats/digest.ts';
import type { FileStat } from '../../host/files.ts';
import { cacheDirectory } from '../../host/host.ts';
import type { WatchedFiles } from '../../host/watchedfiles.ts';
import type { Json, Step } from '../../plan/step.ts';
import { formatCount, formatDuration } from '../../report/units.ts';
import type { TreeVersion } from '../../tree/version.ts';
import { isBuildSetting } from '../recordedrun.ts';
import type { Session } from '../session.ts';
import { VERSION } from '../version.ts';
import type { ReleaseRequest } from './request.ts';

const NAME = 'release-still';

/** What is said again. */
interface Told {
  readonly results: readonly string[];
  readonly notes: readonly Diagnostic[];
}

/** Says so and returns true when everything is as it was when it was found fresh. */
export function tellStill(session: Session, request: ReleaseRequest, version: TreeVersion): boolean {
  const { context, own, tree } = session;
  const { host, options } = context;
  const started = host.clock.monotonic();
  const answer = answerBySighting(host, `${own}/${NAME}`, tree.root, questionOf(session, request, version));
  if (answer === undefined) return false;
  const { results, notes } = answer.told as unknown as Told;
  if (!options.quiet) for (const note of notes) context.report(note);
  const time = formatDuration(host.clock.monotonic() - started);
  const count = formatCount(answer.outputs, 'output is', 'outputs are');
  if (!options.quiet) host.stderr.write(`Nothing to do: ${count} fresh (${time})\n`);
  for (const path of results) context.print(path);
  return true;
}

export interface StillRelease {
  readonly version: TreeVersion;
  /** When the run began, in milliseconds. */
  readonly began: number;
  readonly sights: WatchedFiles;
  readonly directory: string;
  readonly steps: readonly Step[];
  readonly notes: readonly Diagnostic[];
}

/** Remembers all that a run looked at which found everything fresh; not when something is too young to be trusted. */
export function rememberStill(session: Session, request: ReleaseRequest, found: StillRelease): void {
  const { context, own, tree } = session;
  const { host } = context;
  const outside = [`${own}/`, `${cacheDirectory(host)}/`];
  const present = new Map<string, FileStat>();
  const absent: string[] = [];
  const packed = found.steps.flatMap(({ inputs, outputs }) => [
    ...inputs.flatMap((input) => (input.kind === 'file' ? [input.path] : [])),
    ...outputs,
  ]);
  for (const path of new Set([...found.sights.seen, ...packed, found.directory])) {
    if (outside.some((place) => path.startsWith(place)) || path === own) continue;
    const stat = host.files.stat(path);
    const name = path.startsWith(`${tree.root}/`) ? path.slice(tree.root.length + 1) : path;
    if (!stat) absent.push(name);
    else if (Math.max(stat.mtime, stat.ctime) > found.began - YOUNG) return;
    else present.set(name, stat);
  }
  const results = found.steps.flatMap(({ outputs }) => outputs).filter((path) => !path.startsWith(`${own}/`));
  rememberSighting(host, `${own}/${NAME}`, {
    question: questionOf(session, request, found.version),
    outputs: found.steps.length,
    told: { results, notes: found.notes } as unknown as Json,
    ...{ present, absent },
  });
}

/** A file system that counts whole seconds, and then some. */
const YOUNG = 2_000;

/** Everything that is no file. */
function questionOf(session: Session, request: ReleaseRequest, version: TreeVersion): Digest {
  const { context, tree, layout, config } = session;
  const { environment, platform, workingDirectory } = context.host;
  const settings = Object.entries(environment).filter(([name]) => isBuildSetting(name));
  return digestOfBytes(
    JSON.stringify([
      VERSION,
      platform,
      workingDirectory,
      settings.sort(),
      request,
      version,
      tree,
      layout,
      config,
    ]),
  );
}
