import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { hostWith, scratch } from '../../../tests/trees.ts';
import { printDiagnostic } from '../../diagnostic/printer.ts';
import { PackageSights } from './packages.ts';
import { SourceIndex, type SourceIndexState } from './sourceindex.ts';

const LONG_AGO = new Date('2020-01-01T00:00:01.5Z');
let root: string;

beforeEach(() => {
  root = scratch();
  write('a/doc.go', '// +k8s:deepcopy-gen=package\npackage a\n\nimport _ "example.dev/b"\n');
  write('b/b.go', 'package b\n\ntype B struct{ X int }\n\nfunc (b B) Get() int { return 1 }\n');
  age('a', 'b', '');
});

function write(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
  age(path);
}

function age(...paths: readonly string[]): void {
  for (const path of paths) utimesSync(join(root, path), LONG_AGO, LONG_AGO);
}

/** As if read an hour after every change: the inodes’ own times are out of our hands. */
function index(saved?: SourceIndexState): SourceIndex {
  const now = () => Date.now() + 3_600_000;
  return new SourceIndex(hostWith().files, root, now, ['+k8s:deepcopy-gen=', '^+k8s:conversion-gen='], saved);
}

function look(one: SourceIndex) {
  const files = one
    .walk('', () => false)
    .flatMap((directory) => one.goFiles(directory).map((name) => `${directory}/${name}`));
  return files.filter((file) => one.tags(file).length > 0);
}

test('a second look with nothing changed reads no file and lists no directory', () => {
  const first = index();
  expect(look(first)).toEqual(['a/doc.go']);
  expect(first.mentions('a/doc.go')).toEqual(['+k8s:deepcopy-gen=']);
  expect(first.reads).toBe(5);
  const second = index(JSON.parse(JSON.stringify(first.state())));
  expect(look(second)).toEqual(['a/doc.go']);
  expect(second.reads).toBe(0);
});

test('a new directory, a changed file and a removed one are seen', () => {
  const first = index();
  look(first);
  write('a/c/types.go', '// +k8s:conversion-gen=x\npackage c\n');
  write('b/b.go', '// +k8s:deepcopy-gen=package\npackage b\n');
  rmSync(join(root, 'a/doc.go'));
  const second = index(first.state());
  expect(look(second)).toEqual(['a/c/types.go', 'b/b.go']);
  expect(second.mentions('a/c/types.go')).toEqual(['^+k8s:conversion-gen=']);
});

test('a file written at the moment of reading is read again', () => {
  const young = new SourceIndex(hostWith().files, root, () => Date.now(), []);
  writeFileSync(join(root, 'b/b.go'), 'package b\n');
  look(young);
  const again = new SourceIndex(hostWith().files, root, () => Date.now(), [], young.state());
  look(again);
  expect(again.reads).toBeGreaterThan(0);
});

test('what generators see of a package changes with the types it imports, not with function bodies or package tags', () => {
  const all = () => new PackageSights(index(), 'example.dev').sight('a').all;
  const first = all();
  write('b/b.go', 'package b\n\ntype B struct{ X int }\n\nfunc (b B) Get() int { return 2 }\n');
  write('a/doc.go', '// +k8s:defaulter-gen=package\npackage a\n\nimport _ "example.dev/b"\n');
  expect(all()).toBe(first);
  write('b/b.go', 'package b\n\ntype B struct{ X int64 }\n\nfunc (b B) Get() int { return 2 }\n');
  expect(all()).not.toBe(first);
});

test('an import cycle is told at the import that closes it', () => {
  write('b/b.go', 'package b\n\nimport (\n\t"example.dev/a"\n)\n');
  const sights = new PackageSights(index(), 'example.dev');
  sights.sight('a');
  expect(sights.problems.map((one) => printDiagnostic(one, false))).toEqual([
    `error generate/import-cycle: packages import each other in a circle: a → b → a
  b/b.go:4:2
  4 │  "example.dev/a"
    │  ~~~~~~~~~~~~~~~ closes the circle
  why: Go refuses such packages, and generators that load their types do not end well
  help: move what both sides need into a package of its own, which imports neither`,
  ]);
});
