/** New files in the place of old ones. */
import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Linux seeks one large piece of memory for one large write: 114 MB in one took ten times what they take by megabytes (6.18, ext4). */
const WRITTEN_AT_ONCE = 1 << 20;

/** Writes a file that must not exist yet; durable when that is asked for. */
export function writeNew(path: string, pieces: Iterable<Uint8Array>, mode: number, isDurable: boolean): void {
  const file = openSync(path, 'wx', mode);
  try {
    for (const piece of pieces)
      for (let offset = 0; offset < piece.length; )
        offset += writeSync(file, piece, offset, Math.min(piece.length - offset, WRITTEN_AT_ONCE));
    if (isDurable) fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Writes a file of a name that another one may have. That one goes aside first: ext4 has the disk take the whole of a file
 * that is renamed over another (auto_da_alloc), which costs a large one more than writing it did. For some microseconds
 * the name leads nowhere; a process that is killed just then leaves it so, never a torn file. `names` are free.
 */
export function supersede(
  path: string,
  pieces: Iterable<Uint8Array>,
  mode: number,
  [whole, aside]: readonly [string, string],
): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeNew(whole, pieces, mode, false);
    const isThere = lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
    if (isThere) renameSync(path, aside);
    try {
      renameSync(whole, path);
    } catch (problem) {
      if (isThere) renameSync(aside, path);
      throw problem;
    }
    if (isThere) rmSync(aside, { force: true });
  } catch (problem) {
    rmSync(whole, { force: true });
    throw problem;
  }
}
