/** Fetches one toolchain from the module proxies into the store: downloaded, checked, then unpacked. */
import { fileURLToPath } from 'node:url';
import type { Config } from '../config/config.ts';
import { type Diagnostic, error } from '../diagnostic/diagnostic.ts';
import type { Host } from '../host/host.ts';
import type { Network } from '../host/network.ts';
import { isAbsent, NetworkFailure } from '../host/network-problem.ts';
import type { Platform } from '../target/platform.ts';
import { ArchiveRefused, ToolchainArchive } from './archive.ts';
import { type ExpectedSum, expectedSum } from './checksum.ts';
import { type Mirror, moduleFile } from './proxy.ts';
import type { Setting } from './settings.ts';
import { findStored, install, modulePrefix, type StoredToolchain, storeTemporary } from './store.ts';

/** How a fetch ended. `absent`: no proxy has this version. Diagnostics of a good end are warnings. */
export type FetchOutcome =
  | {
      readonly kind: 'stored';
      readonly toolchain: StoredToolchain;
      readonly diagnostics: readonly Diagnostic[];
    }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly diagnostics: readonly Diagnostic[] };

export interface FetchRequest {
  readonly version: string;
  readonly platform: Platform;
  readonly mirrors: readonly Mirror[];
  readonly sumdb: Setting | undefined;
  readonly config: Config;
  /** --toolchain-sum */
  readonly sum: string | undefined;
  readonly signal: AbortSignal;
  readonly progress?: ((text: string) => void) | undefined;
}

/** Brings a version into the store, trying one proxy after the other. */
export async function fetchToolchain(
  host: Host,
  network: Network,
  request: FetchRequest,
): Promise<FetchOutcome> {
  const { version, platform, mirrors } = request;
  const expected = await expectedSum(network, version, platform, {
    flag: request.sum,
    config: request.config,
    mirrors,
    sumdb: request.sumdb,
  });
  if (!expected.ok) {
    // A version that nobody has cannot be in the checksum database either: absence is the better answer.
    const absent = await isNowhere(host, network, request);
    return absent ? { kind: 'absent' } : { kind: 'failed', diagnostics: expected.diagnostics };
  }
  const problems: Diagnostic[] = [];
  for (const mirror of mirrors) {
    try {
      const toolchain = await fromMirror(host, network, mirror, expected.value, request);
      if ('root' in toolchain) {
        return { kind: 'stored', toolchain, diagnostics: problems.map(asWarning) };
      }
      problems.push(toolchain);
    } catch (problem) {
      if (!(problem instanceof NetworkFailure)) throw problem;
      if (!isAbsent(problem)) problems.push(...problem.diagnostics);
    }
  }
  return problems.length === 0 ? { kind: 'absent' } : { kind: 'failed', diagnostics: problems };
}

async function isNowhere(host: Host, network: Network, request: FetchRequest): Promise<boolean> {
  for (const mirror of request.mirrors) {
    const { version, platform } = request;
    const zip = moduleFile(mirror, version, platform, 'zip');
    if (zip.url.startsWith('file:') && host.files.isFile(fileURLToPath(zip.url))) return false;
    try {
      await network.getBytes({ ...moduleFile(mirror, version, platform, 'info'), limitBytes: INFO_BYTES });
      return false;
    } catch (problem) {
      if (!isAbsent(problem)) return false;
    }
  }
  return true;
}

const INFO_BYTES = 65_536;

/** One proxy's copy: stored, or the Diagnostic of a copy that is not what it should be. Nothing of that is left. */
async function fromMirror(
  host: Host,
  network: Network,
  mirror: Mirror,
  expected: ExpectedSum,
  request: FetchRequest,
): Promise<StoredToolchain | Diagnostic> {
  const { version, platform, signal } = request;
  const zip = storeTemporary(host);
  const source = moduleFile(mirror, version, platform, 'zip');
  try {
    request.progress?.(`fetching ${source.what} from ${mirror.shown}`);
    await network.download(source, zip, progressOf(request, source.what));
    // Another process may have been faster; its copy has passed the same check.
    const stored = findStored(host, version, platform);
    if (stored?.sum === expected.sum) return stored;
    request.progress?.(`checking ${source.what}`);
    const archive = await ToolchainArchive.open(zip, modulePrefix(version, platform));
    try {
      const manifest = await archive.manifest(signal);
      const got = archive.sum(manifest);
      if (got !== expected.sum) return mismatch(mirror, expected, request, `its sum is ${got}`);
      request.progress?.(`unpacking ${source.what}`);
      const record = {
        version,
        platform,
        sum: got,
        source: `${mirror.shown}${source.url.slice(mirror.url.length)}`,
        time: new Date(host.clock.now()).toISOString(),
      };
      return await install(host, archive, manifest, record, signal);
    } finally {
      archive.close();
    }
  } catch (problem) {
    if (!(problem instanceof ArchiveRefused)) throw problem;
    return mismatch(mirror, expected, request, describe(host, zip, problem));
  } finally {
    host.files.remove(zip);
  }
}

/** Tells of every tenth of a download. */
function progressOf(request: FetchRequest, what: string): (bytes: number, total: number | undefined) => void {
  let told = 0;
  return (bytes, total) => {
    if (total === undefined || bytes < told + total / 10) return;
    told = bytes;
    request.progress?.(`${what}: ${mebibytes(bytes)} of ${mebibytes(total)} MiB`);
  };
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(0);
}

function describe(host: Host, zip: string, problem: ArchiveRefused): string {
  const head = host.files.readBytes(zip).subarray(0, 200).toString('utf8').trim();
  if (/^<(!doctype|html|\?xml)/i.test(head)) {
    return `it is a web page, perhaps of a login or a firewall: ${head.split('\n')[0]?.slice(0, 80)}`;
  }
  return `it is no archive that can be used: ${problem.message}`;
}

function mismatch(mirror: Mirror, expected: ExpectedSum, request: FetchRequest, got: string): Diagnostic {
  const { version, platform } = request;
  return error('toolchain/checksum-mismatch', {
    what: `Go ${version} for ${platform} from ${mirror.shown} is not what it should be; nothing of it was unpacked`,
    why: `${got}; wanted is ${expected.sum}, by ${expected.origin}`,
    help: 'ask who runs that proxy, and name another one with GOPROXY (several are separated by commas); if the wanted sum is your own, correct it',
  });
}

function asWarning(diagnostic: Diagnostic): Diagnostic {
  return { ...diagnostic, severity: 'warning' };
}
