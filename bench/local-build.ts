/**
 * The local build against upstream's make on the same Kubernetes tree: `node bench/local-build.ts TREE GOROOT [CASE…]`.
 * TREE is copied twice, one copy for each side; both use GOROOT, an empty HOME of their own and no shared cache, and
 * neither has SOURCE_DATE_EPOCH set: that is how people run make, and why it links again on every call.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, runCases, type Side } from './harness.ts';

const [tree, goroot, ...wanted] = process.argv.slice(2);
if (!tree || !goroot) {
  console.error('usage: node bench/local-build.ts TREE GOROOT [CASE…]');
  process.exit(2);
}
if (!['/usr/bin/rsync', '/bin/rsync'].some(existsSync)) {
  console.error("upstream's make needs rsync (Debian: apt-get install rsync)");
  process.exit(2);
}
const program = fileURLToPath(new URL('../bin/kubewright.cjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'kw-bench-'));
const EDITED = 'staging/src/k8s.io/kubectl/pkg/cmd/version/version.go';

/** A copy of the tree with a home of its own. */
class Checkout {
  readonly root: string;
  readonly home: string;
  #edits = 0;

  constructor(name: string) {
    this.root = join(scratch, name);
    this.home = join(scratch, `${name}-home`);
    mkdirSync(this.home);
    execFileSync('cp', ['-a', resolve(tree as string), this.root]);
  }

  environment(path: string): Record<string, string> {
    return { PATH: `${path}:/usr/sbin:/usr/bin:/sbin:/bin`, HOME: this.home, GOENV: 'off' };
  }

  /** As just unpacked, on a machine that never built anything. */
  wipe(): void {
    for (const path of [
      '_output',
      '.make',
      'pkg/generated/openapi/zz_generated.openapi.go',
      'test/e2e/generated/bindata.go',
    ]) {
      rmSync(join(this.root, path), { recursive: true, force: true });
    }
    rmSync(this.home, { recursive: true, force: true });
    mkdirSync(this.home);
  }

  /** A new text inside one function of a staging package that kubectl holds. */
  edit(): void {
    const file = join(this.root, EDITED);
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(/were not validated[^:]*/, `were not validated ${++this.#edits}`),
    );
  }
}

const mine = new Checkout('ours');
const theirs = new Checkout('upstream');

function ours(args: readonly string[], before?: () => void): Side {
  const env = {
    ...mine.environment(join(process.execPath, '..')),
    KUBEWRIGHT_CACHE: join(mine.home, 'cache'),
  };
  return {
    argv: [process.execPath, program, ...args, '-q', '--toolchain', goroot as string],
    cwd: mine.root,
    env,
    ...(before ? { before } : {}),
  };
}

function upstream(args: readonly string[], before?: () => void): Side {
  return {
    argv: ['make', ...args],
    cwd: theirs.root,
    env: theirs.environment(join(goroot as string, 'bin')),
    ...(before ? { before } : {}),
  };
}

let commits = 0;
/** A commit that changes no file; the copies are no git repositories, so a version file tells it. */
function newCommit(): Readonly<Record<string, string>> {
  const file = join(scratch, `version-${++commits}`);
  const lines = {
    COMMIT: `${commits}`.padStart(40, '0'),
    TREE_STATE: 'clean',
    VERSION: 'v1.20.2',
    MAJOR: '1',
    MINOR: '20',
  };
  writeFileSync(
    file,
    Object.entries(lines)
      .map(([name, value]) => `KUBE_GIT_${name}='${value}'\n`)
      .join(''),
  );
  return { KUBE_GIT_VERSION_FILE: file };
}
const threePlatforms = () => ({ KUBE_BUILD_PLATFORMS: 'linux/amd64 linux/arm64 windows/amd64' });

const ONCE = { ours: 1, upstream: 1 };
const NO_OP = { wall: 0.4, peak: 150 * 1024 ** 2 };
const kubectl = 'WHAT=cmd/kubectl';
const CLIENT = 'cmd/kubectl';

const CASES: readonly Case[] = [
  {
    ...{ name: 'cold kubectl', rounds: ONCE, limit: 0.5 },
    ours: ours(['build', 'kubectl'], () => mine.wipe()),
    upstream: upstream([kubectl], () => theirs.wipe()),
  },
  {
    ...{ name: 'no-op kubectl', rounds: { ours: 5, upstream: 3 }, limit: 1 / 25, most: NO_OP },
    ours: ours(['build', 'kubectl']),
    upstream: upstream([kubectl]),
  },
  {
    ...{ name: 'dry run', rounds: { ours: 5, upstream: 1 }, most: { wall: 0.4 } },
    ours: ours(['build', 'kubectl', '--dry-run']),
    upstream: upstream(['-n', kubectl]),
  },
  {
    ...{ name: 'one staging file', rounds: { ours: 3, upstream: 3 }, limit: 0.6 },
    ours: ours(['build', 'kubectl'], () => mine.edit()),
    upstream: upstream([kubectl], () => theirs.edit()),
  },
  {
    ...{ name: 'cold all', rounds: ONCE, limit: 0.8 },
    ours: ours(['build', 'all'], () => mine.wipe()),
    upstream: upstream(['all'], () => theirs.wipe()),
  },
  {
    ...{ name: 'no-op all', rounds: { ours: 5, upstream: 1 }, limit: 1 / 200, most: NO_OP },
    ours: ours(['build', 'all']),
    upstream: upstream(['all']),
  },
  {
    // Of ours the first links for another tree state than that of the runs before, and the second finds its programs pushed out
    // of memory by make; the median tells neither.
    ...{ name: 'empty commit, all', rounds: { ours: 5, upstream: 1 }, limit: 1 / 100, most: { wall: 2 } },
    ours: { ...ours(['build', 'all']), envOfRun: newCommit },
    upstream: { ...upstream(['all']), envOfRun: newCommit },
  },
  {
    ...{ name: 'client, three platforms', rounds: ONCE, limit: 0.75, peakLimit: 1 },
    ours: { ...ours(['build', '--group', 'client'], () => mine.wipe()), envOfRun: threePlatforms },
    upstream: { ...upstream([`WHAT=${CLIENT}`], () => theirs.wipe()), envOfRun: threePlatforms },
  },
];

try {
  const chosen = CASES.filter((one) => wanted.length === 0 || wanted.includes(one.name));
  const rows = await runCases(chosen, fileURLToPath(new URL('results', import.meta.url)));
  process.exitCode = rows.every((row) => row.holds) ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
