/** Our package graph against go list on a real tree, member by member and in the same order. */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bothListings, type ListingSide, newHeaders, resolved } from '../listings.ts';
import { freshTree, goroot, kubewright, TREE } from './upstream.ts';

const GOPATH = join(TREE, '_output/local/go');
const LINK = join(GOPATH, 'src/k8s.io/kubernetes');
const SERVERS = [
  'kube-proxy',
  'kube-apiserver',
  'kube-controller-manager',
  'kubelet',
  'kubeadm',
  'kube-scheduler',
];
const PACKAGES = [
  ...SERVERS.map((name) => `k8s.io/kubernetes/cmd/${name}`),
  ...['kube-aggregator', 'apiextensions-apiserver'].map((name) => `k8s.io/kubernetes/vendor/k8s.io/${name}`),
];
const CLIENTS = ['kubectl', 'kube-proxy', 'kubeadm'].map((name) => `k8s.io/kubernetes/cmd/${name}`);

let root: string;

beforeAll(async () => {
  await freshTree();
  // A first build makes the generated files that the servers import.
  const run = await kubewright(['build', 'kube-apiserver']);
  if (run.exitCode !== 0) throw new Error(run.stderr);
  root = await goroot();
  mkdirSync(dirname(LINK), { recursive: true });
  if (!existsSync(LINK)) symlinkSync(TREE, LINK);
});

function side(platform: string, cgo: boolean, roots: readonly string[]): ListingSide {
  return {
    ...{ goroot: root, goVersion: '1.15.15', workingDirectory: LINK, platform, cgo, roots },
    environment: { GOPATH, GO111MODULE: 'off' },
  };
}

describe('the package graph of Kubernetes 1.20.2 is that of go list', () => {
  test.each([
    ['linux/amd64', true, PACKAGES],
    ['linux/amd64', false, PACKAGES],
    ['linux/arm64', false, PACKAGES],
    ['linux/arm', false, CLIENTS],
    ['windows/amd64', false, CLIENTS],
    ['darwin/amd64', false, CLIENTS],
  ] as const)('for %s, cgo %s', async (platform, cgo, roots) => {
    const { ours, go } = await bothListings(side(platform, cgo, roots));
    expect(ours.length).toBeGreaterThan(900);
    expect(ours.map((found) => found['ImportPath'])).toEqual(go.map((found) => found['ImportPath']));
    for (const [i, found] of ours.entries()) expect(found).toEqual(go[i]);
  });

  test('the headers of one platform serve another', async () => {
    const headers = newHeaders();
    await resolved(side('linux/amd64', false, PACKAGES), headers);
    const before = headers.parsed;
    await resolved(side('linux/arm64', false, PACKAGES), headers);
    // Files that only arm64 has.
    expect(headers.parsed - before).toBeLessThan(before / 20);
  });
});
