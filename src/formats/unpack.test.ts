import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { archiveMembers } from './ararchive.ts';
import { MalformedArchive, membersOf } from './unpack.ts';

const BLOCK = 512;

/** A member as ustar has it. */
function entry(
  name: string,
  content: Buffer | string,
  type = '0',
  fields: Record<number, string> = {},
): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  for (const [at, text] of Object.entries({
    ...{ 100: '0000755', 108: '0000000', 116: '0000000', 136: '00000000000', 156: type, 257: 'ustar\x0000' },
    ...{ 124: bytes.length.toString(8).padStart(11, '0'), 148: '        ', ...fields },
  }))
    header.write(text, Number(at), 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

function tar(...entries: readonly Buffer[]): Buffer {
  return Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)]);
}

/** In pieces of odd sizes, as a disk or a network gives them. */
async function* inPieces(bytes: Buffer, size = 333) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function listed(bytes: Buffer, reads = true): Promise<string[]> {
  const lines: string[] = [];
  for await (const { path, kind, archive, content } of membersOf(inPieces(bytes))) {
    const parts: Uint8Array[] = [];
    if (reads) for await (const chunk of content) parts.push(chunk);
    lines.push([path.join('!'), archive ?? kind, Buffer.concat(parts).toString()].filter(Boolean).join(' '));
  }
  return lines;
}

const inner = tar(entry('usr/bin/a', 'AAA'), entry('b', 'B'.repeat(700)));

test('archives in archives are walked to the innermost file, whatever they are packed with', async () => {
  const all = tar(
    entry('dir/', '', '5'),
    entry('layer.tar.gz', gzipSync(inner)),
    entry('layer.tar.zst', zstdCompressSync(inner)),
    entry('note.gz', gzipSync('plain')),
    entry('link', '', '2', { 157: 'dir' }),
    entry(
      'package.deb',
      Buffer.concat([Buffer.from('!<arch>\n'), archiveMembers([{ name: 'data.tar', bytes: inner }])]),
    ),
  );
  const layer = (name: string, form: string) => [
    `${name} ${form}`,
    `${name}!usr/bin/a file AAA`,
    `${name}!b file ${'B'.repeat(700)}`,
  ];
  const expected = [
    'gzip',
    'dir/ directory',
    ...layer('layer.tar.gz', 'gzip'),
    ...layer('layer.tar.zst', 'zstd'),
    ...['note.gz gzip', 'note.gz!(unpacked) file plain', 'link link', 'package.deb ar'],
    ...layer('package.deb!data.tar', 'tar'),
  ];
  expect(await listed(gzipSync(all))).toEqual(expected);
  const bare = (await listed(gzipSync(all), false)).map((line) => line.split(' ')[0]);
  expect(bare).toEqual(expected.map((line) => line.split(' ')[0]));
});

test('long names, long links and large owners come from the records that carry them', async () => {
  const record = (key: string, value: string) => {
    const body = ` ${key}=${value}\n`;
    const size = body.length + 1 < 10 ? body.length + 1 : body.length + 2;
    return `${size}${body}`;
  };
  const name = `deep/${'x'.repeat(60)}`;
  const bytes = tar(
    entry('pax', record('path', name) + record('uid', '7'), 'x'),
    entry('short', 'one'),
    entry('././@LongLink', `${name}/gnu\0`, 'L'),
    entry('cut', 'two'),
  );
  const found: string[] = [];
  for await (const { path, facts } of membersOf(inPieces(bytes)))
    found.push(`${path.join('!')} ${facts['owner']}`);
  expect(found).toEqual([' undefined', `${name} 7:0`, `${name}/gnu 0:0`]);
});

test.each([
  ['cut in a member', inner.subarray(0, 1200)],
  ['cut in a header', inner.subarray(0, 1300)],
  ['with a flipped bit in a header', Buffer.concat([Buffer.from('V'), inner.subarray(1)])],
  ['cut while compressed', gzipSync(inner).subarray(0, 60)],
  ['compressed, then damaged', Buffer.concat([gzipSync(inner).subarray(0, 30), Buffer.alloc(60)])],
])('an archive %s is refused', async (_, bytes) => {
  await expect(listed(Buffer.from(bytes))).rejects.toThrow(MalformedArchive);
});

test('a file that is no archive is itself, and an empty one too', async () => {
  expect(await listed(Buffer.from('hello'))).toEqual([' file hello'.trim()]);
  expect(await listed(Buffer.alloc(0))).toEqual(['file']);
});

test('who stops early lets go of what the stream was read from', async () => {
  let isClosed = false;
  async function* source() {
    try {
      yield gzipSync(tar(entry('a', 'one'), entry('b', 'x'.repeat(BLOCK)), entry('c', 'three')));
    } finally {
      isClosed = true;
    }
  }
  for await (const { path } of membersOf(source())) if (path[0] === 'b') break;
  expect(isClosed).toBe(true);
});
