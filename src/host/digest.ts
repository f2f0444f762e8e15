/** SHA-256 of bytes, files and labelled records: the one digest of keys, store and reports. */
import { createHash, hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

/** 64 lower-case hexadecimal characters. */
export type Digest = string;

export function digestOfBytes(bytes: string | Uint8Array): Digest {
  return hash('sha256', bytes, 'hex');
}

/** Digest of a file of any size, read through one reused buffer. */
export function digestOfFile(path: string): Digest {
  const file = openSync(path, 'r');
  try {
    const sum = createHash('sha256');
    for (let read = 1; read > 0; ) {
      read = readSync(file, BUFFER, 0, BUFFER.length, null);
      sum.update(BUFFER.subarray(0, read));
    }
    return sum.digest('hex');
  } finally {
    closeSync(file);
  }
}

const BUFFER = Buffer.allocUnsafeSlow(1 << 20);

/** Digest of a record: keys in code-unit order, whatever order they were given in. */
export function digestOfRecord(record: unknown): Digest {
  return digestOfBytes(canonicalJson(record));
}

/** JSON with sorted keys and no blanks; undefined members are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
