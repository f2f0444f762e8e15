import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sweepTemporaryBelow, temporaryNameBeside } from './temporary.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kw-temporary-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What a process that has ended would have called it. */
function nameOfEnded(path: string): string {
  const module = new URL('temporary.ts', import.meta.url).href;
  const program = `import { temporaryNameBeside } from '${module}'; console.log(temporaryNameBeside(process.argv[1], 0))`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', program, path], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

test('what an ended process left is removed at any depth; the names of living ones and of others stay', () => {
  mkdirSync(join(directory, 'bin/linux'), { recursive: true });
  const left = nameOfEnded(join(directory, 'bin/linux/kubelet'));
  const mine = temporaryNameBeside(join(directory, 'bin/linux/kubelet'), 1);
  const foreign = join(directory, 'bin/.kw-tmp-notes');
  for (const path of [left, mine, foreign]) writeFileSync(path, '');
  sweepTemporaryBelow(directory);
  expect([left, mine, foreign].map((path) => existsSync(path))).toEqual([false, true, true]);
});

test('links are not followed', () => {
  mkdirSync(join(directory, 'elsewhere'));
  mkdirSync(join(directory, 'out'));
  const left = nameOfEnded(join(directory, 'elsewhere/kubelet'));
  writeFileSync(left, '');
  symlinkSync('../elsewhere', join(directory, 'out/link'));
  sweepTemporaryBelow(join(directory, 'out'));
  expect(existsSync(left)).toBe(true);
});
