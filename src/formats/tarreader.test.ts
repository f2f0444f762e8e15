import { expect, test } from 'vitest';
import { ByteReader } from './bytereader.ts';
import { tar } from './tar.ts';
import { tarEntries } from './tarreader.ts';

async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of content) parts.push(chunk);
  return Buffer.concat(parts);
}

async function* pieces(bytes: Buffer, size = 700): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const LONG = `${'directory/'.repeat(40)}é`;

test('what the writer writes is read back, owners, long names, links and attributes', async () => {
  const entries = [
    { path: 'a', kind: 'directory', mode: 0o2755, size: 0, gid: 8, group: 'mail', mtime: 5 },
    { path: LONG, kind: 'file', mode: 0o4755, size: 3, xattrs: { 'security.capability': Buffer.from('01') } },
    { path: 'b', kind: 'symlink', mode: 0o777, size: 0, target: LONG },
    { path: 'c', kind: 'link', mode: 0o644, size: 0, target: 'b' },
  ] as const;
  const written = await bytesOf(
    tar(entries.map((entry) => ({ entry, ...(entry.size > 0 ? { content: Buffer.from('abc') } : {}) }))),
  );
  const read: unknown[] = [];
  for await (const { entry, content } of tarEntries(new ByteReader(pieces(written))))
    read.push([
      entry.path,
      entry.kind,
      entry.mode,
      entry.group,
      entry.target,
      (await bytesOf(content)).toString(),
    ]);
  expect(read).toEqual([
    ['a/', 'directory', 0o2755, 'mail', '', ''],
    [LONG, 'file', 0o4755, 'root', '', 'abc'],
    ['b', 'symlink', 0o777, 'root', LONG, ''],
    ['c', 'link', 0o644, 'root', 'b', ''],
  ]);
});

test('content that nobody reads is passed over', async () => {
  const written = await bytesOf(
    tar(
      ['a', 'b'].map((path) => ({
        entry: { path, kind: 'file', mode: 0o644, size: 2000 } as const,
        content: Buffer.alloc(2000),
      })),
    ),
  );
  const names: string[] = [];
  for await (const { entry } of tarEntries(new ByteReader(pieces(written)))) names.push(entry.path);
  expect(names).toEqual(['a', 'b']);
});

test('an archive without its end is malformed where that is asked for', async () => {
  const whole = await bytesOf(tar([{ entry: { path: 'a', kind: 'directory', mode: 0o755, size: 0 } }]));
  const read = async (needsEnd: boolean) => {
    for await (const _ of tarEntries(new ByteReader(pieces(whole.subarray(0, 512))), { needsEnd }));
  };
  await expect(read(false)).resolves.toBeUndefined();
  await expect(read(true)).rejects.toThrow('its end is missing');
});
