/** SHA-256 of a file, without holding it. */
import { createHash, hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

const MEMORY = Buffer.allocUnsafeSlow(1 << 20);

export function digestOfFile(path: string): string {
  const file = openSync(path, 'r');
  try {
    let read = readSync(file, MEMORY, 0, MEMORY.length, null);
    // Most files are small; a read that is not full may still be followed by more.
    const more = read > 0 ? readSync(file, MEMORY, read, MEMORY.length - read, null) : 0;
    read += more;
    if (more === 0 && read < MEMORY.length) return hash('sha256', MEMORY.subarray(0, read), 'hex');
    const sum = createHash('sha256');
    for (; read > 0; read = readSync(file, MEMORY, 0, MEMORY.length, null))
      sum.update(MEMORY.subarray(0, read));
    return sum.digest('hex');
  } finally {
    closeSync(file);
  }
}
