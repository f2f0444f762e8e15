import { expect, test } from 'vitest';
import type { Platform } from '../target/platform.ts';
import { groupsToBuild } from './groups.ts';

const AMD64: Platform = 'linux/amd64';
const ARM64: Platform = 'linux/arm64';
const group = (name: string, binaries: readonly string[], platforms: readonly Platform[] = [AMD64]) => ({
  ...{ name, binaries, platforms },
});
const GROUPS = [
  group('server', ['kube-apiserver', 'kubelet'], [AMD64, ARM64]),
  group('client', ['kubectl'], [AMD64, ARM64]),
  group('conformance-image', ['ginkgo', 'e2e.test', 'kubectl']),
];
const programs = (platform: Platform, ...names: readonly string[]) =>
  names.map((name) => ({ name, platform }));

test('a group that has a wanted program among others is not built when a smaller one has it', () => {
  expect(groupsToBuild(GROUPS, programs(AMD64, 'kubectl'))).toEqual([['client', [AMD64]]]);
});

test('each platform is decided by itself', () => {
  const wanted = [...programs(AMD64, 'kubectl', 'kube-apiserver', 'kubelet'), ...programs(ARM64, 'kubectl')];
  expect(groupsToBuild(GROUPS, wanted)).toEqual([
    ['server', [AMD64]],
    ['client', [AMD64, ARM64]],
  ]);
});

test('a program that only a larger group has brings that group', () => {
  expect(groupsToBuild(GROUPS, programs(AMD64, 'kubelet', 'ginkgo'))).toEqual([
    ['server', [AMD64]],
    ['conformance-image', [AMD64]],
  ]);
});
