import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { scratch } from '../../tests/trees.ts';
import { realHost } from './host.ts';

const MEMORY = '/dev/shm';

function isElsewhere(): boolean {
  const [one, other] = [MEMORY, tmpdir()].map((path) => statSync(path, { throwIfNoEntry: false })?.dev);
  return one !== undefined && one !== other;
}

test.runIf(isElsewhere())('a finished file moves to another file system, whole and with its mode', () => {
  const from = join(scratch(), 'made');
  writeFileSync(from, 'apple');
  const place = mkdtempSync(join(MEMORY, 'kw-test-'));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const to = join(place, 'new/apple');
  realHost().files.publishMove(from, to, 0o755);
  expect(readFileSync(to, 'utf8')).toBe('apple');
  expect(statSync(to).mode & 0o777).toBe(0o755);
  expect(readdirSync(join(place, 'new'))).toEqual(['apple']);
  expect(statSync(from, { throwIfNoEntry: false })).toBe(undefined);
});

test('a file that is written in pieces takes the place of the old one, and nothing is left beside it', () => {
  const place = scratch();
  const [path, { files }] = [join(place, 'new/apple'), realHost()];
  const pieces = (...texts: string[]) => texts.map((text) => Buffer.from(text));
  files.publishPieces(path, pieces('ap', 'ple'), 0o755);
  files.publishPieces(path, pieces('pe', 'ar'), 0o755);
  expect(readFileSync(path, 'utf8')).toBe('pear');
  expect(statSync(path).mode & 0o777).toBe(0o755);
  expect(readdirSync(join(place, 'new'))).toEqual(['apple']);
});

test('a file whose pieces end in a problem leaves the old one as it was, and so does a directory of its name', () => {
  const place = scratch();
  const [path, { files }] = [join(place, 'apple'), realHost()];
  writeFileSync(path, 'apple');
  function* broken(): Generator<Uint8Array> {
    yield Buffer.from('pe');
    throw new Error('no more');
  }
  expect(() => files.publishPieces(path, broken(), 0o755)).toThrow('no more');
  expect(readFileSync(path, 'utf8')).toBe('apple');
  files.makeDirectory(join(place, 'pear'));
  expect(() => files.publishPieces(join(place, 'pear'), [], 0o755)).toThrow();
  expect(readdirSync(place).sort()).toEqual(['apple', 'pear']);
});
