import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyOf, fixture, hostWith, printed, scratch, treeAt } from '../../tests/trees.ts';
import { NO_CONFIG } from '../config/config.ts';
import { findTreeRoot, openTree } from './open.ts';

const ERAS = ['k8s-1.2', 'k8s-1.7', 'k8s-1.14', 'k8s-1.20', 'k8s-1.28', 'k8s-1.30', 'kubeedge', 'karmada'];

test.each([
  ['k8s-1.2', 'Kubernetes, 1.0-1.3 era (Godeps/_workspace)', 'godeps'],
  ['k8s-1.7', 'Kubernetes, 1.4-1.7 era (cmd/libs/go2idl)', 'gopath'],
  ['k8s-1.14', 'Kubernetes, 1.8-1.14 era (generated-files makefile, no go.mod)', 'gopath'],
  ['k8s-1.20', 'Kubernetes, 1.15-1.26 era (go.mod and vendor, generated-files makefile)', 'gopath'],
  ['k8s-1.28', 'Kubernetes, 1.27-1.29 era (go.mod, no generated-files makefile)', 'hybrid'],
  ['k8s-1.30', 'Kubernetes, 1.30+ era (go.work)', 'workspace'],
  ['kubeedge', 'kubeedge (hack/lib/golang.sh with binary:path pairs)', 'modules'],
  ['karmada', 'karmada (hack/util.sh with name=path pairs)', 'modules'],
  ['go-module', 'Go module example.io/orchard', 'modules'],
  ['go-work', 'Go workspace of 2 modules', 'workspace'],
])('%s is recognised by its features', async (name, label, goMode) => {
  const tree = await treeAt(fixture(name));
  expect([tree.label, tree.goMode]).toEqual([label, goMode]);
});

test.each(ERAS)('%s parsed as text holds the same lists as evaluated', async (name) => {
  const evaluated = await treeAt(fixture(name));
  const parsed = await treeAt(fixture(name), {}, { noEval: true });
  const lists = ({ groups, allTargets, staticBinaries }: typeof parsed) => ({
    groups: groups.map((group) => [group.name, group.targets.value, group.platforms.value]),
    all: allTargets.value,
    static: staticBinaries.value,
  });
  expect(lists(parsed)).toEqual(lists(evaluated));
  expect(parsed.allTargets.source).toBe('parsed');
});

test('every group keeps its list and the line it is written on', async () => {
  const tree = await treeAt(fixture('k8s-1.20'));
  const server = tree.groups.find((group) => group.name === 'server');
  expect(server?.targets.value).toEqual([
    'cmd/kube-apiserver',
    'cmd/kubelet',
    'vendor/k8s.io/kube-aggregator',
  ]);
  expect(server?.targets.where).toMatchObject({
    file: 'hack/lib/golang.sh',
    text: 'kube::golang::server_targets() {',
  });
  expect(tree.allTargets.source).toBe('evaluated');
});

test('OSTYPE, KUBE_FASTBUILD and KUBE_BUILD_PLATFORMS reach the script', async () => {
  const root = fixture('k8s-1.20');
  const platforms = async (environment: Record<string, string>) =>
    Object.fromEntries(
      (await treeAt(root, environment)).groups.map((group) => [group.name, group.platforms.value]),
    );
  expect(await platforms({ KUBE_FASTBUILD: 'true' })).toMatchObject({ client: ['linux/amd64'] });
  expect(await platforms({ KUBE_BUILD_PLATFORMS: 'windows/amd64 linux/arm64 linux/arm64' })).toMatchObject({
    server: ['linux/arm64'],
    client: ['linux/arm64', 'windows/amd64'],
    test: [],
  });
  const other = await treeAt(root, { OSTYPE: 'notdetected' });
  expect(other.allTargets.value).not.toContain('test/e2e_node/e2e_node.test');
});

test('the contrib hook of 1.2 is sourced', async () => {
  const tree = await treeAt(fixture('k8s-1.2'), { KUBERNETES_CONTRIB: 'mesos' });
  expect(tree.allTargets.value).toEqual([
    'cmd/kube-apiserver',
    'cmd/hyperkube',
    'contrib/mesos/cmd/km',
    'cmd/kubectl',
  ]);
});

test('binaries of kubeedge and karmada keep the names that their lists give', async () => {
  expect((await treeAt(fixture('kubeedge'))).binaryNames).toEqual({
    'cloud/cmd/iptablesmanager': 'iptables',
  });
  expect((await treeAt(fixture('karmada'))).binaryNames).toEqual({ 'cmd/scheduler': 'karmada-scheduler' });
});

test('a second open starts no process and sees every change', async () => {
  const root = copyOf('k8s-1.20');
  const cacheFile = join(scratch(), 'tree.json');
  const host = hostWith();
  const started: string[] = [];
  const run = host.processes.run.bind(host.processes);
  host.processes.run = (request) => {
    started.push(request.argv[0] ?? '');
    return run(request);
  };
  const open = async () => {
    const before = started.length;
    const result = await openTree(host, root, NO_CONFIG, {
      noEval: false,
      cacheFile,
    });
    return { targets: result.ok ? result.value.allTargets.value : [], spawned: started.length > before };
  };
  const first = await open();
  expect(first.spawned).toBe(true);
  expect(await open()).toEqual({ ...first, spawned: false });
  const text = host.files.readText(join(root, 'hack/lib/golang.sh'));
  writeFileSync(
    join(root, 'hack/lib/golang.sh'),
    text.replace('    cmd/kubelet\n', '    cmd/kubelet\n    cmd/new\n'),
  );
  expect((await open()).targets).toContain('cmd/new');
  writeFileSync(join(root, 'go.work'), 'go 1.22\n');
  expect((await open()).spawned).toBe(true);
});

test('the root is found from a directory inside, and a staging module is no root of its own', () => {
  const host = hostWith();
  const root = fixture('k8s-1.30');
  expect(findTreeRoot(host, join(root, 'staging/src/k8s.io/kube-aggregator'))).toBe(root);
  expect(findTreeRoot(host, join(root, 'no/such/place'))).toBeUndefined();
});

test('a path with blanks and letters of other alphabets is read like any other', async () => {
  const root = copyOf('k8s-1.20', {}, 'my tree – дерево');
  expect((await treeAt(root)).allTargets.value).toEqual((await treeAt(fixture('k8s-1.20'))).allTargets.value);
});

async function letter(root: string, options: { timeoutMilliseconds?: number } = {}): Promise<string> {
  const result = await openTree(hostWith(), root, NO_CONFIG, { noEval: false, ...options });
  expect(result.ok).toBe(false);
  return printed(result.diagnostics, root);
}

test('a directory that is no tree', async () => {
  const root = scratch();
  expect(await letter(root)).toBe(`error tree/not-found: TREE is no tree that kubewright knows
  TREE
  why: it has no hack/lib/golang.sh (Kubernetes, kubeedge), no list in hack/util.sh (karmada), and no go.work or go.mod
  help: name the tree with -C DIR; in a Go monorepo of your own, go mod init makes a module and kubewright init describes it`);
});

const GOLANG = 'hack/lib/golang.sh';
const HEAD = '# one\nkube::golang::x() { :; }\n';

test('a syntax error in golang.sh is underlined where bash stopped', async () => {
  const root = copyOf('k8s-1.20', {
    [GOLANG]: `${HEAD}readonly KUBE_ALL_TARGETS=(\n  cmd/kubectl\n  if )) then\n`,
  });
  expect(
    await letter(root),
  ).toBe(`error tree/syntax-error: hack/lib/golang.sh does not parse: syntax error near unexpected token \`)'
  hack/lib/golang.sh:5:3
  5 │   if )) then
    │   ~~~~~~~~~~ bash stopped here
  why: the lists of targets and platforms are written in this script, and bash cannot read it
  help: correct the script (bash -n hack/lib/golang.sh shows the same error), or read the lists without running it: --no-eval`);
});

test('a golang.sh that loops is ended, and nothing of it is left', async () => {
  const root = copyOf('k8s-1.20', { [GOLANG]: `${HEAD}while true; do\n  :\ndone\n` });
  expect(
    await letter(root, { timeoutMilliseconds: 700 }),
  ).toBe(`error tree/eval-timeout: hack/lib/init.sh did not end within 0.7 s
  hack/lib/golang.sh:3:1
  3 │ while true; do
    │ ~~~~~~~~~~ a loop without an end?
  why: the lists of targets and platforms are read by running this script in a sandbox
  help: find what it waits for (bash -x hack/lib/init.sh), or read the lists without running it: --no-eval`);
  const left = await hostWith().processes.run({
    argv: ['pgrep', '-f', root],
    environment: {},
    workingDirectory: '/',
  });
  expect(left.stdout).toBe('');
});

test.each([
  ['a redirection', 'echo gone > "${KUBE_ROOT}/README.md"', 'TREE/README.md: Read-only file system'],
  ['a program that writes', 'rm -rf "${KUBE_ROOT}/cmd"', 'rm: command not found'],
])('a golang.sh that writes by %s is refused, and the tree is untouched', async (_, line, said) => {
  const root = copyOf('k8s-1.20', { [GOLANG]: `${HEAD}  ${line}\n` });
  expect(
    await letter(root),
  ).toBe(`error tree/eval-wrote: hack/lib/golang.sh tried to change a file while its lists were read: ${said}
  hack/lib/golang.sh:3:3
  3 │   ${line}
    │   ${'~'.repeat(line.length)} this writes
  why: reading a tree changes nothing: the script runs in a sandbox where nothing can be written
  help: move this line into a function that runs only in a build, or read the lists without running the script: --no-eval`);
  const { files } = hostWith();
  expect([files.exists(join(root, 'README.md')), files.exists(join(root, 'cmd/kubectl/main.go'))]).toEqual([
    false,
    true,
  ]);
});

test('another failure names the line that failed', async () => {
  const root = copyOf('k8s-1.20', { [GOLANG]: `${HEAD}curl -s example.invalid\n` });
  expect(await letter(root)).toBe(`error tree/eval-failed: hack/lib/golang.sh failed: curl: command not found
  hack/lib/golang.sh:3:1
  3 │ curl -s example.invalid
    │ ~~~~~~~~~~~~~~~~~~~~~~~
  why: the lists of targets and platforms are read by running hack/lib/init.sh in a sandbox that holds bash, text tools and the tree's scripts
  help: correct the script, or read the lists without running it: --no-eval`);
});

test('a golang.sh without the list of all targets', async () => {
  const root = copyOf('k8s-1.20', { [GOLANG]: `${HEAD}readonly KUBE_STATIC_LIBRARIES=(kubectl)\n` });
  expect(
    await letter(root),
  ).toBe(`error tree/list-missing: the list KUBE_ALL_TARGETS was not found in hack/lib/golang.sh
  hack/lib/golang.sh
  why: this list says what a build without names builds, and how it is linked
  help: restore KUBE_ALL_TARGETS in hack/lib/golang.sh, or name groups and targets in kubewright.yaml (kubewright init writes one)`);
});

test('the script sees no secret, no network, and no file but its library', async () => {
  const spy = `${HEAD}KUBE_SEEN="\${SECRET_TOKEN:-none} $(cat /etc/passwd 2>&1 || true) $(cat "\${KUBE_ROOT}/go.mod" 2>&1 || true) $(cat /proc/net/dev 2>/dev/null | grep -c eth || true)"\nKUBE_ALL_TARGETS=("\${KUBE_SEEN}")\nKUBE_STATIC_LIBRARIES=(x)\n`;
  const root = copyOf('k8s-1.20', { [GOLANG]: spy });
  const tree = await treeAt(root, { SECRET_TOKEN: 'hunter2' });
  expect(tree.allTargets.value[0]?.replaceAll(root, 'TREE')).toBe(
    'none cat: /etc/passwd: No such file or directory cat: TREE/go.mod: No such file or directory 0',
  );
});

test('an unreadable library is a letter about permissions', async (context) => {
  if (process.getuid?.() === 0) context.skip('wanted a user whom permissions bind; root reads everything');
  const root = copyOf('k8s-1.20');
  chmodSync(join(root, GOLANG), 0);
  await expect(openTree(hostWith(), root, NO_CONFIG, { noEval: false })).rejects.toThrow('disk/permission');
});
