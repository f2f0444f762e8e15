import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { toolchainEntries } from '../../tests/fakes/module-proxy.ts';
import { type ZipEntry, zipOf } from '../../tests/fakes/zip.ts';
import { ToolchainArchive } from './archive.ts';

const PREFIX = 'golang.org/toolchain@v0.0.1-go1.15.15.linux-amd64/';
const GOOD = toolchainEntries('1.15.15', 'linux/amd64');

/** Opens a zip with these entries behind good ones; what was refused, or 'accepted'. */
async function opening(...entries: readonly ZipEntry[]): Promise<string> {
  return openingBytes(zipOf([...GOOD, ...entries]));
}

async function openingBytes(bytes: Uint8Array): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'kw-archive-'));
  writeFileSync(join(directory, 'zip'), bytes);
  try {
    const archive = await ToolchainArchive.open(join(directory, 'zip'), PREFIX);
    try {
      await archive.manifest(new AbortController().signal);
      return 'accepted';
    } finally {
      archive.close();
    }
  } catch (problem) {
    return (problem as Error).message;
  } finally {
    expect(readdirSync(directory)).toEqual(['zip']);
    rmSync(directory, { recursive: true, force: true });
  }
}

const file = (name: string, mode?: number): ZipEntry => ({
  name: PREFIX + name,
  content: 'x',
  ...(mode === undefined ? {} : { mode }),
});

test('an archive that could write outside its place is refused whole', async () => {
  expect(await opening(file('bin/gofmt'))).toBe('accepted');
  expect(await opening({ name: '/etc/passwd', content: 'x' })).toContain('absolute path');
  expect(await opening(file('../../evil'))).toContain('invalid relative path');
  expect(await opening({ name: 'elsewhere/file', content: 'x' })).toContain(
    'lies outside golang.org/toolchain@',
  );
  expect(await opening(file('src//double'))).toContain('lies outside');
  expect(await opening(file('src/./dot'))).toContain('lies outside');
  expect(await opening(file('c:evil'))).toContain('is no acceptable file name');
});

test('links, devices, duplicates and files that are directories too are refused', async () => {
  expect(await opening(file('bin/link', 0o120777))).toContain('bin/link is no plain file');
  expect(await opening(file('bin/fifo', 0o010644))).toContain('bin/fifo is no plain file');
  expect(await opening(file('VERSION'))).toContain('are the same file on some disks');
  expect(await opening(file('version'))).toContain('are the same file on some disks');
  expect(await opening(file('bin/go/inside'))).toContain('bin/go is both a file and a directory');
});

test('a cut-off, a lying or an empty archive is refused', async () => {
  const good = zipOf(GOOD);
  expect(await openingBytes(good.subarray(0, good.length - 40))).not.toBe('accepted');
  expect(await openingBytes(Buffer.alloc(0))).not.toBe('accepted');
  const lying = Buffer.from(good);
  const directory = lying.indexOf('PK\x01\x02', 0, 'latin1');
  lying.writeUInt32LE(lying.readUInt32LE(directory + 24) + 1, directory + 24);
  expect(await openingBytes(lying)).toContain('does not unpack to its declared size');
});
