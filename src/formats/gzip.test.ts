import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scratch } from '../../tests/trees.ts';
import { combinedCrc, deflated, type GzipOptions, gzip, gzipOf } from './gzip.ts';

/** Text that compresses, other in each block, with copies of what stood before. */
function sample(length: number): Buffer {
  const words = createHash('sha256').update('seed').digest('hex');
  const parts: string[] = [];
  for (let size = 0, i = 0; size < length; i++) {
    const word = `${words.slice(i % 60)}${i * 7919} `;
    parts.push(word);
    size += word.length;
  }
  return Buffer.from(parts.join('')).subarray(0, length);
}

async function packed(source: readonly Uint8Array[], options: GzipOptions = {}): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of gzip(source, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function inPieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
}

describe('gzip', () => {
  const input = sample(3_500_001);

  test('is one member that gzip and Python read', async () => {
    const path = join(scratch(), 'a.gz');
    writeFileSync(path, await packed([input]));
    execFileSync('gzip', ['-t', path]);
    expect(execFileSync('gzip', ['-dc', path], { maxBuffer: 1 << 24 }).equals(input)).toBe(true);
    const script =
      'import sys,zlib; d=zlib.decompressobj(31); b=d.decompress(open(sys.argv[1],"rb").read()); print(len(b), d.eof, len(d.unused_data))';
    expect(execFileSync('python3', ['-c', script, path], { encoding: 'utf8' })).toBe('3500001 True 0\n');
  });

  test('gives the same bytes for any number of threads and any size of pieces', async () => {
    const one = await packed([input], { threads: 1 });
    const others = [
      await packed([input], { threads: 8 }),
      await packed(inPieces(input, 77_777), { threads: 3 }),
      await packed(inPieces(input, 2_500_000), { threads: 2 }),
    ];
    expect(others.map((other) => other.equals(one))).toEqual([true, true, true]);
  });

  test('loses next to nothing against one stream', async () => {
    const path = join(scratch(), 'a');
    writeFileSync(path, input);
    const theirs = execFileSync('gzip', ['-nc', path], { maxBuffer: 1 << 24 });
    expect((await packed([input])).length).toBeLessThan(theirs.length * 1.02);
  });

  test('of nothing is an empty file', async () => {
    expect(gunzipSync(await packed([]))).toHaveLength(0);
    expect(gunzipSync(await packed([new Uint8Array()]))).toHaveLength(0);
  });

  test('joins parts that were deflated apart', async () => {
    async function* both() {
      yield* deflated([input.subarray(0, 1_234_567)]);
      yield* deflated([input.subarray(1_234_567)]);
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of gzipOf(both())) chunks.push(chunk);
    expect(gunzipSync(Buffer.concat(chunks)).equals(input)).toBe(true);
  });

  test('reports a failing source', async () => {
    const broken = async function* () {
      yield input;
      throw new Error('torn');
    };
    const all = async () => {
      for await (const _ of gzip(broken()));
    };
    await expect(all()).rejects.toThrow('torn');
  });
});

test('checksums of pieces add up to that of the whole', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array({ maxLength: 3000 }), (a, b) => {
      expect(combinedCrc(crc32(a), crc32(b), b.length)).toBe(crc32(Buffer.concat([a, b])));
    }),
  );
});
