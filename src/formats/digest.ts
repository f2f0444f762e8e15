/** SHA-256 of bytes and of labelled records: the one digest of keys, store and reports. */
import { hash } from 'node:crypto';

/** 64 lower-case hexadecimal characters. */
export type Digest = string;

export function digestOfBytes(bytes: string | Uint8Array): Digest {
  return hash('sha256', bytes, 'hex');
}

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
