/** Names of runs. */
import { randomBytes } from 'node:crypto';

/** Sorts by time; the tail keeps two runs of one second apart. */
export function newRunId(now: number): string {
  const stamp = new Date(now).toISOString().replace(/[-:]/g, '').replace(/\..*/, 'Z');
  return `${stamp}-${randomBytes(3).toString('hex')}`;
}
