import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyOf, fixture, hostWith, printed, scratch, treeAt } from '../../tests/trees.ts';
import { readTreeVersion, stampFlags, type VersionOptions } from './version.ts';

const COMMIT_TIME = '2024-05-06T07:08:09Z';

/** A git checkout of a fixture with one commit, tagged when a tag is given. */
function checkout(name: string, tag?: string): string {
  const root = copyOf(name);
  git(root, 'init', '-q');
  git(root, 'add', '-A');
  git(root, 'commit', '-qm', 'one');
  if (tag) git(root, 'tag', tag);
  return root;
}

function git(root: string, ...argv: readonly string[]): void {
  const who = {
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@b',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@b',
  };
  const when = { GIT_AUTHOR_DATE: COMMIT_TIME, GIT_COMMITTER_DATE: COMMIT_TIME };
  execFileSync('git', argv, { cwd: root, env: { PATH: process.env['PATH'], HOME: root, ...who, ...when } });
}

async function read(root: string, environment: Record<string, string> = {}, options: VersionOptions = {}) {
  const tree = await treeAt(root, {}, { noEval: true });
  return { tree, result: await readTreeVersion(hostWith(environment), tree, options) };
}

async function version(...request: Parameters<typeof read>) {
  const { result } = await read(...request);
  if (!result.ok) throw new Error(printed(result.diagnostics));
  const { gitVersion, gitTreeState, gitMajor, gitMinor, buildDate } = result.value;
  return [gitVersion, gitTreeState, gitMajor && `${gitMajor}/${gitMinor}`, buildDate].map(String).join(' ');
}

test('an archive carries its own version, and no time', async () => {
  expect(await version(fixture('k8s-1.20'))).toBe('v1.20.2 archive 1/20 1970-01-01T00:00:00Z');
});

test('an archive that became a repository again keeps its version', async () => {
  const root = checkout('k8s-1.20', 'v9.9.9');
  writeFileSync(join(root, 'new.txt'), 'x');
  expect(await version(root)).toBe(`v1.20.2 archive 1/20 ${COMMIT_TIME}`);
});

test('a tagged checkout, clean and dirty', async () => {
  const root = checkout('k8s-1.28', 'v1.28.3');
  expect(await version(root)).toBe(`v1.28.3 clean 1/28 ${COMMIT_TIME}`);
  writeFileSync(join(root, 'untracked.go'), 'package x');
  expect(await version(root)).toBe(`v1.28.3-dirty dirty 1/28+ ${COMMIT_TIME}`);
});

test('commits behind a tag', async () => {
  const root = checkout('k8s-1.28', 'v1.28.3');
  git(root, 'commit', '-q', '--allow-empty', '-m', 'two');
  expect(await version(root)).toMatch(/^v1\.28\.3-1\+[0-9a-f]{14} clean 1\/28\+ /);
});

test('a tag that names no version is not asked from 1.20 on, and is taken before', async () => {
  expect(await version(checkout('k8s-1.28', 'nightly'))).toBe(`undefined clean undefined ${COMMIT_TIME}`);
  expect(await version(checkout('k8s-1.7', 'kubernetes-1.7.3'))).toBe(
    `kubernetes-1.7.3 clean undefined ${COMMIT_TIME}`,
  );
});

test('the environment names version, commit and state', async () => {
  const environment = {
    KUBE_GIT_VERSION: 'v1.28.9+corp.1',
    KUBE_GIT_TREE_STATE: 'clean',
    SOURCE_DATE_EPOCH: '0',
  };
  expect(await version(checkout('k8s-1.28'), environment)).toBe(
    'v1.28.9+corp.1 clean 1/28 1970-01-01T00:00:00Z',
  );
});

test('an own version string is taken as it is, even from a dirty tree', async () => {
  const root = checkout('k8s-1.28', 'v1.28.3');
  writeFileSync(join(root, 'untracked.go'), 'package x');
  const options = { versionString: 'v1.28.3-corp.7', buildDate: '2030-01-02T03:04:05Z' };
  expect(await version(root, {}, options)).toBe('v1.28.3-corp.7 dirty 1/28+ 2030-01-02T03:04:05Z');
});

test('a version file replaces git, and is read rather than run', async () => {
  const file = join(scratch(), 'defs');
  writeFileSync(
    file,
    "KUBE_GIT_COMMIT='abc'\nKUBE_GIT_TREE_STATE='clean'\nKUBE_GIT_VERSION='v1.2.3'\nKUBE_GIT_MAJOR=''\n",
  );
  expect(await version(checkout('k8s-1.28'), { KUBE_GIT_VERSION_FILE: file })).toBe(
    'v1.2.3 clean undefined 1970-01-01T00:00:00Z',
  );
  writeFileSync(file, "KUBE_GIT_COMMIT='abc'\nKUBE_GIT_VERSION=$(id)\n");
  const { result } = await read(fixture('k8s-1.28'), { KUBE_GIT_VERSION_FILE: file });
  expect(
    printed(result.diagnostics, file),
  ).toBe(`error version/file-invalid: line 2 of the version file is no NAME='VALUE' of a version
  TREE:2:1
  2 │ KUBE_GIT_VERSION=$(id)
    │ ~~~~~~~~~~~~~~~~~~~~~~ this line
  why: the file is read, never run: each line sets one of KUBE_GIT_COMMIT, KUBE_GIT_TREE_STATE, KUBE_GIT_VERSION, KUBE_GIT_MAJOR, KUBE_GIT_MINOR
  help: correct the line, or unset KUBE_GIT_VERSION_FILE to ask git`);
});

test('a version that is not semver is refused, naming where it comes from', async () => {
  const { result } = await read(fixture('k8s-1.20'), {}, { versionString: 'kubernetes-1.2.3' });
  expect(
    printed(result.diagnostics),
  ).toBe(`error version/not-semver: the version kubernetes-1.2.3 is no semantic version
  hack/lib/version.sh
  why: it comes from --version-string; Kubernetes and its clients compare versions as vMAJOR.MINOR.PATCH with an optional -pre-release and +build
  help: write it like v1.30.0 or v1.30.0-rc.1+vendor.2`);
  const described = await read(checkout('k8s-1.28', 'v1.28.0+a+b'));
  expect(described.result.diagnostics[0]?.why).toContain('git describe, which says v1.28.0+a+b');
});

test('a build date that is no time', async () => {
  const { result } = await read(fixture('k8s-1.20'), { SOURCE_DATE_EPOCH: 'yesterday' });
  expect(printed(result.diagnostics)).toBe(`error request/invalid: SOURCE_DATE_EPOCH holds no time: yesterday
  why: the build date is stamped into every binary
  help: give seconds since 1970 (1610544489) or a time like 2021-01-13T13:28:09Z`);
});

test('no git and no marks: only the build date is stamped', async () => {
  const root = copyOf('k8s-1.28');
  const { tree, result } = await read(root);
  const fields = result.ok ? result.value.stamps.map((stamp) => stamp.field) : [];
  expect(new Set(fields)).toEqual(new Set(['buildDate']));
  expect(result.ok && stampFlags(tree, result.value)[0]).toBe(
    "-X 'k8s.io/kubernetes/vendor/k8s.io/client-go/pkg/version.buildDate=1970-01-01T00:00:00Z'",
  );
});

test.each([
  ['k8s-1.2', '1.4.3', /^-X k8s\.io\/kubernetes\/pkg\/version\.gitCommit [0-9a-f]{40}$/],
  ['k8s-1.2', '1.9', /^-X k8s\.io\/kubernetes\/pkg\/version\.gitCommit=[0-9a-f]{40}$/],
  ['k8s-1.7', '1.8.3', /^-X k8s\.io\/kubernetes\/pkg\/version\.buildDate=2024-05-06T07:08:09Z$/],
  ['k8s-1.30', '1.22.3', /^-X 'k8s\.io\/client-go\/pkg\/version\.buildDate=2024-05-06T07:08:09Z'$/],
])('stamps of %s with Go %s', async (name, go, first) => {
  const { tree, result } = await read(checkout(name));
  expect(result.ok && stampFlags(tree, result.value, go)[0]).toMatch(first);
});

test('a hook, a filter or a file watcher of the repository is never run', async () => {
  const root = checkout('k8s-1.28', 'v1.28.3');
  const proof = join(scratch(), 'ran');
  git(root, 'config', 'core.fsmonitor', `touch ${proof}`);
  git(root, 'config', 'filter.evil.clean', `touch ${proof}; cat`);
  writeFileSync(join(root, '.gitattributes'), '* filter=evil\n');
  writeFileSync(join(root, 'go.mod'), 'module k8s.io/kubernetes\n\ngo 1.21\n');
  expect(await version(root)).toContain('dirty');
  expect(hostWith().files.exists(proof)).toBe(false);
  rmSync(root, { recursive: true });
});
