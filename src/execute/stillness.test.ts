import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { hostWith, scratch } from '../../tests/trees.ts';
import { digestOfBytes } from '../formats/digest.ts';
import { answerBySighting, rememberSighting } from './stillness.ts';

const host = hostWith();
const QUESTION = digestOfBytes('everything');
let root = '';

beforeEach(() => {
  root = scratch('still');
  mkdirSync(join(root, 'pkg'));
  writeFileSync(join(root, 'pkg/types.go'), 'package pkg\n');
  const present = new Map(
    ['', 'pkg', 'pkg/types.go'].map((path) => [path, host.files.stat(`${root}/${path}`) ?? never(path)]),
  );
  rememberSighting(host, `${root}-own/still`, {
    question: QUESTION,
    outputs: 7,
    present,
    absent: ['vendor/fmt'],
  });
});

function never(path: string): never {
  throw new Error(`${path} is not there`);
}

const answer = (question = QUESTION) => answerBySighting(host, `${root}-own/still`, root, question)?.outputs;

test('the same question while nothing moved is answered', () => {
  expect(answer()).toBe(7);
});

test('another question is not', () => {
  expect(answer(digestOfBytes('deepcopy'))).toBeUndefined();
});

test.each([
  [
    'a file that was edited and got its old time back',
    () => keepingTimes(() => write('pkg/types.go', 'package pkh\n')),
  ],
  ['a new file', () => write('pkg/doc.go', '')],
  ['a file that is gone', () => rmSync(join(root, 'pkg/types.go'))],
  ['a directory where none was', () => mkdirSync(join(root, 'vendor/fmt'), { recursive: true })],
  ['a damaged memory', () => writeFileSync(`${root}-own/still`, '{}')],
])('%s', (_, change) => {
  change();
  expect(answer()).toBeUndefined();
});

function write(path: string, text: string): void {
  writeFileSync(join(root, path), text);
}

function keepingTimes(change: () => void): void {
  const { atime, mtime } = statSync(join(root, 'pkg/types.go'));
  change();
  utimesSync(join(root, 'pkg/types.go'), atime, mtime);
}
