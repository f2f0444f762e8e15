/** Making files outlast a power cut. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** Returns when the bytes of a file are on the disk. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** As `syncFile`, while other work goes on. */
export async function settleFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Returns when the names in a directory are on the disk. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } catch (problem) {
    // Some file systems refuse to sync a directory; the rename itself has succeeded.
    if (!['EINVAL', 'EISDIR', 'EPERM'].includes((problem as NodeJS.ErrnoException).code ?? '')) throw problem;
  } finally {
    closeSync(directory);
  }
}
