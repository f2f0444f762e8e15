/**
 * Fetched toolchains, shared by all checkouts of a user.
 *
 * ```
 * CACHE/toolchains/go1.15.15.linux-amd64/        the GOROOT, swapped in by one rename
 *                  └── .kubewright/record.json   version, sum, source, time
 *                                  manifest      digest and path of every file of the module
 * ```
 */
import { join } from 'node:path';
import { compareGoVersions } from '../formats/goversion.ts';
import { cacheDirectory, type Host } from '../host/host.ts';
import { sharedTemporaryName, sweepTemporary } from '../host/temporary.ts';
import type { Platform } from '../target/platform.ts';
import type { ToolchainArchive } from './archive.ts';
import { type Manifest, moduleSum } from './dirhash.ts';

/** What the store knows about one toolchain. */
export interface StoredToolchain {
  readonly version: string;
  readonly platform: Platform;
  /** GOROOT, absolute. */
  readonly root: string;
  /** `h1:…` of the module it came from. */
  readonly sum: string;
  /** Address it came from, without a password. */
  readonly source: string;
  /** ISO 8601, UTC. */
  readonly time: string;
}

type StoredRecord = Omit<StoredToolchain, 'root'>;

/** Its real path: programs of old eras hold the path of their GOROOT, whichever way led to it. */
export function storeDirectory(host: Host): string {
  const directory = join(cacheDirectory(host), 'toolchains');
  return host.files.isDirectory(directory) ? host.files.realPath(directory) : directory;
}

/** Prefix of every file in a toolchain module: `golang.org/toolchain@v0.0.1-go1.15.15.linux-amd64/`. */
export function modulePrefix(version: string, platform: Platform): string {
  return `${TOOLCHAIN_MODULE}@${moduleVersion(version, platform)}/`;
}

/** The module that holds Go itself, and its version for one Go on one platform. */
export const TOOLCHAIN_MODULE = 'golang.org/toolchain';

export function moduleVersion(version: string, platform: Platform): string {
  return `v0.0.1-go${version}.${platform.replace('/', '-')}`;
}

/** The stored toolchain of a version, or undefined; reads one small file. */
export function findStored(host: Host, version: string, platform: Platform): StoredToolchain | undefined {
  return readRecord(host, join(storeDirectory(host), directoryName(version, platform)));
}

/** All stored toolchains, by platform and version. */
export function listStored(host: Host): StoredToolchain[] {
  const directory = storeDirectory(host);
  if (!host.files.isDirectory(directory)) return [];
  return host.files
    .list(directory)
    .filter((name) => name.startsWith('go') && name.endsWith('/'))
    .flatMap((name) => readRecord(host, join(directory, name.slice(0, -1))) ?? [])
    .sort((a, b) => a.platform.localeCompare(b.platform, 'en') || compareGoVersions(a.version, b.version));
}

/** Makes a name for a download or an unpacking in the store, after removing what killed runs left there. */
export function storeTemporary(host: Host): string {
  const directory = storeDirectory(host);
  host.files.makeDirectory(directory);
  sweepTemporary(directory);
  return sharedTemporaryName(directory);
}

/** Unpacks a checked archive and swaps it in; when another process was first, its copy is kept and ours dropped. */
export async function install(
  host: Host,
  archive: ToolchainArchive,
  manifest: Manifest,
  record: StoredRecord,
  signal: AbortSignal,
): Promise<StoredToolchain> {
  const root = join(storeDirectory(host), directoryName(record.version, record.platform));
  const temporary = storeTemporary(host);
  try {
    await archive.unpack(temporary, signal);
    const lines = [...manifest].map(([path, digest]) => `${digest}  ${path}\n`);
    host.files.publish(join(temporary, MANIFEST), lines.join(''));
    host.files.publish(join(temporary, RECORD), `${JSON.stringify(record, undefined, 2)}\n`);
    return swapIn(host, temporary, root);
  } finally {
    host.files.remove(temporary);
  }
}

function swapIn(host: Host, temporary: string, root: string): StoredToolchain {
  const first = readRecord(host, root);
  if (first) return first;
  if (host.files.exists(root)) host.files.rename(root, storeTemporary(host));
  try {
    host.files.rename(temporary, root);
  } catch (problem) {
    const winner = readRecord(host, root);
    if (winner) return winner;
    throw problem;
  }
  const stored = readRecord(host, root);
  if (!stored) throw new Error(`${root} has no readable record right after it was written`);
  return stored;
}

/** What differs between a stored toolchain and the module it came from; empty lists when nothing does. */
export interface StoreDifferences {
  readonly changed: readonly string[];
  readonly missing: readonly string[];
  /** Whether the manifest still gives the recorded sum; without it the lists mean nothing. */
  readonly manifestIsWhole: boolean;
}

/** Hashes every file of the module again. Files that Go added (libraries that Go up to 1.9 compiles) are no difference. */
export function verifyStored(host: Host, stored: StoredToolchain, signal: AbortSignal): StoreDifferences {
  const text = host.files.readTextIfAny(join(stored.root, MANIFEST)) ?? '';
  const manifest = new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.slice(66), line.slice(0, 64)] as const),
  );
  const changed: string[] = [];
  const missing: string[] = [];
  for (const [path, digest] of manifest) {
    signal.throwIfAborted();
    const file = join(stored.root, path);
    if (!host.files.isFile(file)) missing.push(path);
    else if (host.files.digest(file) !== digest) changed.push(path);
  }
  const sum = moduleSum(manifest, modulePrefix(stored.version, stored.platform));
  return { changed, missing, manifestIsWhole: sum === stored.sum };
}

/** Removes a stored toolchain: it disappears in one step. */
export function removeStored(host: Host, stored: StoredToolchain): void {
  const temporary = storeTemporary(host);
  host.files.rename(stored.root, temporary);
  host.files.remove(temporary);
}

const RECORD = '.kubewright/record.json';
const MANIFEST = '.kubewright/manifest';

function directoryName(version: string, platform: Platform): string {
  return `go${version}.${platform.replace('/', '-')}`;
}

function readRecord(host: Host, root: string): StoredToolchain | undefined {
  const text = host.files.readTextIfAny(join(root, RECORD));
  if (text === undefined || !host.files.isFile(join(root, 'bin/go'))) return undefined;
  try {
    const record: unknown = JSON.parse(text);
    return isRecord(record) ? { ...record, root } : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is StoredRecord {
  const record = value as Partial<StoredRecord> | null;
  return [record?.version, record?.platform, record?.sum, record?.source, record?.time].every(
    (member) => typeof member === 'string',
  );
}
