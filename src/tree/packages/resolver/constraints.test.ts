import { expect, test } from 'vitest';
import { constraintsHold, readConstraints } from './constraints.ts';

const set =
  (...tags: string[]) =>
  (tag: string) =>
    tags.includes(tag);

test('+build lines count above a blank line that stands before the package clause, and nowhere else', () => {
  expect(readConstraints('// Copyright\n\n// +build linux\n// +build !arm\n\npackage x\n').lines).toEqual([
    '// +build linux',
    '// +build !arm',
  ]);
  expect(readConstraints('// +build linux\npackage x\n').lines).toEqual([]);
  expect(readConstraints('/* licence */\n\n// +build linux\n\npackage x\n').lines).toEqual([]);
});

test('a //go:build line counts up to the package clause, also behind a block comment', () => {
  expect(readConstraints('/* licence */\n//go:build linux\npackage x\n').lines).toEqual(['//go:build linux']);
  expect(readConstraints('/*\n//go:build linux\n*/\npackage x\n').lines).toEqual([]);
  expect(readConstraints('package x\n//go:build linux\n').lines).toEqual([]);
  expect(readConstraints('//go:build a\n//go:build b\npackage x\n').broken).toBe(true);
});

test.each([
  ['//go:build linux && (amd64 || !cgo)', ['linux', 'amd64'], true],
  ['//go:build linux && (amd64 || !cgo)', ['linux', 'cgo'], false],
  ['//go:build !(a && b)', ['a'], true],
  ['//go:build go1.21 // since then', ['go1.21'], true],
  ['//go:build a &&', [], undefined],
  ['//go:build a b', [], undefined],
])('%s under %j is %s', (line, tags, holds) => {
  expect(constraintsHold([line], 'go-build', set(...tags))).toBe(holds);
});

test.each([
  ['// +build linux,!cgo darwin', ['linux'], true],
  ['// +build linux,!cgo darwin', ['linux', 'cgo'], false],
  ['//+build darwin', ['darwin'], true],
  ['// +build !!a', [], false],
])('%s under %j is %s', (line, tags, holds) => {
  expect(constraintsHold([line], 'plus-build', set(...tags))).toBe(holds);
});

test('Go up to 1.16 does not read //go:build, a newer one reads nothing beside it', () => {
  const lines = ['//go:build linux', '// +build windows'];
  expect(constraintsHold(lines, 'plus-build', set('windows'))).toBe(true);
  expect(constraintsHold(lines, 'go-build', set('windows'))).toBe(false);
});
