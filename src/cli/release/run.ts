/** Makes a release: builds what is asked, reads what its archives hold, and packs them. */
import { resolve } from 'node:path';
import { type Diagnostic, error, Failure, taken, warning } from '../../diagnostic/diagnostic.ts';
import { nearest } from '../../diagnostic/nearest.ts';
import type { Part, Program, Tarball } from '../../release/member.ts';
import { planRelease, programsOf, type Release } from '../../release/pipeline.ts';
import { formatBytes } from '../../report/units.ts';
import { outputPath } from '../../steps/compile/plan.ts';
import { executableName, type Platform } from '../../target/platform.ts';
import { readReleaseLayout } from '../../tree/release/layout.ts';
import type { Tree } from '../../tree/tree.ts';
import { readTreeVersion, type TreeVersion } from '../../tree/version.ts';
import { runArtifacts } from '../artifacts/run.ts';
import { prepareBuild } from '../build/prepare.ts';
import { readBuildRequest } from '../build/request.ts';
import { CROSS_GROUPS } from '../make/goals.ts';
import type { CommandContext } from '../request.ts';
import { openSession, type Session } from '../session.ts';
import type { ReleaseRequest } from './request.ts';

/** Returns the exit code. */
export async function release(given: CommandContext, request: ReleaseRequest): Promise<number> {
  const session = await openSession(request.isQuick ? quickly(given) : given);
  const { context, tree } = session;
  const unknown = request.platforms.filter((one) => !platformsOf(tree).includes(one));
  if (unknown.length > 0) throw new Failure(...unknown.map((one) => platformUnknown(one, platformsOf(tree))));
  if (!request.isPackagingOnly && !context.options.dryRun) {
    const exitCode = await build(session, request);
    if (exitCode !== 0) return exitCode;
  }
  return packageRelease(session, request);
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

/** The tree's own lists know what a quick release is built for. */
function quickly(context: CommandContext): CommandContext {
  const environment = { ...context.host.environment, KUBE_FASTBUILD: 'true' };
  return { ...context, host: { ...context.host, environment } };
}

/** As upstream's cross build: every group for its platforms. */
async function build(session: Session, request: ReleaseRequest): Promise<number> {
  const { context, config, tree } = session;
  const groups = CROSS_GROUPS.filter((name) => tree.groups.some((group) => group.name === name));
  const words = groups.length > 0 ? groups : tree.groups.map(({ name }) => name);
  const platforms = request.platforms.length > 0 ? request.platforms : ['all'];
  const wanted = { ...readBuildRequest(words, {}, context.host, config), platforms };
  const { versionString, waitSeconds } = request;
  const prepared = await prepareBuild(session, {
    ...{ ...wanted, waitSeconds },
    ...(versionString === undefined ? {} : { versionString }),
  });
  return (await import('../build/run.ts')).runBuild(prepared);
}

async function packageRelease(session: Session, request: ReleaseRequest): Promise<number> {
  const { context, tree, layout, own, notes } = session;
  const { host, options, signal } = context;
  const version = taken(
    await readTreeVersion(host, tree, { versionString: request.versionString, signal }),
  ).value;
  const directory = `${layout.out}/release-tars`;
  const read = await readReleaseLayout({
    ...{ host, tree, version, tarballs: directory, signal },
    program: placeOfPrograms(session, request),
    ...(request.platforms.length > 0 ? { platforms: request.platforms as Platform[] } : {}),
  });
  const tarballs = chosen(read.tarballs, request.only);
  const plan: Release = {
    ...{ tarballs, directory, own: `${own}/release`, time: secondsOf(version) },
    ...(version.gitVersion ? { version: version.gitVersion } : {}),
    isWhole: request.only.length === 0,
    images: { steps: [], archives: [] },
  };
  if (options.dryRun) return printRelease(context, tarballs);
  const missing = programsOf(tarballs).filter(({ path }) => !host.files.isFile(path));
  if (missing.length > 0) throw new Failure(...programsMissing(missing, request));
  const lacking = tarballs.filter(({ images }) => images && plan.images.archives.length === 0);
  const imageNotes = lacking.length > 0 ? [imagesMissing(lacking)] : [];
  if (!options.quiet) for (const note of [...notes, ...read.diagnostics, ...imageNotes]) context.report(note);
  const facts = { treeVersion: version.gitVersion ?? '', toolchain: '', waitSeconds: request.waitSeconds };
  const exitCode = await runArtifacts(session, planRelease(plan), facts);
  if (exitCode === 0 && plan.isWhole) removeForeign(session, directory, tarballs);
  return exitCode;
}

function imagesMissing(tarballs: readonly Tarball[]): Diagnostic {
  return warning('release/images-missing', {
    what: `${tarballs.map(({ name }) => name).join(', ')}: made without the images of the servers`,
    why: 'upstream puts an archive of each image and its tag beside the programs; a release does not make them yet',
    help: 'make them beside it: kubewright image --save FILE, or publish them: kubewright publish oci://REGISTRY',
  });
}

function placeOfPrograms({ context, tree, layout }: Session, { from }: ReleaseRequest) {
  return (name: string, platform: Platform): string => {
    if (from === undefined) return outputPath(tree, layout, { binary: name }, platform);
    return `${resolve(context.host.workingDirectory, from)}/${platform}/${executableName(name, platform)}`;
  };
}

/** The parts that are asked for, and the archives that these hold. */
function chosen(tarballs: readonly Tarball[], only: readonly Part[]): Tarball[] {
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

function printRelease(context: CommandContext, tarballs: readonly Tarball[]): number {
  if (context.options.json) {
    const shown = tarballs.map(({ name, part, platform, members }) => {
      return { name, part, platform, members: members.map(({ path }) => path) };
    });
    context.print(JSON.stringify({ tarballs: shown }));
    return 0;
  }
  for (const { name, members } of tarballs) {
    const bytes = members.reduce((sum, member) => sum + (member.kind === 'file' ? member.size : 0), 0);
    context.print(`${name}  ${members.length} members, ${formatBytes(bytes)}`);
    if (context.options.verbose) for (const { path } of members) context.print(`  ${path}`);
  }
  return 0;
}

/** One Diagnostic for each platform. */
function programsMissing(missing: readonly Program[], { from }: ReleaseRequest): Diagnostic[] {
  const platforms = [...new Set(missing.map(({ platform }) => platform))];
  return platforms.map((platform) => {
    const own = missing.filter((one) => one.platform === platform);
    const names = [...new Set(own.map(({ name }) => name))];
    const rest = names.length > 3 ? ` and ${names.length - 3} more` : '';
    return error('release/binary-missing', {
      what: `${names.slice(0, 3).join(', ')}${rest} for ${platform} ${names.length === 1 ? 'is' : 'are'} not built`,
      where: [{ file: own[0]?.path ?? '' }],
      why: 'the archives of this release hold them, and nothing is built with --from-local or --from',
      help: `${from === undefined ? 'build' : 'put there, or build here,'}: kubewright build ${names.join(' ')} --platform ${platform}; leave platforms out with --platform, parts with --only`,
    });
  });
}
