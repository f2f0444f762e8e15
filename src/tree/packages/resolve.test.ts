import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { hostWith, scratch } from '../../../tests/trees.ts';
import { resolvePackages } from './resolve.ts';
import { HeaderStore } from './resolver/headers.ts';

/** A standard library of four packages, of a Go that nobody has to run. */
const GOROOT = {
  'go/src/go/build/syslist.go':
    'package build\n\nconst goosList = "darwin linux windows "\nconst goarchList = "amd64 arm arm64 "\n',
  'go/src/unsafe/unsafe.go': 'package unsafe\n',
  'go/src/runtime/runtime.go': 'package runtime\n\nimport "unsafe"\n',
  'go/src/runtime/cgo/cgo.go': 'package cgo\n\nimport "C"\n',
  'go/src/syscall/syscall.go': 'package syscall\n',
  'go/src/math/math.go': 'package math\n',
  'go/src/fmt/fmt.go': 'package fmt\n\nimport "golang.org/x/text"\n',
  'go/src/vendor/golang.org/x/text/text.go': 'package text\n',
};

interface Asked {
  readonly platform?: string;
  readonly cgo?: boolean;
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly goVersion?: string;
}

/** Writes the files below GOPATH/src/x.dev/main and resolves its package `cmd`. */
async function resolved(files: Readonly<Record<string, string>>, asked: Asked = {}) {
  const root = scratch();
  const all = { ...GOROOT, ...prefixed('path/src/x.dev/main/', files) };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (text.startsWith('→ ')) symlinkSync(text.slice(2), join(root, path));
    else writeFileSync(join(root, path), text);
  }
  const [GOOS = '', GOARCH = ''] = (asked.platform ?? 'linux/amd64').split('/');
  const environment = {
    ...{ GOROOT: join(root, 'go'), GOPATH: join(root, 'path'), GO111MODULE: 'off', GOOS, GOARCH },
    ...{ CGO_ENABLED: asked.cgo ? '1' : '0', ...asked.environment },
  };
  const request = { key: '', go: 'never run', goVersion: asked.goVersion ?? '1.15.15', environment };
  const answer = await resolvePackages(
    hostWith(),
    { ...request, flags: asked.flags ?? [], workingDirectory: join(root, 'path/src/x.dev/main') },
    [{ goPackage: 'x.dev/main/cmd', role: 'program' }],
    new HeaderStore(hostWith().files, () => Date.now()),
    new AbortController().signal,
  );
  return {
    names: answer.packages.map((found) => found.ImportPath.replace('x.dev/main/', '')),
    get: (name: string) => answer.packages.find((found) => found.ImportPath.endsWith(name)),
    reasons: answer.unsupported.map(({ reason }) => reason.replaceAll(root, 'ROOT')),
    root,
  };
}

function prefixed(prefix: string, files: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [prefix + path, text]));
}

test('imports come before importers, with what the linker adds', async () => {
  const { names, get } = await resolved({ 'cmd/main.go': 'package main\n\nimport "fmt"\n' });
  expect(names).toEqual(['vendor/golang.org/x/text', 'fmt', 'unsafe', 'runtime', 'cmd']);
  expect(get('fmt')).toMatchObject({
    ...{ Standard: true, Imports: ['vendor/golang.org/x/text'] },
    ImportMap: { 'golang.org/x/text': 'vendor/golang.org/x/text' },
  });
  expect((await resolved({ 'cmd/main.go': 'package main\n' }, { platform: 'linux/arm' })).names).toContain(
    'math',
  );
});

test('the nearest vendor directory wins, also through a link', async () => {
  const { names, get, root } = await resolved({
    'cmd/main.go': 'package main\n\nimport (\n\t"b.dev/b"\n\t"x.dev/main/sub"\n)\n',
    'sub/sub.go': 'package sub\n\nimport "b.dev/b"\n',
    'sub/vendor/b.dev/b/b.go': 'package b\n',
    'staging/b/b.go': 'package b\n',
    'vendor/b.dev/b': '→ ../../staging/b',
  });
  expect(names).toEqual(['vendor/b.dev/b', 'sub/vendor/b.dev/b', 'sub', 'unsafe', 'runtime', 'cmd']);
  expect(get('main/vendor/b.dev/b')?.Dir).toBe(`${root}/path/src/x.dev/main/vendor/b.dev/b`);
});

const CHOICE = {
  'cmd/main.go': 'package main\n',
  'cmd/a_linux.go': 'package main\n',
  'cmd/b_windows_arm.go': 'package main\n',
  'cmd/c.go': '// +build special\n\npackage main\n',
  'cmd/d.go': '// +build !go1.15\n\npackage main\n',
  'cmd/e.go': '//go:build special\n\npackage main\n',
  'cmd/f_amd64.s': 'TEXT x\n',
  'cmd/g.S': 'TEXT x\n',
  'cmd/n.go': 'package main\n\nimport "C"\n',
  'cmd/n.c': 'int n;\n',
  'cmd/x_test.go': 'package other\n',
};

test('names, constraints, tags and cgo choose the files', async () => {
  expect((await resolved(CHOICE)).get('cmd')).toMatchObject({
    GoFiles: ['a_linux.go', 'e.go', 'main.go'],
    IgnoredGoFiles: ['b_windows_arm.go', 'c.go', 'd.go', 'n.go'],
    SFiles: ['f_amd64.s'],
  });
  const native = await resolved(CHOICE, { cgo: true, flags: ['-tags=special'] });
  expect(native.get('cmd')).toMatchObject({
    ...{ CgoFiles: ['n.go'], CFiles: ['n.c'], SFiles: ['f_amd64.s', 'g.S'], Imports: ['C'] },
    GoFiles: ['a_linux.go', 'c.go', 'e.go', 'main.go'],
  });
  expect(native.names).toEqual(['unsafe', 'runtime/cgo', 'syscall', 'runtime', 'cmd']);
});

test.each<[string, Readonly<Record<string, string>>, Asked, string]>([
  [
    'a missing package',
    { 'cmd/m.go': 'package main\nimport "gone.dev/x"\n' },
    {},
    'no package gone.dev/x, imported by x.dev/main/cmd',
  ],
  [
    'a cycle',
    { 'cmd/m.go': 'package main\nimport "x.dev/main/a"\n', 'a/a.go': 'package a\nimport "x.dev/main/a"\n' },
    {},
    'an import cycle through x.dev/main/a',
  ],
  [
    'two names',
    { 'cmd/m.go': 'package main\n', 'cmd/n.go': 'package n\n' },
    {},
    'packages main and n in ROOT/path/src/x.dev/main/cmd',
  ],
  [
    'another import comment',
    { 'cmd/m.go': 'package main // import "y.dev/cmd"\n' },
    {},
    'x.dev/main/cmd expects import y.dev/cmd',
  ],
  [
    'C without cgo',
    { 'cmd/m.go': 'package main\n', 'cmd/m.c': '' },
    { cgo: true },
    'C files without cgo in ROOT/path/src/x.dev/main/cmd',
  ],
  [
    'swig',
    { 'cmd/m.go': 'package main\n', 'cmd/m.swig': '' },
    { cgo: true },
    'swig in ROOT/path/src/x.dev/main/cmd',
  ],
  ['an overlay', { 'cmd/m.go': 'package main\n' }, { flags: ['-overlay=x'] }, 'the flag -overlay=x'],
  [
    'GOFLAGS that we do not know',
    { 'cmd/m.go': 'package main\n' },
    { environment: { GOFLAGS: '-modfile=x' } },
    'the flag -modfile=x',
  ],
  ['an old Go', { 'cmd/m.go': 'package main\n' }, { goVersion: '1.8.7' }, 'Go before 1.9'],
])('%s is left to Go', async (_, files, asked, reason) => {
  expect((await resolved(files, asked)).reasons).toEqual([`not supported: ${reason}`]);
});
