import { expect, test } from 'vitest';
import { fixture, hostWith, printed, treeAt } from '../../tests/trees.ts';
import { diskLookup } from '../tree/lookup.ts';
import { resolvePlatforms, resolveTargets, splitWhat } from './resolve.ts';
import type { Target } from './target.ts';

async function resolve(name: string, words: readonly string[], environment: Record<string, string> = {}) {
  const tree = await treeAt(fixture(name), {}, { noEval: true });
  return resolveTargets(tree, words, diskLookup(hostWith(), tree), environment);
}

async function targets(name: string, words: readonly string[], environment?: Record<string, string>) {
  const result = await resolve(name, words, environment);
  if (!result.ok) throw new Error(printed(result.diagnostics));
  return result.value;
}

const row = ({ name, goPackage, binary, class: kind }: Target) => `${name} ${goPackage} ${binary} ${kind}`;

test.each([
  ['k8s-1.20', 'cmd/kubectl', 'cmd/kubectl k8s.io/kubernetes/cmd/kubectl kubectl static'],
  ['k8s-1.20', './cmd/kubectl/', 'cmd/kubectl k8s.io/kubernetes/cmd/kubectl kubectl static'],
  ['k8s-1.20', 'kubectl', 'cmd/kubectl k8s.io/kubernetes/cmd/kubectl kubectl static'],
  ['k8s-1.20', 'k8s.io/kubernetes/cmd/kubelet', 'cmd/kubelet k8s.io/kubernetes/cmd/kubelet kubelet dynamic'],
  [
    'k8s-1.20',
    'kube-aggregator',
    'vendor/k8s.io/kube-aggregator k8s.io/kubernetes/vendor/k8s.io/kube-aggregator kube-aggregator dynamic',
  ],
  ['k8s-1.20', 'test/e2e/e2e.test', 'test/e2e/e2e.test k8s.io/kubernetes/test/e2e e2e.test test'],
  [
    'k8s-1.28',
    'vendor/k8s.io/kube-aggregator',
    'vendor/k8s.io/kube-aggregator k8s.io/kube-aggregator kube-aggregator static',
  ],
  ['k8s-1.28', 'ginkgo', 'ginkgo github.com/onsi/ginkgo/v2/ginkgo ginkgo dynamic'],
  ['k8s-1.28', 'test/e2e/e2e.test', 'test/e2e/e2e.test k8s.io/kubernetes/test/e2e e2e.test test'],
  [
    'k8s-1.30',
    'kube-aggregator',
    'staging/src/k8s.io/kube-aggregator k8s.io/kube-aggregator kube-aggregator static',
  ],
  ['k8s-1.30', 'cmd/kubectl', 'cmd/kubectl k8s.io/kubernetes/cmd/kubectl kubectl static'],
  [
    'k8s-1.2',
    'github.com/onsi/ginkgo/ginkgo',
    'github.com/onsi/ginkgo/ginkgo github.com/onsi/ginkgo/ginkgo ginkgo dynamic',
  ],
  [
    'kubeedge',
    'iptables',
    'cloud/cmd/iptablesmanager github.com/kubeedge/kubeedge/cloud/cmd/iptablesmanager iptables dynamic',
  ],
  [
    'karmada',
    'karmada-scheduler',
    'cmd/scheduler github.com/karmada-io/karmada/cmd/scheduler karmada-scheduler static',
  ],
  ['go-module', 'apples', 'cmd/apples example.io/orchard/cmd/apples apples static'],
  ['go-work', 'server/cmd/pears', 'server/cmd/pears example.io/server/cmd/pears pears static'],
])('%s: %s', async (name, word, expected) => {
  expect((await targets(name, [word])).map(row)).toEqual([expected]);
});

test('no words are all targets, each once, in the order of the tree', async () => {
  expect((await targets('k8s-1.20', [])).map((target) => target.name)).toEqual([
    ...['cmd/kube-apiserver', 'cmd/kubelet', 'vendor/k8s.io/kube-aggregator', 'cmd/kubectl'],
    ...[
      'vendor/github.com/onsi/ginkgo/ginkgo',
      'test/e2e/e2e.test',
      'cmd/kubemark',
      'test/e2e_node/e2e_node.test',
    ],
  ]);
});

test('a group goes by its name and by its variable', async () => {
  const server = await targets('k8s-1.20', ['server']);
  expect(server.map((target) => target.binary)).toEqual(['kube-apiserver', 'kubelet', 'kube-aggregator']);
  expect(await targets('k8s-1.20', ['KUBE_SERVER_TARGETS'])).toEqual(server);
});

test('a pattern stands for the commands below it, each linked as if it were named', async () => {
  const found = await targets('k8s-1.20', ['cmd/...']);
  expect(found.map((target) => `${target.binary} ${target.class}`)).toEqual([
    ...['kube-apiserver static', 'kubectl static', 'kubelet dynamic', 'kubemark dynamic'],
  ]);
});

test('the overrides move binaries between static and dynamic, and cgo wins', async () => {
  const environment = { KUBE_STATIC_OVERRIDES: 'kubelet kubectl', KUBE_CGO_OVERRIDES: 'kubectl' };
  const found = await targets('k8s-1.20', ['kubelet', 'kubectl'], environment);
  expect(found.map((target) => target.class)).toEqual(['static', 'dynamic']);
});

test('words that begin with a dash are flags for go', () => {
  expect(splitWhat(['cmd/kubectl', '-race', '-v'])).toEqual({
    words: ['cmd/kubectl'],
    goFlags: ['-race', '-v'],
  });
});

async function letter(words: readonly string[]): Promise<string> {
  return printed((await resolve('k8s-1.20', words)).diagnostics);
}

test('an unknown target is answered with the nearest names', async () => {
  expect(await letter(['kubctl'])).toBe(`error target/unknown: there is no target kubctl
  hack/lib/golang.sh:123:10
  123 │ readonly KUBE_ALL_TARGETS=(
      │          ~~~~~~~~~~~~~~~~
  why: it is no group, no binary and no directory of this tree
  help: did you mean kubectl or cmd/kubectl? kubewright targets lists them all`);
});

test('an empty word', async () => {
  expect(await letter([''])).toBe(`error target/empty: a target name is empty
  why: an empty word is mostly an unset variable: kubewright build "$TARGET"
  help: name a target, or leave the word out to build all; kubewright targets lists them`);
});

test('a directory without a main package', async () => {
  expect(await letter(['pkg/kubelet'])).toBe(`error build/no-main-package: pkg/kubelet holds no main package
  pkg/kubelet
  why: only a main package becomes a binary; go would compile this one and install nothing
  help: kubewright targets lists what can be built; kubewright test runs the tests of a library`);
});

test('a pattern that matches nothing', async () => {
  expect(await letter(['pkg/...'])).toBe(`error target/no-match: the pattern pkg/... matches no main package
  why: a pattern stands for the commands in a directory and below it
  help: kubewright targets lists what can be built; cmd/... is the usual pattern`);
});

test('a path outside the tree', async () => {
  expect(await letter(['../other'])).toBe(`error target/unknown: ../other lies outside the tree
  why: a target is a directory of the tree, relative to its root
  help: name it relative to the root: cmd/kubectl; another tree is chosen with -C DIR`);
});

test('every wrong word is told at once', async () => {
  const result = await resolve('k8s-1.20', ['kubctl', '', 'pkg/kubelet', 'cmd/kubectl']);
  expect(result.diagnostics.map((problem) => problem.code)).toEqual([
    ...['target/unknown', 'target/empty', 'build/no-main-package'],
  ]);
});

test('two targets with one output', async () => {
  const tree = await treeAt(fixture('k8s-1.20'), {}, { noEval: true });
  const lookup = { ...diskLookup(hostWith(), tree), packageAt: () => 'main' as const };
  const result = resolveTargets(tree, ['cmd/kubectl', 'contrib/kubectl'], lookup, {});
  expect(
    printed(result.diagnostics),
  ).toBe(`error target/ambiguous-output: cmd/kubectl and contrib/kubectl both make the binary kubectl
  why: the second would overwrite the first in the output directory
  help: build them one after the other with different --out, or give one another name in kubewright.yaml (package: contrib/kubectl, binary: NAME)`);
});

async function units(
  words: readonly string[],
  platforms: readonly string[],
  environment = {},
  hostPlatform = 'linux/amd64' as const,
) {
  const tree = await treeAt(fixture('k8s-1.20'), {}, { noEval: true });
  const found = await targets('k8s-1.20', words);
  return resolvePlatforms(tree, { platforms, targets: found, environment, hostPlatform });
}

async function pairs(...request: Parameters<typeof units>): Promise<string[]> {
  const result = await units(...request);
  if (!result.ok) throw new Error(printed(result.diagnostics));
  return result.value.map((unit) => `${unit.target.binary}@${unit.platform}`);
}

test('platforms come from the flag, else KUBE_BUILD_PLATFORMS, else the host', async () => {
  expect(await pairs(['kubectl'], [])).toEqual(['kubectl@linux/amd64']);
  const environment = { KUBE_BUILD_PLATFORMS: 'linux/arm64 darwin/amd64' };
  expect(await pairs(['kubectl'], [], environment)).toEqual(['kubectl@linux/arm64', 'kubectl@darwin/amd64']);
  expect(await pairs(['kubectl'], ['windows/amd64,host'], environment)).toEqual([
    'kubectl@windows/amd64',
    'kubectl@linux/amd64',
  ]);
});

test('all platforms are those of the groups that hold each target', async () => {
  expect(await pairs(['kubectl', 'kube-apiserver'], ['all'])).toEqual([
    ...[
      'kubectl@linux/amd64',
      'kube-apiserver@linux/amd64',
      'kubectl@linux/arm64',
      'kube-apiserver@linux/arm64',
    ],
    ...['kubectl@linux/386', 'kubectl@darwin/amd64', 'kubectl@windows/amd64'],
  ]);
});

test('a platform that no group lists is built when Go knows it', async () => {
  expect(await pairs(['kubectl'], ['linux/riscv64'])).toEqual(['kubectl@linux/riscv64']);
});

test('kubectl on a Mac for a Mac is not static', async () => {
  const result = await units(['kubectl'], ['darwin/amd64', 'linux/amd64'], {}, 'darwin/arm64' as never);
  expect(result.ok && result.value.map((unit) => unit.target.class)).toEqual(['dynamic', 'static']);
});

test('an unknown platform is answered with the nearest one', async () => {
  const result = await units(['kubectl'], ['linux/amd46']);
  expect(printed(result.diagnostics)).toBe(`error target/platform-unknown: there is no platform linux/amd46
  why: a platform is an operating system and an architecture in Go’s words: linux/arm64
  help: did you mean linux/amd64, darwin/amd64 or windows/amd64? kubewright platforms lists those of this tree; all means those, and host this machine`);
});
