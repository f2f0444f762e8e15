/**
 * Package by package against `go build -trimpath` on the same Kubernetes tree of a GOPATH era:
 * `node bench/packages.ts TREE GOROOT [CASE…]`. TREE is copied twice, one copy for each side; both use GOROOT, an empty
 * HOME of their own and no shared cache.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, runCases, type Side } from './harness.ts';

const [tree, goroot, ...wanted] = process.argv.slice(2);
if (!tree || !goroot) {
  console.error('usage: node bench/packages.ts TREE GOROOT [CASE…]');
  process.exit(2);
}
const program = fileURLToPath(new URL('../bin/kubewright.cjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'kw-bench-'));

/** A copy of the tree, a home, and the link that makes the copy a GOPATH package. */
class Checkout {
  readonly root: string;
  readonly home: string;
  readonly gopath: string;
  readonly #texts = new Map<string, string>();
  #edits = 0;

  constructor(name: string, home = `${name}-home`) {
    this.root = join(scratch, name);
    this.home = join(scratch, home);
    this.gopath = join(scratch, `${name}-gopath`);
    mkdirSync(this.home, { recursive: true });
    cpSync(resolve(tree as string), this.root, {
      ...{ recursive: true, verbatimSymlinks: true, preserveTimestamps: true },
      filter: (path) => !path.endsWith('/_output'),
    });
    mkdirSync(join(this.gopath, 'src/k8s.io'), { recursive: true });
    symlinkSync(this.root, join(this.gopath, 'src/k8s.io/kubernetes'));
  }

  wipe(): void {
    for (const path of [join(this.root, '_output'), this.home])
      rmSync(path, { recursive: true, force: true });
    mkdirSync(this.home);
  }

  /** Another text each time; `change` is given what stood there at first. */
  edit(file: string, change: (text: string, edit: number) => string): void {
    const path = join(this.root, file);
    const text = this.#texts.get(file) ?? readFileSync(path, 'utf8');
    this.#texts.set(file, text);
    writeFileSync(path, change(text, ++this.#edits));
  }
}

const mine = new Checkout('ours');
const theirs = new Checkout('upstream');

function ours(args: readonly string[], before?: () => void, checkout = mine): Side {
  return {
    argv: [process.execPath, program, ...args, '-q', '--reproducible', '--toolchain', goroot as string],
    cwd: checkout.root,
    env: {
      ...{ PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: checkout.home, GOENV: 'off' },
      ...{ KUBEWRIGHT_CACHE: join(checkout.home, 'cache'), KUBE_GIT_COMMIT: commit() },
      ...{ KUBE_GIT_VERSION: 'v1.20.2', KUBE_GIT_TREE_STATE: 'clean' },
    },
    ...(before ? { before } : {}),
  };
}

let commits = 0;
/** A commit hash that no build has seen. */
function commit(): string {
  return `${++commits}`.padStart(40, '0');
}

function goBuild(target: string, before?: () => void): Side {
  const cwd = join(theirs.gopath, 'src/k8s.io/kubernetes');
  return {
    argv: [join(goroot as string, 'bin/go'), 'build', '-trimpath', '-o', join(theirs.gopath, 'bin/'), target],
    cwd,
    env: {
      ...{ PATH: `${goroot}/bin:/usr/sbin:/usr/bin:/sbin:/bin`, HOME: theirs.home, PWD: cwd, GOENV: 'off' },
      ...{ GOPATH: theirs.gopath, GO111MODULE: 'off', CGO_ENABLED: '0' },
    },
    ...(before ? { before } : {}),
  };
}

const insert = (marker: string, text: (edit: number) => string) => (file: string, edit: number) => {
  if (!file.includes(marker)) throw new Error(`the tree has no ${marker}: another release?`);
  return file.replace(marker, `${marker}${text(edit)}`);
};
const statement = (edit: number) => ` _ = ${edit};`;

/** What is edited, as contributors do: file and change. */
const EDITS: Readonly<Record<string, readonly [string, (text: string, edit: number) => string]>> = {
  'leaf body': [
    'staging/src/k8s.io/kubectl/pkg/cmd/version/version.go',
    insert('func (o *Options) Run() error {', statement),
  ],
  'client-go/rest body': [
    'staging/src/k8s.io/client-go/rest/request.go',
    insert('func (r *Request) URL() *url.URL {', statement),
  ],
  'labels body': [
    'staging/src/k8s.io/apimachinery/pkg/labels/selector.go',
    insert('func (p *Parser) parseRequirement() (*Requirement, error) {', statement),
  ],
  'labels line added': [
    'staging/src/k8s.io/apimachinery/pkg/labels/selector.go',
    insert('package labels\n', (edit) => '\n'.repeat(edit)),
  ],
  'comment appended': [
    'staging/src/k8s.io/apimachinery/pkg/labels/selector.go',
    (text, edit) => `${text}// ${edit}\n`,
  ],
};

const CASES: readonly Case[] = [
  {
    ...{ name: 'cold kubectl', rounds: { ours: 1, upstream: 1 }, limit: 0.85, by: 'cpu' },
    ours: ours(['build', 'kubectl'], () => mine.wipe()),
    upstream: goBuild('./cmd/kubectl', () => theirs.wipe()),
  },
  {
    ...{ name: 'no-op kubectl', rounds: { ours: 5, upstream: 5 }, limit: 1 / 6, most: { wall: 0.25 } },
    ours: ours(['build', 'kubectl']),
    upstream: goBuild('./cmd/kubectl'),
  },
  ...Object.entries(EDITS).map(
    ([name, [file, change]]): Case => ({
      ...{ name, rounds: { ours: 3, upstream: 3 }, limit: 1 / 0.95, by: 'cpu' },
      ours: ours(['build', 'kubectl'], () => mine.edit(file, change)),
      upstream: goBuild('./cmd/kubectl', () => theirs.edit(file, change)),
    }),
  ),
  {
    ...{ name: 'second checkout', rounds: { ours: 1, upstream: 1 }, limit: 0.1 },
    ours: ours(['build', 'kubectl'], undefined, new Checkout('elsewhere', 'ours-home')),
    upstream: goBuild('./cmd/kubectl', () => theirs.wipe()),
  },
];

try {
  const chosen = CASES.filter((one) => wanted.length === 0 || wanted.includes(one.name));
  const held = runCases(chosen, fileURLToPath(new URL('results', import.meta.url)));
  process.exitCode = held ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
