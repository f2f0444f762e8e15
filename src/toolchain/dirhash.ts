/** Go's sum of a module: one hash over the hashes of its files (golang.org/x/mod/sumdb/dirhash, Hash1). */
import { createHash } from 'node:crypto';

/** SHA-256 of every file of a toolchain, hexadecimal, by its path in the GOROOT. */
export type Manifest = ReadonlyMap<string, string>;

/** Go's `h1:` sum: SHA-256 over the sorted list of file digests and full names. */
export function moduleSum(manifest: Manifest, prefix: string): string {
  const lines = [...manifest]
    .map(([path, digest]) => ({ name: Buffer.from(prefix + path), digest }))
    .sort((a, b) => Buffer.compare(a.name, b.name));
  const sum = createHash('sha256');
  for (const { name, digest } of lines) sum.update(`${digest}  ${name.toString()}\n`);
  return `h1:${sum.digest('base64')}`;
}
