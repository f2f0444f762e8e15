import { randomBytes } from 'node:crypto';
import { utimesSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { hostWith, scratch } from '../../tests/trees.ts';
import { tar } from '../formats/tar.ts';
import { BlobCache } from './blobs.ts';

/** A layer that no compression makes small. */
async function layer(): Promise<Buffer> {
  const content = randomBytes(300 << 10);
  const chunks: Uint8Array[] = [];
  const entry = { path: 'a', kind: 'file', mode: 0o644, size: content.length } as const;
  for await (const chunk of tar([{ entry, content }])) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks));
}

test('layers of use longest ago go first, and documents stay', async () => {
  const cache = new BlobCache(hostWith(), scratch('cache'));
  const document = cache.put(Buffer.from('{}'));
  const [old, used, fresh] = [cache.put(await layer()), cache.put(await layer()), cache.put(await layer())];
  for (const one of [old, used]) {
    await cache.layerFacts(one.digest);
    utimesSync(one.path, 1_000_000_000, 1_000_000_000);
    utimesSync(one.path.replace('/blobs/', '/facts/v1/').concat('.json'), 1_000_000_000, 1_000_000_000);
  }
  // Asked for again after long: its file keeps the time by which it is known unchanged.
  await cache.layerFacts(used.digest);
  const { bytes } = cache.size();
  expect(cache.prune(bytes)).toEqual({ objects: 0, bytes: 0 });
  expect(cache.prune(bytes - 1)).toEqual({ objects: 1, bytes: old.size });
  expect([old, used, fresh, document].map((one) => cache.has(one.digest, one.size))).toEqual([
    ...[false, true, true, true],
  ]);
  expect(cache.prune(0).objects).toBe(2);
  expect(cache.size()).toEqual({ objects: 1, bytes: 2 });
});
