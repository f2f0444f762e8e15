import { expect, test } from 'vitest';
import { fixture, hostWith, treeAt } from '../../../tests/trees.ts';
import type { CommandContext } from '../request.ts';
import { buildsOnly, isDone, isSameRows, rowsOf, stillDone } from './done.ts';
import { NO_STATE, type SourceRow } from './state.ts';

test.each([
  ['make', true],
  ['make all', true],
  ['make WHAT=cmd/kubectl', true],
  ['make kubectl kubelet -j8 GOFLAGS=-v', true],
  ['make -j 8 cross', true],
  ['make -B kubectl', false],
  ['make -n', false],
  ['make test', false],
  ['make generated_files', false],
  ['make clean', false],
  ['make kubectl test', false],
  ['make -f Makefile.other', false],
  ['make nothing-of-the-kind', false],
  ['bash -c make', false],
  ['date', false],
])('%s is a build and nothing else: %s', async (line, is) => {
  const tree = await treeAt(fixture('k8s-1.20'));
  const context = { host: hostWith() } as CommandContext;
  expect(buildsOnly({ tree, context }, line.split(' '))).toBe(is);
});

test('a build is done while its programs lie where it brought them', () => {
  const row = (inode: number): SourceRow => [0o100755, 5, 1, 1, inode];
  const here = { 'linux/amd64/kubectl': row(7) };
  const state = { ...NO_STATE, results: { 'linux/amd64/kubectl': '5|755' }, here, done: ['key'] };
  const now = (inode: number) => () => ({ 'linux/amd64/kubectl': row(inode), 'linux/amd64/mine': row(1) });
  expect(isDone(state, 'key', now(7))).toBe(true);
  expect(isDone(state, 'key', now(8))).toBe(false);
  expect(isDone(state, 'key', () => ({}))).toBe(false);
  expect(isDone(state, 'other', now(7))).toBe(false);
  expect(isDone(state, undefined, now(7))).toBe(false);
  expect(isDone(NO_STATE, 'key', now(7))).toBe(false);
  // Another build that wrote the program again is what lies there now; one that wrote others is not.
  expect(stillDone(state, { 'linux/amd64/kubectl': '5|755', 'linux/amd64/kubelet': '7|755' })).toEqual([
    'key',
  ]);
  expect(stillDone(state, { 'linux/amd64/kubectl': '6|755' })).toEqual([]);
  expect(rowsOf({ '../a': 'x', b: 'x' }, { '../a': row(1), b: row(2) })).toEqual({ b: row(2) });
  expect(isSameRows({ a: row(1) }, { b: row(1) })).toBe(false);
});
