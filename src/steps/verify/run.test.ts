import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import { scratch } from '../../../tests/trees.ts';
import { type TarEntry, tar } from '../../formats/tar.ts';
import { realHost } from '../../host/host.ts';
import { type Difference, describeDifference, likelyCause } from './difference.ts';
import { compareFiles } from './run.ts';

let directory: string;
beforeEach(() => {
  directory = scratch();
});

async function archive(members: readonly (readonly [string, string, Partial<TarEntry>?])[]): Promise<Buffer> {
  const entries = members.map(([path, text, more]) => {
    const content = Buffer.from(text);
    return { entry: { path, kind: 'file', mode: 0o644, size: content.length, ...more } as TarEntry, content };
  });
  const parts: Uint8Array[] = [];
  for await (const part of tar(entries)) parts.push(part);
  return Buffer.concat(parts);
}

async function compared(released: Buffer, rebuilt: Buffer): Promise<string[]> {
  const [one, two] = ['released', 'rebuilt'].map((name) => join(directory, name)) as [string, string];
  writeFileSync(one, released);
  writeFileSync(two, rebuilt);
  const found = await compareFiles(
    {
      ...{ host: realHost(), scratch: join(directory, 'members'), variables: [] },
      signal: new AbortController().signal,
    },
    one,
    two,
  );
  return found.map((difference) => describeDifference('a.tar.gz', difference));
}

test('members that are new, gone, moved, or have other rights are named', async () => {
  const released = gzipSync(
    await archive([
      ['x', '1'],
      ['gone', ''],
      ['mode', 'm', { mode: 0o755 }],
      ['y', '2'],
    ]),
  );
  const rebuilt = gzipSync(
    await archive([
      ['new', ''],
      ['mode', 'm'],
      ['y', '2'],
      ['x', '3'],
    ]),
  );
  expect(await compared(released, rebuilt)).toEqual([
    'a.tar.gz!gone is in the released artifact alone',
    'a.tar.gz!mode has mode 755, rebuilt 644',
    'a.tar.gz!new is in the rebuilt artifact alone',
    'a.tar.gz has its members in another order',
    'a.tar.gz!x differs in 1 bytes, first at 0',
  ]);
});

test('a file in an archive in an archive is named by the way to it', async () => {
  const nested = async (text: string) => {
    const inner = gzipSync(await archive([['bin/a', text]]));
    const outer: Uint8Array[] = [];
    const entry: TarEntry = { path: 'layer.tar.gz', kind: 'file', mode: 0o644, size: inner.length };
    for await (const part of tar([{ entry, content: inner }])) outer.push(part);
    return Buffer.concat(outer);
  };
  expect(await compared(await nested('before'), await nested('beFore'))).toEqual([
    'a.tar.gz!layer.tar.gz!bin/a differs in 1 bytes, first at 2',
  ]);
});

test('equal members that are packed in another way', async () => {
  const members = await archive([['x', 'text '.repeat(1000)]]);
  expect(await compared(gzipSync(members, { level: 1 }), gzipSync(members, { level: 9 }))).toEqual([
    'a.tar.gz is packed in another way; its members are the same',
  ]);
  expect(await compared(members, members)).toEqual([]);
});

const PATH: readonly string[] = [];
const sections = (...names: string[]): Difference => ({
  ...{ kind: 'sections', path: PATH },
  sections: names.map((section) => ({ section, bytes: 1, offset: 0 })),
});
const usual = { changedAfterwards: false, keepsPaths: false };

test.each<[string, Difference[], typeof usual]>([
  ['changed after its provenance', [sections('.text')], { ...usual, changedAfterwards: true }],
  [
    'go1.2 rebuilt what go1.1 built',
    [
      sections('.text'),
      { kind: 'version', path: PATH, released: 'go1.1 gitVersion=v1', rebuilt: 'go1.2 gitVersion=v1' },
    ],
    usual,
  ],
  [
    'another version or date',
    [
      sections('.rodata'),
      { kind: 'version', path: PATH, released: 'go1.1 gitVersion=v1', rebuilt: 'go1.1 gitVersion=v2' },
    ],
    usual,
  ],
  ['only identities', [sections('.note.go.buildid')], usual],
  ['keep the paths', [sections('.text', '.gopclntab')], { ...usual, keepsPaths: true }],
  ['another version of Node', [{ kind: 'packing', path: PATH }], usual],
  [
    'another program packed it',
    [{ kind: 'facts', path: PATH, fact: 'mode', released: '1', rebuilt: '2' }],
    usual,
  ],
  ['does not name took part', [sections('.text')], usual],
])('the likely cause: %s', (cause, differences, circumstances) => {
  expect(likelyCause(differences, circumstances)).toContain(cause);
});
