/** A tiny module with a version, some C and one file to print it, built by the real Go of any release. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from '../trees.ts';
import { CACHE } from './monorepo.ts';
import { gorootOf } from './toolchains.ts';

export const VERSION_PACKAGE = 'example.dev/tiny/version';

const FILES: Readonly<Record<string, string>> = {
  'go.mod': 'module example.dev/tiny\n\ngo 1.12\n',
  'main.go': `package main\n\nimport "${VERSION_PACKAGE}"\n\nfunc main() { println(version.Get()) }\n`,
  'c.go':
    '// +build cgo\n\npackage main\n\n// int three(void) { return 3; }\nimport "C"\n\nfunc init() { println(C.three()) }\n',
  'version/version.go':
    'package version\n\nvar gitVersion, gitCommit, buildDate = "unset", "unset", "unset"\n\nfunc Get() string { return gitVersion + gitCommit + buildDate }\n',
};

export interface TinyBuild {
  readonly version: string;
  readonly platform: string;
  readonly cgo?: boolean;
  readonly ldflags: string;
  readonly flags?: readonly string[];
}

export class TinyModule {
  readonly #root = scratch('tiny');

  constructor() {
    mkdirSync(join(this.#root, 'version'));
    for (const [path, text] of Object.entries(FILES)) writeFileSync(join(this.#root, path), text);
  }

  /** Path of the program. */
  async build({ version, platform, cgo, ldflags, flags = [] }: TinyBuild): Promise<string> {
    const root = await gorootOf(version);
    const file = join(scratch('out'), 'tiny');
    const [GOOS, GOARCH] = platform.split('/');
    execFileSync(join(root, 'bin/go'), ['build', '-o', file, ...flags, '-ldflags', ldflags, '.'], {
      cwd: this.#root,
      env: {
        ...{ PATH: process.env['PATH'], HOME: this.#root, GOROOT: root, GOOS, GOARCH },
        ...{ GOCACHE: join(CACHE, 'go-build'), GOTOOLCHAIN: 'local', GOFLAGS: '', GO111MODULE: 'on' },
        CGO_ENABLED: cgo ? '1' : '0',
      },
    });
    return file;
  }
}
