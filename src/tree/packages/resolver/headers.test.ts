import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hostWith, scratch } from '../../../../tests/trees.ts';
import { Sights } from '../../../host/sights.ts';
import { WatchedFiles } from '../../../host/watchedfiles.ts';
import { type HeaderMemory, HeaderStore } from './headers.ts';

const { files } = hostWith();
const LATER = () => Date.now() + 60_000;

function memoryOf(store: HeaderStore): HeaderMemory {
  return JSON.parse(JSON.stringify(store.memory()));
}

function write(root: string, name: string, text: string): string {
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, name), text);
  return join(root, name);
}

test('a header is read once, and again only when its file or directory moved', () => {
  const root = scratch();
  const path = write(root, 'a.go', 'package a\n\nimport "fmt"\n');
  const first = new HeaderStore(files, LATER);
  expect(first.names(root)).toEqual(['a.go']);
  expect(first.header(root, 'a.go')).toMatchObject({ packageName: 'a', imports: 'fmt' });
  expect(first.parsed).toBe(1);

  const second = new HeaderStore(files, LATER, memoryOf(first));
  expect(second.header(root, 'a.go')).toMatchObject({ packageName: 'a', imports: 'fmt' });
  expect([second.parsed, second.memory()]).toEqual([0, undefined]);

  writeFileSync(path, 'package a\n\nimport "os"\n');
  const third = new HeaderStore(files, LATER, memoryOf(first));
  expect(third.header(root, 'a.go').imports).toBe('os');
  write(root, 'b.s', '// +build linux\n\nTEXT x\n');
  third.refresh();
  expect(third.names(root)).toEqual(['a.go', 'b.s']);
  expect(third.header(root, 'b.s').constraints).toBe('// +build linux');
});

test('what was written just before it was read is read again', () => {
  const root = scratch();
  const path = write(root, 'a.go', 'package a\n');
  const now = Date.now();
  utimesSync(path, now / 1000, now / 1000);
  const store = new HeaderStore(files, () => now);
  store.header(root, 'a.go');
  const next = new HeaderStore(files, LATER, memoryOf(store));
  next.header(root, 'a.go');
  expect(next.parsed).toBe(1);
});

test('a header longer than the first block of a file is read whole', () => {
  const root = scratch();
  const imports = Array.from({ length: 400 }, (_, i) => `\t"example.dev/package${i}"\n`).join('');
  write(root, 'a.go', `package a\n\nimport (\n${imports})\n`);
  const store = new HeaderStore(files, LATER);
  expect(store.header(root, 'a.go').imports.split(' ')).toHaveLength(400);
});

test('a link that was looked behind gives the same names under its own path', () => {
  const root = scratch();
  write(join(root, 'real/pkg'), 'a.go', 'package a\n');
  symlinkSync(join(root, 'real'), join(root, 'link'));
  const store = new HeaderStore(files, LATER);
  store.lookBehind(join(root, 'link'));
  expect(store.names(join(root, 'link/pkg'))).toEqual(['a.go']);
  expect(Object.keys(memoryOf(store).directories)).toEqual([join(root, 'real/pkg')]);
  expect(store.names(join(root, 'link/none'))).toBeUndefined();
});

test('nothing is looked for below a directory that is not there', () => {
  const root = scratch();
  const sights = new Sights();
  const store = new HeaderStore(new WatchedFiles(sights), LATER);
  expect(store.names(join(root, 'none/a/b'))).toBeUndefined();
  expect(store.names(join(root, 'none/a/c'))).toBeUndefined();
  expect(store.holdsGo(join(root, 'none/d'))).toBe(false);
  expect([...sights.contents]).toEqual([join(root, 'none/a/b')]);
  expect([...sights.entries]).toEqual([join(root, 'none/a'), join(root, 'none'), root]);

  write(join(root, 'none/a/c'), 'c.go', 'package c\n');
  store.refresh();
  expect(store.names(join(root, 'none/a/c'))).toEqual(['c.go']);
});

test.each([
  ['a directory', (root: string) => write(join(root, 'vendor'), 'a.go', 'package a\n')],
  [
    'a link',
    (root: string) => {
      write(join(root, '../real'), 'a.go', 'package a\n');
      symlinkSync('../real', join(root, 'vendor'));
    },
  ],
])('a listing tells whether vendor is there, also one that is remembered: %s', (_, add) => {
  const root = join(scratch(), 'tree');
  write(root, 'main.go', 'package main\n');
  const before = new HeaderStore(files, LATER);
  before.names(root);
  expect(before.holdsVendor(root)).toBe(false);
  add(root);
  const after = new HeaderStore(files, LATER, memoryOf(before));
  after.names(root);
  expect(after.holdsVendor(root)).toBe(true);
  const remembered = new HeaderStore(files, LATER, memoryOf(after));
  remembered.names(root);
  expect(remembered.holdsVendor(root)).toBe(true);
});

test('what is called vendor and is no directory holds nothing', () => {
  const root = scratch();
  write(root, 'vendor', '');
  const store = new HeaderStore(files, LATER);
  store.names(root);
  expect(store.holdsVendor(root)).toBe(false);
});
