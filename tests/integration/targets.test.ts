import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyOf, fixture, kubewright } from '../trees.ts';

const TREE = fixture('k8s-1.20');

test('targets: a group as people read it', async () => {
  const run = await kubewright(['targets', 'client', 'node', '-C', join(TREE, 'cmd/kubectl')]);
  expect(run).toEqual({
    exitCode: 0,
    stderr: '',
    stdout: `Kubernetes, 1.15-1.26 era (go.mod and vendor, generated-files makefile)

client  (hack/lib/golang.sh:92)
  cmd/kubectl  static

node  (hack/lib/golang.sh:54)
  cmd/kubelet  dynamic

all: 9 targets (hack/lib/golang.sh:123, evaluated)
`,
  });
});

test('targets and platforms as JSON: one document, names and order of the tree', async () => {
  const targets = JSON.parse((await kubewright(['targets', '--json', '-C', TREE])).stdout);
  expect(targets).toMatchObject({
    family: 'kubernetes',
    groups: {
      server: ['cmd/kube-apiserver', 'cmd/kubelet', 'vendor/k8s.io/kube-aggregator'],
      client: ['cmd/kubectl'],
    },
    static: ['kube-apiserver', 'kubectl'],
    where: { all: 'hack/lib/golang.sh:123', groups: { server: 'hack/lib/golang.sh:30' } },
  });
  const environment = { KUBE_BUILD_PLATFORMS: 'windows/amd64 linux/amd64' };
  const platforms = JSON.parse((await kubewright(['platforms', '--json', '-C', TREE], environment)).stdout);
  expect(platforms.groups).toMatchObject({ server: ['linux/amd64'], node: ['linux/amd64', 'windows/amd64'] });
});

test('an unknown group is a wrong request', async () => {
  expect(await kubewright(['targets', 'sever', '-C', TREE])).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: `error target/unknown: there is no group sever
  hack/lib/golang.sh
  why: groups are the lists of targets that the tree keeps
  help: did you mean server? this tree has server, client, node, test, test-server, server-image
`,
  });
});

test('version: what would be stamped, and from where', async () => {
  expect((await kubewright(['version', '-C', TREE], { SOURCE_DATE_EPOCH: '86400' })).stdout).toBe(
    `version       v1.20.2                                   hack/lib/version.sh:6
commit        faecb196815e248d3ecfb03c680a4507229c2a56
tree state    archive
major, minor  1, 20
build date    1970-01-02T00:00:00Z                      SOURCE_DATE_EPOCH
stamped into (hack/lib/version.sh:18)
  k8s.io/kubernetes/vendor/k8s.io/client-go/pkg/version
  k8s.io/kubernetes/vendor/k8s.io/component-base/version
`,
  );
});

test('explain: the reasons behind a target', async () => {
  expect((await kubewright(['explain', 'kubelet', '-C', TREE])).stdout).toBe(`cmd/kubelet
  go package    k8s.io/kubernetes/cmd/kubelet
  directory     cmd/kubelet
  binary        kubelet
  linked        dynamic, with cgo where there is a C compiler: kubelet is not on the list at hack/lib/golang.sh:130
  groups        server (hack/lib/golang.sh:30), node (hack/lib/golang.sh:54)
  platforms     linux/amd64 linux/arm64 windows/amd64
  needs first   pkg/generated/openapi/zz_generated.openapi.go, test/e2e/generated/bindata.go
  command line  kubewright build cmd/kubelet --dry-run
`);
});

test('explain --settings: which value won, over what, and no password', async () => {
  const root = copyOf('configured');
  const environment = { GOPROXY: 'https://me:secret@proxy.example', GOLDFLAGS: '-s' };
  const run = await kubewright(['explain', '--settings', '--json', '-C', root, '-j', '3'], environment);
  const settings: { name: string }[] = JSON.parse(run.stdout).settings;
  const named = (name: string) => settings.find((setting) => setting.name === name);
  expect(named('jobs')).toEqual({ name: 'jobs', value: '3', from: '--jobs' });
  expect(named('linker flags')).toEqual({ name: 'linker flags', value: '-s', from: 'GOLDFLAGS' });
  expect(named('version')).toEqual({ name: 'version', value: 'v3.1.0', from: 'kubewright.yaml:12' });
  expect(run.stdout).not.toContain('secret');
});

test('init describes a Go module, keeps its hands off an existing file, and what it wrote is read back', async () => {
  const root = copyOf('go-module');
  expect((await kubewright(['init', '-C', root])).stdout).toBe(
    `wrote ${root}/kubewright.yaml: 2 targets\nnext: kubewright build\n`,
  );
  expect(
    readFileSync(join(root, 'kubewright.yaml'), 'utf8'),
  ).toBe(`# What kubewright builds in this tree. Every key is optional; docs/reference/configuration.md lists them all.
name: orchard
groups:
  server:
    targets:
      - cmd/apples
    platforms: [linux/amd64, linux/arm64]
  client:
    targets:
      - cmd/applectl
    platforms: [linux/amd64, linux/arm64, darwin/arm64, windows/amd64]
version:
  tags: "v*"
  packages:
    - example.io/orchard/pkg/version
`);
  const read = JSON.parse((await kubewright(['targets', '--json', '-C', root])).stdout);
  expect(read).toMatchObject({
    family: 'configured',
    groups: { server: ['cmd/apples'], client: ['cmd/applectl'] },
  });
  expect(await kubewright(['init', '-C', root])).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: `error request/conflict: kubewright.yaml exists already
  kubewright.yaml
  why: init writes a first configuration and never replaces one
  help: edit the file, or move it away and run kubewright init again
`,
  });
});

test('init has nothing to say about a Kubernetes tree', async () => {
  const run = await kubewright(['init', '-C', TREE]);
  expect([run.exitCode, run.stderr]).toEqual([
    2,
    `error request/conflict: this tree needs no configuration
  hack/lib/golang.sh
  why: it is read as it is: Kubernetes, 1.15-1.26 era (go.mod and vendor, generated-files makefile)
  help: run kubewright targets to see its lists; write a kubewright.yaml by hand only to override one
`,
  ]);
});

test('a list in a script that bash refuses is still read by --no-eval, wherever the flag stands', async () => {
  const root = copyOf('k8s-1.20', { 'hack/lib/util.sh': 'if\n' });
  expect((await kubewright(['targets', '-C', root])).exitCode).toBe(2);
  for (const argv of [
    ['targets', 'client', '-C', root, '--no-eval'],
    ['--no-eval', 'targets', 'client', '-C', root],
  ]) {
    const parsed = await kubewright(argv);
    expect([parsed.exitCode, parsed.stdout.includes('parsed')]).toEqual([0, true]);
  }
});
