import { expect, test } from 'vitest';
import { fixture, hostWith } from '../../tests/trees.ts';
import { diskLookup, packageClause } from './lookup.ts';

test.each([
  ['package main\n', 'main'],
  ['// A comment.\n\n/* package other */\npackage fruit // the fruit\n', 'fruit'],
  ['//go:build ignore\n\npackage main\n', undefined],
  ['// +build ignore\n\npackage main\n', undefined],
  ['//go:build linux && !ignore\n\npackage main\n', 'main'],
  ['no clause', undefined],
])('%j', (text, expected) => {
  expect(packageClause(text)).toBe(expected);
});

test('directories are told apart as Go sees them', () => {
  const lookup = diskLookup(hostWith(), { root: fixture('go-module') });
  const kinds = ['cmd/apples', 'pkg/fruit', 'cmd', 'nowhere'].map(lookup.packageAt);
  expect(kinds).toEqual(['main', 'library', 'no-go', 'missing']);
  expect(lookup.expand('.')).toEqual(['cmd/applectl', 'cmd/apples', 'hack/tool', 'pkg/fruit', 'pkg/version']);
  expect(lookup.importPath('pkg/fruit')).toBe('example.io/orchard/pkg/fruit');
});
