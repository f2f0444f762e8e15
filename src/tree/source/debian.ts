/**
 * A tree out of a Debian source package: asked of the machine's own apt sources, checked by apt against their
 * signatures, unpacked by dpkg-source. Needs no root, changes nothing of the system's apt.
 */
import { dirname, join } from 'node:path';
import { mirrorRules, rewritten } from '../../config/mirrorrules.ts';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { cacheDirectory, type Host } from '../../host/host.ts';
import type { ProcessResult } from '../../host/processes.ts';
import { sharedTemporaryName, sweepTemporary } from '../../host/temporary.ts';
import { type AptDirectories, asSourceEntries, privateAptOptions, sourceVersion } from './apt.ts';
import { lastLines, machineSources, runApt } from './machineapt.ts';

export interface DebianSourceRequest {
  /** `kubernetes` */
  readonly packageName: string;
  /** Absolute directory to make; default PACKAGE-VERSION in the working directory. */
  readonly into: string | undefined;
  /** Ask apt even when a package fetched lately is at hand. */
  readonly refresh: boolean;
  readonly offline: boolean;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

export interface DebianSource {
  readonly packageName: string;
  readonly version: string;
  readonly directory: string;
  /** `present`: the directory held it already; `cache`: unpacked anew; `fetched`: asked of apt. */
  readonly from: 'present' | 'cache' | 'fetched';
}

/** How long a fetched package counts as the newest one. */
const FRESH_MILLISECONDS = 7 * 24 * 60 * 60 * 1000;

/** Brings a source package into a directory, whole or not at all. Throws Failure. */
export async function takeDebianSource(host: Host, request: DebianSourceRequest): Promise<DebianSource> {
  const { packageName, into } = request;
  if (!/^[a-z0-9][a-z0-9+.-]+$/.test(packageName))
    throw new Failure(noSuchPackage(packageName, 'a name has small letters, digits and + - .'));
  if (into !== undefined && host.files.exists(into)) {
    const version = unpackedVersion(host, into, packageName);
    if (version === undefined) throw new Failure(occupied(into));
    return { packageName, version, directory: into, from: 'present' };
  }
  const store = join(cacheDirectory(host), 'sources', 'debian', packageName);
  const known = newestStored(host, store);
  const isFresh = known !== undefined && host.clock.now() - known.time < FRESH_MILLISECONDS;
  const useStored = known !== undefined && (request.offline || (isFresh && !request.refresh));
  if (!useStored && request.offline) throw new Failure(offline(packageName));
  const version = useStored ? known.version : await fetch(host, request, store);
  const directory = into ?? join(host.workingDirectory, `${packageName}-${version}`);
  const found = { packageName, version, directory };
  if (host.files.exists(directory)) {
    if (unpackedVersion(host, directory, packageName) === undefined) throw new Failure(occupied(directory));
    return { ...found, from: 'present' };
  }
  await unpack(host, request, join(store, version), directory);
  return { ...found, from: useStored ? 'cache' : 'fetched' };
}

/** The version on top of debian/changelog, if this is that package's tree. */
function unpackedVersion(host: Host, directory: string, packageName: string): string | undefined {
  const head = host.files.readTextIfAny(join(directory, 'debian/changelog'))?.split('\n')[0] ?? '';
  const [, name, version] = /^(\S+) \((?:\d+:)?([^)]+)\)/.exec(head) ?? [];
  return name === packageName ? version : undefined;
}

function newestStored(host: Host, store: string): { version: string; time: number } | undefined {
  if (!host.files.isDirectory(store)) return undefined;
  const versions = host.files
    .list(store)
    .filter((name) => name.endsWith('/') && !name.startsWith('.'))
    .map((name) => ({ version: name.slice(0, -1), time: host.files.stat(join(store, name))?.mtime ?? 0 }));
  return versions.sort((a, b) => b.time - a.time)[0];
}

/** Asks apt for the newest version and keeps its files; returns the version. */
async function fetch(host: Host, request: DebianSourceRequest, store: string): Promise<string> {
  const { packageName, progress } = request;
  for (const program of ['apt-get', 'apt-config']) requireProgram(host, program, 'apt');
  host.files.makeDirectory(store);
  sweepTemporary(store);
  const work = sharedTemporaryName(store);
  const directories = {
    sources: join(work, 'sources'),
    lists: join(work, 'lists'),
    cache: join(work, 'cache'),
  };
  const files = join(work, 'files');
  try {
    for (const directory of [directories.sources, join(directories.lists, 'partial'), files])
      host.files.makeDirectory(directory);
    host.files.makeDirectory(join(directories.cache, 'archives', 'partial'));
    await copySources(host, request, directories);
    const options = privateAptOptions(directories);
    progress('asking apt which source packages there are');
    // One repository that cannot be reached does not matter when another has the package.
    const update = await runApt(host, ['apt-get', ...options, 'update'], {
      workingDirectory: work,
      signal: request.signal,
    });
    progress(`fetching the source package ${packageName}`);
    const download = ['apt-get', ...options, 'source', '--only-source', '--download-only', packageName];
    const fetched = await runApt(host, download, { workingDirectory: files, signal: request.signal });
    const version = sourceVersion(host.files.list(files), packageName);
    if (fetched.exitCode !== 0 || version === undefined)
      throw new Failure(notFetched(packageName, update, fetched));
    // Out of a repository of files, apt gives links.
    for (const name of host.files.list(files).filter((name) => host.files.isLink(join(files, name))))
      host.files.publishCopy(join(files, name), join(files, name), 0o644);
    const place = join(store, version);
    host.files.removeAll(place);
    host.files.rename(files, place);
    return version;
  } finally {
    host.files.removeAll(work);
  }
}

/** Writes the machine's apt sources, as source entries, into the private configuration. */
async function copySources(
  host: Host,
  { signal }: DebianSourceRequest,
  { sources }: AptDirectories,
): Promise<void> {
  for (const [index, file] of (await machineSources(host, signal)).entries()) {
    const entries = asSourceEntries(file);
    const text = rewritten(entries.text, mirrorRules(undefined, host.environment));
    host.files.publish(join(sources, `${index}-${entries.name}`), text, { fsync: false });
  }
}

async function unpack(
  host: Host,
  request: DebianSourceRequest,
  place: string,
  directory: string,
): Promise<void> {
  requireProgram(host, 'dpkg-source', 'dpkg-dev');
  const dsc = host.files.list(place).find((name) => name.endsWith('.dsc'));
  if (dsc === undefined) throw new Failure(notUnpacked(place, 'its .dsc is missing'));
  const parent = dirname(directory);
  host.files.makeDirectory(parent);
  sweepTemporary(parent);
  const temporary = sharedTemporaryName(parent);
  request.progress(`unpacking ${dsc}`);
  try {
    const argv = ['dpkg-source', '--no-copy', '--extract', join(place, dsc), temporary];
    const { exitCode, stderr } = await runApt(host, argv, {
      workingDirectory: parent,
      signal: request.signal,
    });
    if (exitCode !== 0) throw new Failure(notUnpacked(place, lastLines(stderr)));
    host.files.rename(temporary, directory);
  } finally {
    host.files.removeAll(temporary);
  }
}

function requireProgram(host: Host, program: string, systemPackage: string): void {
  if (host.processes.find(program)) return;
  throw new Failure(
    error('source/tool-missing', {
      what: `a Debian source package needs ${program}, and it was not found on PATH`,
      why: 'apt fetches and checks the package, dpkg-source unpacks it',
      help:
        systemPackage === 'apt'
          ? 'this works on Debian and its kin alone; elsewhere unpack a release of the source yourself'
          : `install it: apt-get install ${systemPackage}`,
    }),
  );
}

function noSuchPackage(packageName: string, why: string) {
  return error('source/not-found', {
    what: `there is no source package ${packageName}`,
    why,
    help: 'apt-cache showsrc NAME tells what your sources hold; the package of Kubernetes is kubernetes',
  });
}

function notFetched(packageName: string, update: ProcessResult, fetched: ProcessResult) {
  // apt counts an update without any answer as a success, with warnings.
  const unreachable = update.exitCode !== 0 || /^[WE]: Failed to fetch/m.test(update.stderr);
  if (/Unable to find a source package|You must put some/.test(fetched.stderr) && !unreachable) {
    return noSuchPackage(packageName, 'none of the sources in /etc/apt holds it');
  }
  return error('source/fetch-failed', {
    what: `apt could not fetch the source package ${packageName}`,
    why: lastLines(unreachable ? update.stderr : fetched.stderr),
    help: 'check that apt-get update works here (network, proxy, keys); nothing half-fetched was left',
  });
}

function notUnpacked(place: string, why: string) {
  return error('source/unpack-failed', {
    what: 'the source package could not be unpacked',
    where: [{ file: place }],
    why,
    help: 'fetch it anew with --refresh; if the disk is full, free space where the tree should go',
  });
}

function occupied(directory: string) {
  return error('request/conflict', {
    what: `${directory} exists, and is not that source package`,
    where: [{ file: directory }],
    why: 'a directory with other contents is never replaced',
    help: 'name another directory with --into, or move this one away',
  });
}

function offline(packageName: string) {
  return error('network/offline', {
    what: `the source package ${packageName} is not here, and --offline forbids to fetch it`,
    help: 'run the same command once without --offline; the package is then kept in the cache',
  });
}
