/** Finished files on the user's disk: whether they still are as we left them, and bringing them back. */
import { error, Failure } from '../diagnostic/diagnostic.ts';
import type { Digest } from '../formats/digest.ts';
import type { FileStat } from '../host/files.ts';
import type { Host } from '../host/host.ts';
import type { LocalStore } from '../store/local.ts';
import type { OutputRecord } from './state.ts';

/** Whether a file has the bytes that we left: by its stat, else by its digest. */
export function isIntact(host: Host, output: OutputRecord): boolean {
  const stat = host.files.lstat(output.path);
  if (!stat || stat.size !== output.size) return false;
  const { mtime, ctime, inode } = output.stat;
  if (stat.mtime === mtime && stat.ctime === ctime && stat.inode === inode) return true;
  return host.files.digest(output.path) === output.digest;
}

/** Brings back what a key gave before, to `paths` in order; undefined when the store has not all of it. */
export function restoreOutputs(
  host: Host,
  store: LocalStore,
  key: Digest,
  paths: readonly string[],
  mode = 0o755,
): OutputRecord[] | undefined {
  const found = store.lookUp(key);
  if (!found || found.outputs.length !== paths.length) return undefined;
  const records: OutputRecord[] = [];
  for (const [i, output] of found.outputs.entries()) {
    const path = paths[i] as string;
    if (!store.restore(output, path, mode)) return undefined;
    records.push({ path, digest: output.digest, size: output.size, stat: statOf(host, path) });
  }
  return records;
}

/** Facts about a file that was just written. */
export function statOf(host: Host, path: string): FileStat {
  const stat = host.files.lstat(path);
  if (stat) return stat;
  throw new Failure(
    error('disk/write-failed', {
      what: `${path} vanished after it was written`,
      help: 'see what else writes there, then run the command again',
    }),
  );
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
