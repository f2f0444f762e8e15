import { expect, test } from 'vitest';
import { markersOf, moveMarker } from './markers.ts';
import {
  contentTypeOf,
  extraPath,
  isChecksum,
  isSummed,
  parseSumList,
  programArchives,
  programPath,
  sumList,
} from './publication.ts';

test('a version moves the markers of its lines, and those of stable when it is no prerelease', () => {
  expect(markersOf('v1.20.2')).toEqual([
    ...['latest.txt', 'latest-1.txt', 'latest-1.20.txt', 'stable.txt', 'stable-1.txt', 'stable-1.20.txt'],
  ]);
  expect(markersOf('v1.21.0-alpha.1.12+0123456789abcd', { extra: ['k8s-master'], isFast: true })).toEqual([
    ...['latest-fast.txt', 'latest-fast-1.txt', 'latest-fast-1.21.txt', 'k8s-master.txt'],
  ]);
  expect(markersOf('nightly')).toEqual([]);
});

test.each([
  [undefined, 'v1.20.2', 'written'],
  ['', 'v1.20.2', 'written'],
  ['v1.20.2\n', 'v1.20.2', 'same'],
  ['v1.20.1', 'v1.20.2', 'written'],
  ['v1.20.10', 'v1.20.9', 'newer-there'],
  ['v1.20.2-rc.0', 'v1.20.2', 'written'],
  ['v1.20.2', 'v1.20.2-rc.1', 'newer-there'],
  // A release candidate does not replace a higher alpha of the next minor.
  ['v1.21.0-alpha.1', 'v1.20.0-rc.1', 'newer-there'],
  ['v1.21.0-alpha.1.9+0a', 'v1.21.0-alpha.1.12+0b', 'written'],
  // Behind the plus sign is no order.
  ['v1.21.0-alpha.1.12+0b', 'v1.21.0-alpha.1.12+0c', 'newer-there'],
  ['<html>', 'v1.20.2', 'unreadable'],
])('a marker at %j, moved to %s: %s', (present, version, kind) => {
  expect(moveMarker(present, version, false).kind).toBe(kind);
});

test('forced, a marker moves back and over what is no version', () => {
  expect(moveMarker('v1.21.0', 'v1.20.2', true)).toEqual({ kind: 'written' });
  expect(moveMarker('<html>', 'v1.20.2', true)).toEqual({ kind: 'written' });
});

test('programs are published by platform, those of servers first, tests not', () => {
  const archives = programArchives([
    'kubernetes-client-windows-amd64.tar.gz',
    'kubernetes-test-linux-amd64.tar.gz',
    'kubernetes-node-linux-amd64.tar.gz',
    'kubernetes-server-linux-amd64.tar.gz',
    'kubernetes-src.tar.gz',
    'kubernetes.tar.gz',
    'kubernetes-server-linux-amd64.tar.gz.sha256',
    'orchard-web-tools-linux-arm64.tar.gz',
  ]);
  expect(archives.map(({ name, platform }) => [name, platform])).toEqual([
    ['kubernetes-server-linux-amd64.tar.gz', 'linux/amd64'],
    ['kubernetes-client-windows-amd64.tar.gz', 'windows/amd64'],
    ['kubernetes-node-linux-amd64.tar.gz', 'linux/amd64'],
    ['orchard-web-tools-linux-arm64.tar.gz', 'linux/arm64'],
  ]);
  expect(programPath('kubernetes/server/bin/kubelet', 'linux/amd64')).toBe('bin/linux/amd64/kubelet');
  expect(programPath('orchard/bin/press', 'linux/arm64')).toBe('bin/linux/arm64/press');
  expect(programPath('kubernetes/server/bin/a/b', 'linux/amd64')).toBeUndefined();
  expect(programPath('kubernetes/LICENSES', 'linux/amd64')).toBeUndefined();
  expect(extraPath('kubernetes/cluster/gce/gci/node.yaml')).toBe('extra/gce/node.yaml');
  expect(extraPath('kubernetes/cluster/gce/windows/testonly/install-ssh.psm1')).toBe(
    'extra/gce/windows/install-ssh.psm1',
  );
  expect(extraPath('kubernetes/cluster/get-kube.sh')).toBeUndefined();
});

test('checksums are written anew; signatures have none', () => {
  expect(['a.sha256', 'SHA256SUMS', 'b/a.sha512'].every(isChecksum)).toBe(true);
  expect(['a.tar.gz', 'provenance.json', 'a.spdx.json'].every(isSummed)).toBe(true);
  expect(['a.sha256', 'a.sig', 'a.sigstore.json', 'a.md5'].some(isSummed)).toBe(false);
});

test('archives are never served with a content encoding in mind', () => {
  expect(contentTypeOf('kubernetes.tar.gz')).toBe('application/gzip');
  expect(contentTypeOf('SHA256SUMS')).toBe('text/plain; charset=utf-8');
  expect(contentTypeOf('bin/linux/amd64/kubectl')).toBe('application/octet-stream');
});

test('a list of sums is sorted by name and can be read back', () => {
  const sums = new Map([
    ['b', 'b'.repeat(64)],
    ['a', 'a'.repeat(64)],
  ]);
  expect(sumList(sums)).toBe(`${'a'.repeat(64)}  a\n${'b'.repeat(64)}  b`);
  expect([...parseSumList(`${sumList(sums)}\nnonsense`)]).toEqual([...sums].reverse());
});
