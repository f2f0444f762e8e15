/** Publishes a release directory to a bucket or to another directory. */
import { resolve } from 'node:path';
import { type Diagnostic, error, Failure, taken } from '../../diagnostic/diagnostic.ts';
import { takeLock } from '../../execute/lock.ts';
import { type Fingerprint, fingerprintOf, fingerprintOfText } from '../../objectstore/fingerprint.ts';
import {
  type MovedMarker,
  type Publication,
  type PublishedFile,
  type PublishReport,
  publishRelease,
} from '../../objectstore/publish.ts';
import { isVersion, markersOf } from '../../release/markers.ts';
import { contentTypeOf, isSummed, sumList } from '../../release/publication.ts';
import { formatBytes } from '../../report/units.ts';
import { readTreeVersion } from '../../tree/version.ts';
import type { CommandContext } from '../request.ts';
import { openSession, type Session } from '../session.ts';
import { statusLine } from '../statusline.ts';
import { type ReleaseContents, readRelease, unpackedBelow } from './contents.ts';
import type { Place } from './place.ts';
import { openStore } from './stores.ts';

export interface PublishRequest {
  /** Default: where `kubewright release` puts one. */
  readonly release?: string;
  readonly releaseVersion?: string;
  readonly marker: readonly string[];
  readonly markers: boolean;
  readonly forceMarkers: boolean;
  readonly fast: boolean;
  readonly overwrite: boolean;
  readonly wait: number;
}

type BucketPlace = Exclude<Place, { kind: 'registry' }>;

const UPLOADS_AT_ONCE = 4;

/** Returns the exit code. */
export async function publish(
  context: CommandContext,
  place: BucketPlace,
  request: PublishRequest,
): Promise<number> {
  const session = await openSession(context);
  const { host, options, signal } = context;
  const directory =
    request.release === undefined
      ? `${session.layout.out}/release-tars`
      : resolve(host.workingDirectory, request.release);
  const command = `kubewright publish ${nameOf(place)}`;
  const onWait = (holder: string) => void host.stderr.write(`waiting for ${holder}\n`);
  const lock = await takeLock(host, session.own, command, request.wait * 1000, signal, onWait);
  try {
    const contents = await readRelease(session, directory);
    const version = await versionOf(session, contents, request);
    const publication = await planPublication(session, { place, directory, contents, version, request });
    if (options.dryRun) {
      print(context, place, publication);
      return 0;
    }
    const report = await send(session, place, publication, request);
    host.files.remove(unpackedBelow(session));
    tell(context, place, publication, report);
    return 0;
  } finally {
    lock.release();
  }
}

/** As it was given, as the release itself says, or the tree's. */
async function versionOf(
  { context, tree }: Session,
  contents: ReleaseContents,
  { releaseVersion, markers }: PublishRequest,
): Promise<string> {
  const { host, signal } = context;
  const version =
    releaseVersion ??
    contents.version ??
    taken(await readTreeVersion(host, tree, { signal })).value.gitVersion ??
    '';
  const isDirty = /-dirty\b/.test(version);
  if (!/^[\w.+-]+$/.test(version) || (markers && (!isVersion(version) || isDirty)))
    throw new Failure(versionUnusable(version, isDirty));
  return version;
}

interface Planned {
  readonly place: BucketPlace;
  readonly directory: string;
  readonly contents: ReleaseContents;
  readonly version: string;
  readonly request: PublishRequest;
}

/** Digests of everything, and the checksums that are published with it. */
async function planPublication(
  session: Session,
  { place, directory, contents, version, request }: Planned,
): Promise<Publication> {
  const { host, signal } = session.context;
  const root = place.kind === 'directory' ? '' : place.root;
  const files: PublishedFile[] = [];
  const sums = { sha256: new Map<string, string>(), sha512: new Map<string, string>() };
  const checksums = `${unpackedBelow(session)}/checksums`;
  host.files.makeDirectory(checksums);
  for (const { path, file } of contents.files) {
    const fingerprint = await fingerprintOf(host, file, signal);
    files.push({ path, file, fingerprint });
    if (!isSummed(path)) continue;
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const digest = fingerprint[algorithm];
      sums[algorithm].set(path, digest);
      requireChecksum(session, directory, `${path}.${algorithm}`, digest);
      // Published without a line feed, as kubernetes/release does.
      const text = `${checksums}/${fingerprint.sha256}.${algorithm}`;
      host.files.write(text, digest);
      files.push({ path: `${path}.${algorithm}`, file: text, fingerprint: fingerprintOfText(digest) });
    }
  }
  return {
    ...{ version, root, files },
    directory: `${root}${request.fast ? 'fast/' : ''}${version}/`,
    lists: [
      ['SHA256SUMS', sumList(sums.sha256)],
      ['SHA512SUMS', sumList(sums.sha512)],
    ],
    markers: request.markers ? markersOf(version, { extra: request.marker, isFast: request.fast }) : [],
  };
}

/** A checksum in the release directory has to be that of its file: else one of the two was changed. */
function requireChecksum(
  { context }: Session,
  directory: string,
  name: string,
  digest: Fingerprint['sha256'],
): void {
  const text = context.host.files.readTextIfAny(`${directory}/${name}`);
  if (text === undefined || text.trim().split(/\s/)[0] === digest) return;
  throw new Failure(
    error('publish/checksum', {
      what: `${directory}/${name} is not the checksum of its file`,
      where: [{ file: `${directory}/${name}` }],
      why: 'one of the two was changed after the release was made; nothing was published',
      help: 'make the release again (kubewright release); remove the checksum when you changed the file on purpose',
    }),
  );
}

async function send(
  session: Session,
  place: BucketPlace,
  publication: Publication,
  { overwrite, forceMarkers }: PublishRequest,
): Promise<PublishReport> {
  const { context } = session;
  const line = statusLine(context);
  const { store, close } = await openStore(session, place);
  try {
    return await publishRelease(store, publication, {
      ...{ overwrite, forceMarkers, signal: context.signal },
      jobs: context.options.jobs ?? UPLOADS_AT_ONCE,
      onProgress: (done, total, detail) =>
        line.show(`sending ${detail}: ${formatBytes(done)} of ${formatBytes(total)}`),
    });
  } finally {
    line.clear();
    await close();
  }
}

function nameOf(place: BucketPlace): string {
  return place.kind === 'directory' ? `${place.path}/` : `${place.kind}://${place.bucket}/`;
}

function print(context: CommandContext, place: BucketPlace, publication: Publication): void {
  const name = nameOf(place);
  const { directory, files, lists, markers, root, version } = publication;
  const lines = files.map(
    ({ path, fingerprint }) =>
      `${name}${directory}${path}  ${contentTypeOf(path)}  ${formatBytes(fingerprint.size)}`,
  );
  const rest = lists.map(([list]) => `${name}${directory}${list}  ${contentTypeOf(list)}`);
  const moved = markers.map((marker) => `${name}${root}${marker}  ${version}, unless it names a newer one`);
  if (context.options.json)
    context.print(
      JSON.stringify({
        version,
        place: `${name}${directory}`,
        files: files.map(({ path }) => path),
        markers,
      }),
    );
  else context.print([...lines, ...rest, ...moved].join('\n'));
}

function tell(
  context: CommandContext,
  place: BucketPlace,
  publication: Publication,
  report: PublishReport,
): void {
  const { options, host, print: printLine } = context;
  const name = nameOf(place);
  const written = report.markers.filter(({ move }) => move.kind === 'written');
  const { sent, sentBytes, present } = report;
  if (options.json) {
    const { version, directory } = publication;
    const markers = report.markers.map(({ name: marker, before, move }) => ({
      marker,
      before,
      move: move.kind,
    }));
    printLine(JSON.stringify({ version, place: `${name}${directory}`, sent, sentBytes, present, markers }));
    return;
  }
  printLine(`${name}${publication.directory}`);
  for (const marker of written) printLine(`${name}${publication.root}${marker.name}`);
  if (options.quiet) return;
  host.stderr.write(`${sent} files sent (${formatBytes(sentBytes)}), ${present} were there\n`);
  for (const marker of report.markers) host.stderr.write(`${toldMarker(marker, publication.version)}\n`);
}

function toldMarker({ name, before, move }: MovedMarker, version: string): string {
  switch (move.kind) {
    case 'written':
      return `${name}: ${before === undefined ? version : `${before} → ${version}`}`;
    case 'same':
      return `${name}: ${version}, as before`;
    case 'newer-there':
    case 'unreadable':
      return `${name}: stays at ${before}, which is newer`;
  }
}

function versionUnusable(version: string, isDirty: boolean): Diagnostic {
  return error('publish/version', {
    what:
      version === ''
        ? 'the version of the release is not known'
        : `${version} cannot be published as a version`,
    why: isDirty
      ? 'it was built from files that no commit has, so nobody could say later what it was'
      : 'markers compare semantic versions: v1.20.2, v1.21.0-alpha.1.12+0123456789abcd',
    help: isDirty
      ? 'commit the changes and build again; --no-markers publishes it without moving a marker'
      : 'name it: --release-version v1.2.3; --no-markers publishes any version without moving a marker',
  });
}
