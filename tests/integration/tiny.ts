/** A tiny module with a version, some C and one file to print it, built by the real Go of any release. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from '../trees.ts';
import { type GoBuild, goBuild } from './toolchains.ts';

export const VERSION_PACKAGE = 'example.dev/tiny/version';

const FILES: Readonly<Record<string, string>> = {
  'go.mod': 'module example.dev/tiny\n\ngo 1.12\n',
  'main.go': `package main\n\nimport "${VERSION_PACKAGE}"\n\nfunc main() { println(version.Get()) }\n`,
  'c.go':
    '// +build cgo\n\npackage main\n\n// int three(void) { return 3; }\nimport "C"\n\nfunc init() { println(C.three()) }\n',
  'version/version.go':
    'package version\n\nvar gitVersion, gitCommit, buildDate = "unset", "unset", "unset"\n\nfunc Get() string { return gitVersion + gitCommit + buildDate }\n',
};

export interface TinyBuild extends GoBuild {
  readonly version: string;
  readonly platform: string;
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
  async build({ ldflags, flags = [], ...target }: TinyBuild): Promise<string> {
    const file = join(scratch('out'), 'tiny');
    await goBuild(this.#root, ['-o', file, ...flags, '-ldflags', ldflags], target);
    return file;
  }
}
