/**
 * Code generation against upstream's make on the same Kubernetes tree (1.14 to 1.20): `node bench/generate.ts TREE
 * GOROOT [CASE…]`. TREE is copied twice, one copy for each side; both use GOROOT, an empty HOME and no shared cache.
 * Upstream's side makes bindata.go too, some seconds of its runs.
 */
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, runCases, type Side } from './harness.ts';

const [tree, goroot, ...wanted] = process.argv.slice(2);
if (!tree || !goroot) {
  console.error('usage: node bench/generate.ts TREE GOROOT [CASE…]');
  process.exit(2);
}
const program = fileURLToPath(new URL('../bin/kubewright.cjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'kw-bench-generate-'));
const DOC = 'pkg/apis/batch/v2alpha1/doc.go';
const TYPES = 'pkg/apis/batch/types.go';

/** A copy of the tree with a home of its own. */
class Checkout {
  readonly root: string;
  readonly home: string;
  #edits = 0;

  constructor(name: string) {
    this.root = join(scratch, name);
    this.home = join(scratch, `${name}-home`);
    mkdirSync(this.home);
    const filter = (path: string) => !/\/(_output|\.make|\.git)$/.test(path);
    cpSync(resolve(tree as string), this.root, {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
      filter,
    });
  }

  /** As just unpacked, without generated files, on a machine that never built anything. */
  wipe(): void {
    for (const path of ['_output', '.make']) rmSync(join(this.root, path), { recursive: true, force: true });
    for (const top of ['cmd', 'pkg', 'plugin', 'staging', 'test']) {
      for (const name of readdirSync(join(this.root, top), { recursive: true, encoding: 'utf8' }))
        if (/(^|\/)zz_generated\.[^/]*\.go$/.test(name)) rmSync(join(this.root, top, name));
    }
    rmSync(this.home, { recursive: true, force: true });
    mkdirSync(this.home);
  }

  /** A package that had no deepcopy tag gets one; every second time it loses it and its file again. */
  tag(): void {
    const text = readFileSync(join(this.root, DOC), 'utf8').replace('// +k8s:deepcopy-gen=package\n', '');
    rmSync(join(this.root, 'pkg/apis/batch/v2alpha1/zz_generated.deepcopy.go'), { force: true });
    writeFileSync(
      join(this.root, DOC),
      text.replace('\npackage ', '\n// +k8s:deepcopy-gen=package\npackage '),
    );
  }

  /** A new field in a type of one package. */
  edit(): void {
    appendFileSync(join(this.root, TYPES), `\ntype Bench${++this.#edits} struct{ A *int }\n`);
  }

  side(argv: readonly string[], path: string, before?: () => void): Side {
    const env = {
      PATH: `${path}:/usr/sbin:/usr/bin:/sbin:/bin`,
      HOME: this.home,
      GOENV: 'off',
      GOTOOLCHAIN: 'local',
    };
    return { argv, cwd: this.root, env, ...(before ? { before } : {}) };
  }
}

const ours = new Checkout('ours');
const theirs = new Checkout('upstream');
const us = (before?: () => void) =>
  ours.side(
    [process.execPath, program, 'generate', '-q', '--toolchain', goroot],
    join(process.execPath, '..'),
    before,
  );
const make = (before?: () => void) => theirs.side(['make', 'generated_files'], `${goroot}/bin`, before);

const cases: readonly Case[] = [
  {
    ...{ name: 'cold', limit: 1 / 3, rounds: { ours: 2, upstream: 1 } },
    ...{ ours: us(() => ours.wipe()), upstream: make(() => theirs.wipe()) },
  },
  {
    ...{ name: 'no-op', limit: 1 / 20, most: { wall: 0.4 }, rounds: { ours: 7, upstream: 2 } },
    ...{ ours: us(), upstream: make() },
  },
  {
    ...{ name: 'tag', limit: 1 / 4, rounds: { ours: 2, upstream: 1 } },
    ...{ ours: us(() => ours.tag()), upstream: make(() => theirs.tag()) },
  },
  {
    ...{ name: 'type', rounds: { ours: 2, upstream: 1 } },
    ...{ ours: us(() => ours.edit()), upstream: make(() => theirs.edit()) },
  },
];

const chosen = cases.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const rows = await runCases(chosen, fileURLToPath(new URL('results', import.meta.url)));
rmSync(scratch, { recursive: true, force: true });
process.exit(rows.every((row) => row.holds) ? 0 : 1);
