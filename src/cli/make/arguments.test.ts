import { expect, test } from 'vitest';
import { readMakeArguments, splitShellWords } from './arguments.ts';

test('reads goals, variables and options in any order', () => {
  expect(
    readMakeArguments([
      '-j',
      '8',
      'all',
      'WHAT=cmd/kubectl cmd/kubelet',
      '-nk',
      '--directory=/t',
      'GOFLAGS=-v',
    ]),
  ).toEqual({
    goals: ['all'],
    variables: { WHAT: 'cmd/kubectl cmd/kubelet', GOFLAGS: '-v' },
    ...{ dryRun: true, keepGoing: true, silent: false, jobs: 8, directory: '/t', unknown: [] },
  });
});

test.each([
  [['-j'], 0],
  [['-j4'], 4],
  [['--jobs=2'], 2],
  [['-j', 'all'], 0],
])('%j asks for %i jobs', (words, jobs) => {
  expect(readMakeArguments(words).jobs).toBe(jobs);
});

test('keeps what it does not know', () => {
  expect(readMakeArguments(['-q', '--trace']).unknown).toEqual(['-q', '--trace']);
});

test.each([
  ['cmd/a  cmd/b\tcmd/c', ['cmd/a', 'cmd/b', 'cmd/c']],
  [`"cmd/with blank" 'x y' a\\ b`, ['cmd/with blank', 'x y', 'a b']],
  ['', []],
  [`cmd/a"b"'c'`, ['cmd/abc']],
])('splits %j as the shell does', (text, words) => {
  expect(splitShellWords(text)).toEqual(words);
});
