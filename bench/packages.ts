/**
 * Package by package against `go build -trimpath` on the same Kubernetes tree of a GOPATH era:
 * `node bench/packages.ts TREE GOROOT [CASE…]`. TREE, with its generated files, is copied twice, one copy for each side; both
 * use GOROOT, an empty HOME of their own and no shared cache.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, type Row, runCases, type Side } from './harness.ts';

const [tree, goroot, ...wanted] = process.argv.slice(2);
if (!tree || !goroot) {
  console.error('usage: node bench/packages.ts TREE GOROOT [CASE…]');
  process.exit(2);
}
// go build makes no generated files; of 1.20 only this one is not in the source.
if (!existsSync(join(tree, 'pkg/generated/openapi/zz_generated.openapi.go'))) {
  console.error(`${tree} has no generated files, which go build needs: run kubewright generate there first`);
  process.exit(2);
}
const program = fileURLToPath(new URL('../bin/kubewright.cjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'kw-bench-'));

/** A copy of the tree, a home, and the link that makes the copy a GOPATH package. */
class Checkout {
  readonly root: string;
  readonly home: string;
  readonly gopath: string;
  /** The copy as Go sees it. */
  readonly goRoot: string;
  readonly #texts = new Map<string, string>();
  #edits = 0;

  constructor(name: string, home = `${name}-home`) {
    this.root = join(scratch, name);
    this.home = join(scratch, home);
    this.gopath = join(scratch, `${name}-gopath`);
    execFileSync('cp', ['-a', resolve(tree as string), this.root]);
    this.wipe();
    mkdirSync(join(this.gopath, 'src/k8s.io'), { recursive: true });
    this.goRoot = join(this.gopath, 'src/k8s.io/kubernetes');
    symlinkSync(this.root, this.goRoot);
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

  /** As it was before all edits. */
  revert(file: string): void {
    writeFileSync(join(this.root, file), this.#texts.get(file) as string);
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

/** What `go build` runs in, with no cache of others. */
function goEnvironment(): Readonly<Record<string, string>> {
  return {
    ...{ PATH: `${goroot}/bin:/usr/sbin:/usr/bin:/sbin:/bin`, HOME: theirs.home, GOENV: 'off' },
    ...{ GOPATH: theirs.gopath, GO111MODULE: 'off', CGO_ENABLED: '0', PWD: theirs.goRoot },
  };
}

function goBuild(target: string, before?: () => void): Side {
  const output = join(theirs.gopath, target.replaceAll('/', '-'));
  return {
    argv: [join(goroot as string, 'bin/go'), 'build', '-trimpath', '-o', output, target],
    ...{ cwd: theirs.goRoot, env: goEnvironment() },
    ...(before ? { before } : {}),
  };
}

/** One `go build` for each main, all started at once. */
function goBuildAll(targets: readonly string[], before: () => void): Side {
  const one = (target: string) =>
    `go build -trimpath -o ${theirs.gopath}/${target.replaceAll('/', '-')} ./${target} & started="$started $!"`;
  const argv = ['sh', '-ec', `${targets.map(one).join('\n')}\nfor pid in $started; do wait $pid; done`];
  return { ...{ argv, cwd: theirs.goRoot, env: goEnvironment() }, before };
}

const insert = (marker: string, text: (edit: number) => string) => (file: string, edit: number) => {
  if (!file.includes(marker)) throw new Error(`the tree has no ${marker}: another release?`);
  return file.replace(marker, `${marker}${text(edit)}`);
};
/** Code that no compiler takes for dead; the programs are not run. */
const statement = (edit: number) => ` println(${edit});`;

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
  'meta/v1 inlinable body': [
    'staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/meta.go',
    insert(
      'func (meta *ObjectMeta) GetNamespace() string                {',
      (edit) => ` if len(meta.Namespace) == ${1 << 20} + ${edit} { return "" };`,
    ),
  ],
  'comment appended': [
    'staging/src/k8s.io/apimachinery/pkg/labels/selector.go',
    (text, edit) => `${text}// ${edit}\n`,
  ],
};

/** The eight programs of the server group, as 1.20 has it, that are built for every platform. */
const MAINS = [
  ...['cmd/kube-proxy', 'cmd/kube-apiserver', 'cmd/kube-controller-manager', 'cmd/kubelet', 'cmd/kubeadm'],
  ...['cmd/kube-scheduler', 'vendor/k8s.io/kube-aggregator', 'vendor/k8s.io/apiextensions-apiserver'],
];
const ONCE = { ours: 1, upstream: 1 };
const THRICE = { ours: 3, upstream: 3 };
const NEVER_WORSE = 1 / 0.95;

const editCases = Object.entries(EDITS).flatMap(([name, [file, change]]): Case[] => [
  {
    ...{ name, rounds: THRICE, limit: NEVER_WORSE, by: 'cpu' },
    ours: ours(['build', 'kubectl'], () => mine.edit(file, change)),
    upstream: goBuild('./cmd/kubectl', () => theirs.edit(file, change)),
  },
  {
    ...{ name: `${name}, reverted`, rounds: ONCE, limit: NEVER_WORSE, by: 'cpu' },
    ours: ours(['build', 'kubectl'], () => mine.revert(file)),
    upstream: goBuild('./cmd/kubectl', () => theirs.revert(file)),
  },
]);

const CASES: readonly Case[] = [
  {
    ...{ name: 'cold kubectl', rounds: THRICE, limit: 0.85, by: 'cpu', peakLimit: 1.2 },
    ours: ours(['build', 'kubectl'], () => mine.wipe()),
    upstream: goBuild('./cmd/kubectl', () => theirs.wipe()),
  },
  {
    ...{ name: 'no-op kubectl', rounds: { ours: 5, upstream: 5 }, limit: 1 / 6, most: { wall: 0.25 } },
    ours: ours(['build', 'kubectl']),
    upstream: goBuild('./cmd/kubectl'),
  },
  ...editCases,
  {
    ...{ name: 'second checkout', rounds: ONCE, limit: 0.1 },
    ours: ours(['build', 'kubectl'], undefined, new Checkout('elsewhere', 'ours-home')),
    upstream: goBuild('./cmd/kubectl', () => theirs.wipe()),
  },
  {
    ...{ name: 'server group, a main each', rounds: ONCE, limit: 0.45, by: 'cpu', peakLimit: 1.2 },
    ours: ours(['build', ...MAINS, '--static'], () => mine.wipe()),
    upstream: goBuildAll(MAINS, () => theirs.wipe()),
  },
  {
    // Far more at once than two cores want, so that memory is what holds it back.
    ...{ name: 'kube-apiserver within 4 GiB', rounds: ONCE, most: { peak: 4 * 1024 ** 3 } },
    ours: ours(['build', 'cmd/kube-apiserver', '--memory', '4G', '--jobs', '32'], () => mine.wipe()),
    upstream: goBuild('./cmd/kube-apiserver', () => theirs.wipe()),
  },
];

/** The edits together have a goal of their own: their geometric mean. */
function editsHold(rows: readonly Row[]): boolean {
  const ratios = rows
    .filter(({ name }) => editCases.some((one) => one.name === name))
    .map(({ ratio }) => ratio);
  if (ratios.length === 0) return true;
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  console.log(`edits and reverts, geometric mean | 1/${(1 / mean).toFixed(1)} | CPU ≤ ${1 / 2.5}`);
  return mean <= 1 / 2.5;
}

try {
  const chosen = CASES.filter((one) => wanted.length === 0 || wanted.includes(one.name));
  const rows = await runCases(chosen, fileURLToPath(new URL('results', import.meta.url)));
  process.exitCode = editsHold(rows) && rows.every((row) => row.holds) ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
