import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from '../../tests/trees.ts';
import { compileFilter, type FilterRule, parseFilterRule } from './rsyncfilter.ts';

/** What upstream's scripts send, over the years (spec container-build 6.4). */
const IN_1_7 = [
  '+ /staging/**',
  '- /.git/',
  '- /.make/',
  '- /_tmp/',
  '- /_output/',
  '- /',
  '- zz_generated.*',
];
const IN_1_20 = [
  'H /.git',
  '- /.make/',
  '- /_tmp/',
  '- /_output/',
  '- /',
  'H zz_generated.*',
  'H generated.proto',
];
const OUT_1_20 = [
  ...['- /_temp/', '+ /vendor/', '+ /staging/***/Godeps/**', '+ /_output/dockerized/bin/**'],
  ...['+ zz_generated.*', '+ generated.proto', '+ *.pb.go', '+ types.go', '+ */', '- /**'],
];

const FILES = [
  ...['.git/HEAD', '.make/a', '_tmp/a', '_output/bin/a', '_output/dockerized/bin/linux/amd64/kubectl'],
  ...['pkg/a.go', 'pkg/zz_generated.deepcopy.go', 'pkg/_output/a.go', 'pkg/generated.proto', 'types.go'],
  ...['staging/src/a/zz_generated.x.go', 'staging/src/a/Godeps/b.json', 'vendor/a/a.go', 'vendor/a/types.go'],
  ...['docs/.git/a', 'a.pb.go', '_temp/types.go', 'name with (blank) [x].go'],
];

function rules(texts: readonly string[]): FilterRule[] {
  return texts.map((text) => parseFilterRule(text) as FilterRule);
}

function chosen(texts: readonly string[], files: readonly string[]): string[] {
  const verdict = compileFilter(rules(texts));
  return files
    .filter((file) => {
      const parts = file.split('/');
      const parents = parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
      return parents.every((parent) => verdict(parent, true) === 'send') && verdict(file, false) === 'send';
    })
    .sort();
}

const HAS_RSYNC = spawnSync('rsync', ['--version']).status === 0;

test.skipIf(!HAS_RSYNC).each([
  ['1.7 in', IN_1_7],
  ['1.20 in', IN_1_20],
  ['1.20 out', OUT_1_20],
  ['wildcards', ['- *.go', '- /pkg/?.proto', '+ do[bc]s/', '- doc*/**', '- a/**/c', '- /vendor/***']],
])('rsync chooses the same files: %s', (_, texts) => {
  const [from, to] = [scratch('from'), scratch('to')];
  for (const file of FILES) {
    mkdirSync(dirname(join(from, file)), { recursive: true });
    writeFileSync(join(from, file), 'x');
  }
  execFileSync('rsync', ['-a', ...texts.map((text) => `--filter=${text}`), `${from}/`, `${to}/`]);
  const there = execFileSync('find', [to, '-type', 'f', '-printf', '%P\\n'], { encoding: 'utf8' });
  expect(chosen(texts, FILES)).toEqual(there.trim().split('\n').filter(Boolean).sort());
});

test('what is hidden is told from what is only left out', () => {
  const verdict = compileFilter(rules(IN_1_20));
  expect(verdict('.git', true)).toBe('hide');
  expect(verdict('_output', true)).toBe('exclude');
  expect(verdict('pkg/zz_generated.deepcopy.go', false)).toBe('hide');
  expect(verdict('pkg', true)).toBe('send');
});

test('a rule of another kind is not guessed', () => {
  expect(parseFilterRule('merge /file')).toBeUndefined();
  expect(parseFilterRule('-')).toBeUndefined();
});
