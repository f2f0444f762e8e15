import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { scratch } from '../../tests/trees.ts';
import { encodeSighting, standingAnswer } from './sighting.ts';
import { Sights } from './sights.ts';
import { WatchedFiles } from './watchedfiles.ts';

const TOLD = { outputs: 7, notes: '', results: '/out\n' };
let root = '';
let sights = new Sights();

beforeEach(() => {
  root = scratch('still');
  mkdirSync(join(root, 'pkg'));
  write('pkg/types.go', 'package pkg\n');
  write('pkg/fields.go', 'package pkg\n');
  symlinkSync('types.go', join(root, 'pkg/link.go'));
  sights = new Sights();
  const files = new WatchedFiles(sights);
  files.list(`${root}/pkg`);
  files.readText(`${root}/pkg/types.go`);
  files.readLink(`${root}/pkg/link.go`);
  files.isDirectory(`${root}/pkg/vendor`);
  files.stat(`${root}/pkg/types.go/nothing`);
  files.exists(root);
});

/** As a run sees it that begins in an hour. */
const encoded = (asked = 'all') => encodeSighting(sights, Date.now() + 3_600_000, asked, TOLD);

function keep(): string {
  const file = join(scratch('kept'), 'still');
  writeFileSync(file, encoded() ?? never());
  return file;
}

function never(): never {
  throw new Error('nothing to keep');
}

test('the same question while nothing moved is answered', () => {
  expect(standingAnswer(keep(), 'all')).toEqual({ ...TOLD, questions: [] });
});

test('another question is not', () => {
  expect(standingAnswer(keep(), 'deepcopy')).toBeUndefined();
});

test('what nobody looked at may move', () => {
  const file = keep();
  write('other.go', 'package other\n');
  write('pkg/fields.go', 'package other\n');
  expect(standingAnswer(file, 'all')).toBeDefined();
});

test.each([
  [
    'a file that was edited and got its old time back',
    () => keepingTimes('pkg/types.go', () => write('pkg/types.go', 'package pkh\n')),
  ],
  [
    'a file that another one of the same size and time replaced',
    () => {
      const { atime, mtime } = statSync(join(root, 'pkg/types.go'));
      write('other', 'package pkh\n');
      utimesSync(join(root, 'other'), atime, mtime);
      renameSync(join(root, 'other'), join(root, 'pkg/types.go'));
    },
  ],
  ['a new file', () => write('pkg/doc.go', '')],
  ['a file that is gone', () => rmSync(join(root, 'pkg/types.go'))],
  [
    'a link to elsewhere',
    () => {
      rmSync(join(root, 'pkg/link.go'));
      symlinkSync('fields.go', join(root, 'pkg/link.go'));
    },
  ],
  ['a directory where none was', () => mkdirSync(join(root, 'pkg/vendor'))],
])('%s', (_, change) => {
  const file = keep();
  change();
  expect(standingAnswer(file, 'all')).toBeUndefined();
});

test.each([['{}'], [''], ['\n\n\n']])('a damaged memory %j says nothing', (text) => {
  const file = keep();
  writeFileSync(file, text);
  expect(standingAnswer(file, 'all')).toBeUndefined();
});

test('what is younger than the run is not trusted', () => {
  expect(encodeSighting(sights, Date.now(), 'all', TOLD)).toBeUndefined();
});

test('after giving up there is nothing to keep', () => {
  sights.giveUp();
  expect([sights.areWhole, sights.contents.size, sights.link('/'), sights.links.size]).toEqual([
    ...[false, 0],
    ...['/', 0],
  ]);
});

function write(path: string, text: string): void {
  writeFileSync(join(root, path), text);
}

function keepingTimes(path: string, change: () => void): void {
  const { atime, mtime } = statSync(join(root, path));
  change();
  utimesSync(join(root, path), atime, mtime);
}
