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
