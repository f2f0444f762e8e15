import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { commands, outcomes } from '../integration/monorepo.ts';
import { EPOCH, freshTree, goroot, kubewright, make, TREE, upstreamArrays, wipe } from './upstream.ts';

/** Static and cgo, small and large, one that needs generated code. */
const COMPARED = ['kubectl', 'kube-apiserver', 'kubelet', 'kubeadm', 'kube-proxy'];
const GROUPS = ['server', 'client', 'node', 'test'];

beforeAll(freshTree);

describe('Kubernetes 1.20.2', () => {
  test('its targets and platforms are what upstream’s own arrays hold, name by name', async () => {
    const upper = GROUPS.map((name) => name.toUpperCase());
    const upstream = upstreamArrays([
      ...['KUBE_ALL_TARGETS', 'KUBE_STATIC_LIBRARIES'],
      ...upper.flatMap((name) => [`KUBE_${name}_TARGETS`, `KUBE_${name}_PLATFORMS`]),
    ]);
    const targets = JSON.parse((await kubewright(['targets', '--json'])).stdout);
    const platforms = JSON.parse((await kubewright(['platforms', '--json'])).stdout);
    expect(targets.all).toEqual(upstream['KUBE_ALL_TARGETS']);
    expect(targets.static).toEqual(upstream['KUBE_STATIC_LIBRARIES']);
    for (const [i, group] of GROUPS.entries()) {
      expect(targets.groups[group]).toEqual(upstream[`KUBE_${upper[i]}_TARGETS`]);
      expect(platforms.groups[group]).toEqual(upstream[`KUBE_${upper[i]}_PLATFORMS`]);
    }
  });

  test('its version comes from the marks of the archive', async () => {
    const version = JSON.parse((await kubewright(['version', '--json'])).stdout);
    expect(version).toMatchObject({
      gitVersion: 'v1.20.2',
      gitCommit: 'faecb196815e248d3ecfb03c680a4507229c2a56',
      gitTreeState: 'archive',
    });
    expect(version.buildDate).toBe(new Date(Number(EPOCH) * 1000).toISOString().replace('.000', ''));
  });

  test('build all makes every target of make all, and a second run starts nothing', async () => {
    const run = await kubewright(['build', 'all', '--json']);
    expect(run.exitCode).toBe(0);
    const wanted = new Set(
      upstreamArrays(['KUBE_ALL_TARGETS'])['KUBE_ALL_TARGETS']?.map((name) => name.split('/').at(-1)),
    );
    const built = run.events.flatMap((event) =>
      event.type === 'step-finished' ? event.outputs.map((output) => output.path.split('/').at(-1)) : [],
    );
    expect(new Set(built)).toEqual(wanted);
    const again = await kubewright(['build', 'all', '--json']);
    expect(new Set(Object.values(outcomes(again)))).toEqual(new Set(['fresh']));
    expect(commands(again)).toEqual([]);
  });

  test('an edit and its undoing: the third build runs no compile and gives the first bytes', async () => {
    const file = join(TREE, 'staging/src/k8s.io/kubectl/pkg/cmd/version/version.go');
    const text = readFileSync(file, 'utf8');
    const first = digest('kubectl');
    try {
      // A text that no earlier run has built: the store remembers those.
      writeFileSync(file, text.replace('were not validated', `were not validated at ${Date.now()}`));
      expect(Object.values(outcomes(await kubewright(['build', 'kubectl', '--json'])))).toEqual(['built']);
      expect(digest('kubectl')).not.toBe(first);
    } finally {
      writeFileSync(file, text);
    }
    const third = await kubewright(['build', 'kubectl', '--json']);
    expect(Object.values(outcomes(third))).toEqual(['restored']);
    expect(commands(third)).toEqual([]);
    expect(digest('kubectl')).toBe(first);
  });

  test('static targets for another architecture are ELF files of that architecture', async () => {
    const run = await kubewright(['build', 'kubectl', 'kubeadm', '-p', 'linux/arm64']);
    expect(run.exitCode).toBe(0);
    for (const name of ['kubectl', 'kubeadm']) expect(elfMachine(name, 'linux/arm64')).toBe(EM_AARCH64);
  });

  test('binaries are byte for byte what make gives at the same path', async () => {
    const ours = Object.fromEntries(COMPARED.map((name) => [name, digest(name)]));
    const root = await goroot();
    await wipe();
    make(root, ['all', `WHAT=${COMPARED.map((name) => `cmd/${name}`).join(' ')}`]);
    const upstream = Object.fromEntries(COMPARED.map((name) => [name, digest(name)]));
    for (const name of COMPARED) console.log(`${name.padEnd(16)} ours ${ours[name]}  make ${upstream[name]}`);
    expect(ours).toEqual(upstream);
  });
});

function path(name: string, platform: string): string {
  return join(TREE, '_output/local/bin', platform, name);
}

function digest(name: string, platform = 'linux/amd64'): string {
  return createHash('sha256')
    .update(readFileSync(path(name, platform)))
    .digest('hex');
}

/** e_machine of the ELF header (System V ABI, offset 18). */
function elfMachine(name: string, platform: string): number {
  const header = Buffer.alloc(20);
  const file = openSync(path(name, platform), 'r');
  readSync(file, header, 0, header.length, 0);
  closeSync(file);
  return header.readUInt16LE(18);
}

const EM_AARCH64 = 183;
