/** Our package graph against go list for every way that Go finds packages, with toolchains of several eras. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bothListings, type ListingSide, newHeaders, resolved } from '../listings.ts';
import { scratch } from '../trees.ts';
import { gorootOf, NEWEST_GO } from './toolchains.ts';

const TOOLCHAINS = ['1.13.1', '1.15.15', '1.20.14', '1.21.13', NEWEST_GO];
const goroots = new Map<string, string>();

beforeAll(async () => {
  for (const version of TOOLCHAINS) goroots.set(version, await gorootOf(version));
});

function tree(root: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** Every rule about files: constraints of both forms, names, cgo, assembler, embedding, ignored files. */
const FILES = {
  'lib/lib.go':
    '// Package lib.\npackage lib // import "x"\n\nimport "net/http"\n\nvar X = http.StatusOK\n'.replace(
      ' // import "x"',
      '',
    ),
  'lib/lib_linux.go': 'package lib\n\nimport "os/user"\n\nvar _ = user.Current\n',
  'lib/lib_windows_amd64.go': 'package lib\n\nimport "golang.org/nowhere"\n',
  'lib/lib_unix.go': 'package lib\n',
  'lib/new.go':
    '//go:build go1.18 && !windows\n// +build go1.18,!windows\n\npackage lib\n\nimport _ "embed"\n\n//go:embed data/*.txt "data/with blank"\nvar text string\n',
  'lib/old.go': '// +build !go1.18\n\npackage lib\n\nimport _ "log"\n',
  'lib/tagged.go': '// +build special\n\npackage lib\n\nimport _ "encoding/xml"\n',
  'lib/doc.go': 'package documentation\n',
  'lib/_hidden.go': 'package hidden\n',
  'lib/sum_amd64.s': '// +build !special\n\nTEXT ·Sum(SB),0,$0\n\tRET\n',
  'lib/data/a.txt': 'a',
  'lib/data/b.txt': 'b',
  'lib/data/.c.txt': 'c',
  'lib/data/with blank': 'd',
  'lib/lib_test.go': 'package lib\n\nimport "testing"\n\nfunc Test(t *testing.T) {}\n',
  'native/native.go': 'package native\n\n// int one(void) { return 1; }\nimport "C"\n\nvar One = C.one()\n',
  'native/native.c': 'int two(void) { return 2; }\n',
  'native/plain.go': 'package native\n',
  'internal/deep/deep.go': 'package deep\n',
};

const MAIN = (module: string, more: readonly string[] = []) =>
  `package main\n\nimport (\n\t_ "${module}/internal/deep"\n\t_ "${module}/lib"\n\t_ "${module}/native"\n${more.map((path) => `\t_ "${path}"\n`).join('')})\n\nfunc main() {}\n`;

async function equal(side: Omit<ListingSide, 'goroot'>): Promise<readonly unknown[]> {
  const { ours, go } = await bothListings({ ...side, goroot: goroots.get(side.goVersion) as string });
  expect(ours).toEqual(go);
  return ours;
}

const PLATFORMS = [
  { platform: 'linux/amd64', cgo: true },
  { platform: 'linux/arm64', cgo: false },
  { platform: 'darwin/amd64', cgo: false },
];

describe.each(TOOLCHAINS)('with Go %s the package graph is that of go list', (goVersion) => {
  const isSince = (minor: number) => Number(goVersion.split('.')[1]) >= minor;
  const go = isSince(16) ? '1.17' : '1.13';

  test.each(PLATFORMS)('GOPATH, vendored through a link, $platform', async (where) => {
    const root = tree(scratch(), {
      'go/src/a.dev/main/cmd/main.go': MAIN('a.dev/main', ['b.dev/b', 'golang.org/x/c']),
      ...Object.fromEntries(Object.entries(FILES).map(([path, text]) => [`go/src/a.dev/main/${path}`, text])),
      'go/src/a.dev/main/staging/b/b.go': 'package b\n\nimport _ "golang.org/x/c"\n',
      'go/src/a.dev/main/vendor/golang.org/x/c/c.go': 'package c // import "golang.org/x/c"\n',
      'go/src/golang.org/x/c/c.go': 'package never\n',
    });
    mkdirSync(join(root, 'go/src/a.dev/main/vendor/b.dev'), { recursive: true });
    symlinkSync('../../staging/b', join(root, 'go/src/a.dev/main/vendor/b.dev/b'));
    const workingDirectory = join(root, 'go/src/a.dev/main');
    const environment = { GOPATH: join(root, 'go'), GO111MODULE: 'off' };
    const roots = ['a.dev/main/cmd', 'a.dev/main/./lib'];
    const flags = ['-tags=special'];
    await equal({ ...where, ...{ goVersion, workingDirectory, environment, roots: roots.slice(0, 1) } });
    await equal({ ...where, ...{ goVersion, workingDirectory, environment, roots, flags } });
  });

  test.each(PLATFORMS)('modules with replaced directories, $platform', async (where) => {
    const root = tree(scratch(), {
      'go.mod': `module a.dev/main\n\ngo ${go}\n\nrequire b.dev/b v0.0.0\n\nreplace b.dev/b => ./staging/b\n`,
      'cmd/main.go': MAIN('a.dev/main', ['b.dev/b/sub']),
      ...FILES,
      'staging/b/go.mod': `module b.dev/b\n\ngo ${go}\n`,
      'staging/b/sub/sub.go': 'package sub\n',
    });
    const environment = { GOPATH: join(root, 'gopath'), GO111MODULE: 'on' };
    await equal({ ...where, ...{ goVersion, workingDirectory: root, environment, roots: ['./cmd'] } });
    await equal({
      ...where,
      ...{ goVersion, workingDirectory: root, environment, roots: ['a.dev/main/cmd'] },
    });
  });

  test.each(PLATFORMS)('modules, vendored, $platform', async (where) => {
    const note = isSince(17) ? '## explicit; go 1.14' : '## explicit';
    const root = tree(scratch(), {
      'go.mod': `module a.dev/main\n\ngo ${isSince(16) ? go : '1.14'}\n\nrequire (\n\tb.dev/b v0.1.0\n\tc.dev/c v0.0.0\n)\n\nreplace c.dev/c => ./staging/c\n`,
      'cmd/main.go': MAIN('a.dev/main', isSince(14) ? ['b.dev/b/sub', 'c.dev/c'] : ['b.dev/b/sub']),
      ...FILES,
      'staging/c/go.mod': `module c.dev/c\n\ngo ${go}\n`,
      'staging/c/c.go': 'package c\n',
      'vendor/modules.txt': `# b.dev/b v0.1.0\n${note}\nb.dev/b/sub\n# c.dev/c v0.0.0 => ./staging/c\n${note}\nc.dev/c\n# c.dev/c => ./staging/c\n`,
      'vendor/b.dev/b/sub/sub.go': isSince(14) ? 'package sub\n\nimport _ "c.dev/c"\n' : 'package sub\n',
    });
    mkdirSync(join(root, 'vendor/c.dev'), { recursive: true });
    symlinkSync('../../staging/c', join(root, 'vendor/c.dev/c'));
    const environment = { GOPATH: join(root, 'gopath'), GO111MODULE: 'on' };
    const flags = isSince(14) ? [] : ['-mod=vendor'];
    await equal({
      ...where,
      ...{ goVersion, workingDirectory: root, environment, flags, roots: ['a.dev/main/cmd'] },
    });
  });

  // go.work came with 1.18.
  if (!isSince(18)) return;
  test('a workspace, with and without vendor directory', async () => {
    const files = {
      'go.work': `go ${isSince(22) ? '1.22' : '1.18'}\n\nuse (\n\t.\n\t./staging/b\n)\n`,
      'go.mod': `module a.dev/main\n\ngo ${go}\n`,
      'cmd/main.go': MAIN('a.dev/main', ['b.dev/b']),
      ...FILES,
      'staging/b/go.mod': `module b.dev/b\n\ngo 1.18\n`,
      'staging/b/b.go': 'package b\n',
    };
    const where = {
      platform: 'linux/amd64',
      cgo: false,
      goVersion,
      roots: ['a.dev/main/cmd', './staging/b'],
    };
    const root = tree(scratch(), files);
    const environment = { GOPATH: join(root, 'gopath'), GO111MODULE: 'on' };
    await equal({ ...where, workingDirectory: root, environment });
    if (!isSince(22)) return;
    tree(root, {
      'go.mod': `module a.dev/main\n\ngo 1.22\n\nrequire c.dev/c v0.1.0\n`,
      'cmd/main.go': MAIN('a.dev/main', ['b.dev/b', 'c.dev/c']),
      'vendor/modules.txt': '## workspace\n# c.dev/c v0.1.0\n## explicit; go 1.18\nc.dev/c\n',
      'vendor/c.dev/c/c.go': 'package c\n',
    });
    await equal({ ...where, workingDirectory: root, environment });
  });
});

describe('what Go would call an error is left to go list, with the reason', () => {
  const MAINS: Readonly<Record<string, readonly [Readonly<Record<string, string>>, RegExp]>> = {
    'a missing package': [
      { 'cmd/m.go': 'package main\nimport _ "a.dev/main/gone"\n' },
      /no package a.dev\/main\/gone/,
    ],
    'an import cycle': [
      {
        'cmd/m.go': 'package main\nimport _ "a.dev/main/a"\n',
        'a/a.go': 'package a\nimport _ "a.dev/main/b"\n',
        'b/b.go': 'package b\nimport _ "a.dev/main/a"\n',
      },
      /import cycle/,
    ],
    'two package names': [
      { 'cmd/m.go': 'package main\n', 'cmd/n.go': 'package other\n' },
      /packages main and other/,
    ],
    'a platform without files': [{ 'cmd/m_plan9.go': 'package main\n' }, /no Go files/],
    'a header that does not parse': [{ 'cmd/m.go': 'package main\nimport "fmt\n' }, /the header of/],
    'an internal package of others': [
      {
        'cmd/m.go': 'package main\nimport _ "a.dev/main/x/internal/y"\n',
        'x/internal/y/y.go': 'package y\n',
      },
      /internal package/,
    ],
    'a pattern that matches nothing': [
      { 'cmd/m.go': 'package main\nimport _ "embed"\n//go:embed none\nvar s string\n' },
      /go:embed pattern none/,
    ],
  };
  test.each(Object.entries(MAINS))('%s', async (_, [files, reason]) => {
    const root = tree(scratch(), { 'go.mod': 'module a.dev/main\n\ngo 1.21\n', ...files });
    const environment = { GOPATH: join(root, 'gopath'), GO111MODULE: 'on' };
    const answer = await resolved(
      {
        ...{ goroot: goroots.get('1.21.13') as string, goVersion: '1.21.13', workingDirectory: root },
        ...{ platform: 'linux/amd64', cgo: false, roots: ['a.dev/main/cmd'], environment },
      },
      newHeaders(),
    );
    expect(answer.unsupported[0]?.reason).toMatch(reason);
  });
});
