import { expect, test } from 'vitest';
import { packageVersion, versionProblems } from './version.ts';

test.each([
  ['v1.20.2', '1.20.2'],
  ['v1.28.0-rc.1', '1.28.0~rc.1'],
  ['v1.28.0-alpha.3.15+0123456789abcd', '1.28.0~alpha.3.15+0123456789abcd'],
  ['v1.28.1-3+0123456789abcd', '1.28.1+3+0123456789abcd'],
  ['v1.28.1-3+0123456789abcd-dirty', '1.28.1+3+0123456789abcd.dirty'],
  ['v1.30.0-vendor-2', '1.30.0~vendor.2'],
  ['v1.30.0+vendor-2', '1.30.0+vendor.2'],
])('%s is written %s', (tree, version) => {
  expect(packageVersion(tree)).toBe(version);
  expect(versionProblems('deb', 'a', { version, revision: '00' }, 'git')).toEqual([]);
  expect(versionProblems('rpm', 'a', { version, revision: '0' }, 'git')).toEqual([]);
});

test('a version that a format cannot write is told with what it can', () => {
  const told = (format: 'deb' | 'rpm', version: string, revision = '1') =>
    versionProblems(format, 'kubelet', { version, revision }, 'git').map(({ what }) => what);
  expect(told('deb', '1.2.3_4')).toEqual(['the version 1.2.3_4 of kubelet cannot be written in a deb']);
  expect(told('rpm', '1.2.3_4')).toEqual([]);
  expect(told('deb', '')).toEqual(['the version (empty) of kubelet cannot be written in a deb']);
  expect(told('deb', 'main')).toHaveLength(1);
  expect(told('rpm', '1.2.3/4')).toHaveLength(1);
  expect(told('rpm', '1.2.3', '1-2')).toEqual(['the revision 1-2 of kubelet cannot be written in an rpm']);
});
