/** Makes a release: builds what is asked, reads what its archives hold, and packs them. */
import { resolve } from 'node:path';
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import { nearest } from '../../diagnostic/nearest.ts';
import type { Program, Tarball } from '../../release/member.ts';
import { describeRelease, planRelease, programsOf, type Release } from '../../release/pipeline.ts';
import { outputPath } from '../../steps/compile/plan.ts';
import { executableName, type Platform } from '../../target/platform.ts';
import { readReleaseLayout } from '../../tree/release/layout.ts';
import type { Tree } from '../../tree/tree.ts';
import type { TreeVersion } from '../../tree/version.ts';
import { runArtifacts } from '../artifacts/run.ts';
import { pullsLatest } from '../image/bases.ts';
import type { Session } from '../session.ts';
import { buildRelease } from './build.ts';
import { showRelease } from './dryrun.ts';
import { fetchBases, imageSelection, imagesMissing, planImages, type ReleaseImages } from './images.ts';
import type { PlannedRelease } from './planned.ts';
import type { Only, ReleaseRequest } from './request.ts';
import { versionOf } from './start.ts';

/** Returns the exit code. */
export async function release(
  session: Session,
  request: ReleaseRequest,
  version: TreeVersion,
): Promise<number> {
  const { context, tree } = session;
  const unknown = request.platforms.filter((one) => !platformsOf(tree).includes(one));
  if (unknown.length > 0) throw new Failure(...unknown.map((one) => platformUnknown(one, platformsOf(tree))));
  const planned = await readRelease(session, request, version);
  const isInContainer = request.container.isWanted === true;
  if (context.options.dryRun) {
    const isBuilt = isInContainer && !request.isPackagingOnly;
    const commands = isBuilt
      ? await (await import('./container.ts')).containerCommands(session, request, planned)
      : [];
    return showRelease(session, planned, commands, request.laysOut);
  }
  if (request.isPackagingOnly) return packageRelease(session, request, planned);
  // What would end the release after a long build ends it before.
  if (planned.selection) await fetchBases(session, planned.selection);
  const exitCode = isInContainer
    ? await (await import('./container.ts')).buildReleaseInContainer(session, request, planned)
    : await buildRelease(session, request, planned);
  if (exitCode !== 0) return exitCode;
  return packageRelease(
    session,
    request,
    await readRelease(session, request, await versionOf(session, request)),
  );
}

function platformsOf({ groups }: Tree): string[] {
  return [...new Set(groups.flatMap(({ platforms }) => platforms.value))];
}

function platformUnknown(platform: string, known: readonly string[]): Diagnostic {
  const [guess] = nearest(platform, known);
  return error('target/platform-unknown', {
    what: `no part of this release is made for ${platform}`,
    why: 'the platforms of a release are those of the tree’s groups',
    help: `${guess ? `did you mean ${guess}? ` : ''}they are ${known.join(', ')}`,
  });
}

/** A release as the tree and the request have it; programs and images need not be there. */
async function readRelease(
  session: Session,
  request: ReleaseRequest,
  version: TreeVersion,
): Promise<PlannedRelease> {
  const { tree, layout, context } = session;
  const { host, signal } = context;
  const directory = `${layout.out}/release-tars`;
  const read = await readReleaseLayout({
    ...{ host, tree, version, tarballs: directory, signal },
    program: placeOfPrograms(session, request),
    ...(request.platforms.length > 0 ? { platforms: request.platforms as Platform[] } : {}),
  });
  const servers = read.tarballs.filter(({ images }) => images !== undefined);
  const selection = imageSelection(session, request, servers);
  const tarballs = chosen(read.tarballs, request.only);
  return { version, directory, tarballs, notes: read.diagnostics, ...(selection ? { selection } : {}) };
}

async function packageRelease(
  session: Session,
  request: ReleaseRequest,
  { version, directory, tarballs, notes, selection }: PlannedRelease,
): Promise<number> {
  const { context, own } = session;
  const { host, options } = context;
  const missing = programsOf(tarballs).filter(({ path }) => !host.files.isFile(path));
  if (missing.length > 0) throw new Failure(...programsMissing(missing, request));
  const made = selection ? await planImages(session, selection, request.laysOut) : NO_IMAGES;
  const lacking = tarballs.filter(({ images }) => images && made.images.archives.length === 0);
  const told = [
    ...(made === NO_IMAGES ? session.notes : []),
    ...[...made.notes, ...notes],
    ...(lacking.length > 0 ? [imagesMissing(lacking, request.skipsImages)] : []),
  ];
  if (!options.quiet) for (const note of told) context.report(note);
  const isWhole = request.only.length === 0;
  const plan: Release = {
    ...{ tarballs, directory, own: `${own}/release`, time: secondsOf(version), isWhole },
    ...(version.gitVersion ? { version: version.gitVersion } : {}),
    ...(session.config.release?.compression ? { level: session.config.release.compression } : {}),
    images: made.images,
  };
  const facts = {
    ...{ treeVersion: version.gitVersion ?? '', toolchain: '', waitSeconds: request.waitSeconds },
    mayBeStill: request.isPackagingOnly && !asksRegistry(session, selection),
    isResult: (path: string) => !made.layout?.isBlob(path),
  };
  const steps = planRelease(plan);
  const exitCode = await runArtifacts(
    session,
    steps,
    facts,
    {},
    { release: { version: version.gitVersion ?? '', artifacts: describeRelease(plan, made.described) } },
  );
  if (exitCode === 0) made.layout?.finish();
  if (exitCode === 0 && isWhole) removeForeign(session, directory, tarballs);
  return exitCode;
}

/** Whether a tag of a base is asked for again each time, as upstream's docker build --pull does. */
function asksRegistry({ context }: Session, selection: PlannedRelease['selection']): boolean {
  const { host, options } = context;
  if (selection === undefined || options.offline || !pullsLatest(host)) return false;
  const { base } = selection;
  return base === undefined || !(base === 'scratch' || host.files.exists(base.replace(/#[^#]*$/, '')));
}

const NO_IMAGES: ReleaseImages = { images: { steps: [], archives: [] }, notes: [], described: [] };

function placeOfPrograms({ context, tree, layout }: Session, { from }: ReleaseRequest) {
  return (name: string, platform: Platform): string => {
    if (from === undefined) return outputPath(tree, layout, { binary: name }, platform);
    return `${resolve(context.host.workingDirectory, from)}/${platform}/${executableName(name, platform)}`;
  };
}

/** The parts that are asked for, and the archives that these hold. */
function chosen(tarballs: readonly Tarball[], only: readonly Only[]): Tarball[] {
  if (only.length === 0) return [...tarballs];
  const wanted = new Set(tarballs.filter(({ part }) => only.includes(part)).map(({ name }) => name));
  // What an archive holds comes before it: from the last to the first, one pass finds all.
  for (const { name, holds } of [...tarballs].reverse())
    if (wanted.has(name)) for (const held of holds) wanted.add(held);
  return tarballs.filter(({ name }) => wanted.has(name));
}

function secondsOf({ buildDate }: TreeVersion): number {
  return Math.floor(Date.parse(buildDate) / 1000);
}

/** Archives of an earlier release that this one does not have; upstream removes the whole directory. */
function removeForeign({ context }: Session, directory: string, tarballs: readonly Tarball[]): void {
  const { files } = context.host;
  if (!files.isDirectory(directory)) return;
  const kept = new Set(tarballs.map(({ name }) => name));
  for (const name of files.list(directory)) {
    const archive = /^(.+\.tar\.gz)(\.sha(?:256|512))?$/.exec(name)?.[1];
    if (archive && !kept.has(archive)) files.remove(`${directory}/${name}`);
  }
}

/** One Diagnostic for each platform. */
function programsMissing(missing: readonly Program[], { from, container }: ReleaseRequest): Diagnostic[] {
  const platforms = [...new Set(missing.map(({ platform }) => platform))];
  return platforms.map((platform) => {
    const own = missing.filter((one) => one.platform === platform);
    const names = [...new Set(own.map(({ name }) => name))];
    const rest = names.length > 3 ? ` and ${names.length - 3} more` : '';
    return error('release/binary-missing', {
      what: `${names.slice(0, 3).join(', ')}${rest} for ${platform} ${names.length === 1 ? 'is' : 'are'} not built`,
      where: [{ file: own[0]?.path ?? '' }],
      why: 'the archives of this release hold them, and nothing is built with --from-local or --from',
      help: `${from === undefined ? 'build' : 'put them there, or build here'}: ${container.isWanted === true ? 'kubewright release --container' : `kubewright build ${names.join(' ')}`} --platform ${platform}; leave platforms out with --platform, parts with --only`,
    });
  });
}
