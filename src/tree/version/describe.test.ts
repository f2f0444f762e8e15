import { expect, test } from 'vitest';
import { isSemanticVersion, majorMinor, transformVersion } from './describe.ts';

// The rows of spec versions-and-targets 9.3: what git says, dirty, then version and major/minor by era.
const ROWS: [string, boolean, string, string, string][] = [
  ['v1.2.3', false, 'v1.2.3 1/2', 'v1.2.3 1/2', 'v1.2.3 1/2'],
  ['v1.2.3', true, 'v1.2.3-dirty 1/2+', 'v1.2.3-dirty 1/2+', 'v1.2.3-dirty 1/2+'],
  [
    'v1.2.3-4-g0123456789abcd',
    false,
    'v1.2.3.4+0123456789abcd -',
    'v1.2.3-4+0123456789abcd 1/2+',
    'v1.2.3-4+0123456789abcd 1/2+',
  ],
  [
    'v1.2.3-4-g0123456789abcd',
    true,
    'v1.2.3.4+0123456789abcd-dirty -',
    'v1.2.3-4+0123456789abcd-dirty 1/2+',
    'v1.2.3-4+0123456789abcd-dirty 1/2+',
  ],
  ['v1.2.0-alpha.3', false, 'v1.2.0-alpha.3 1/2+', 'v1.2.0-alpha.3 1/2+', 'v1.2.0-alpha.3 1/2+'],
  [
    'v1.2.0-alpha.3-16-g0123456789abcd',
    false,
    'v1.2.0-alpha.3.16+0123456789abcd 1/2+',
    'v1.2.0-alpha.3.16+0123456789abcd 1/2+',
    'v1.2.0-alpha.3.16+0123456789abcd 1/2+',
  ],
  [
    'v1.2.3-4-g0123456789abc',
    false,
    'v1.2.3-4-g0123456789abc 1/2+',
    'v1.2.3-4-g0123456789abc 1/2+',
    'v1.2.3-4-g0123456789abc 1/2+',
  ],
  [
    'v1.2.3-rc.1-foo-2-g0123456789abcd',
    false,
    'v1.2.3-rc.1-foo.2+0123456789abcd 1/2+',
    'v1.2.3-rc.1-foo-2-g0123456789abcd 1/2+',
    'v1.2.3-rc.1-foo-2-g0123456789abcd 1/2+',
  ],
  ['v1.14', false, 'v1.14 1/14', 'v1.14 1/14', 'v1.14 1/14'],
  ['v1.30.0+k3s1', false, 'v1.30.0+k3s1 -', 'v1.30.0+k3s1 -', 'v1.30.0+k3s1 1/30'],
  ['v1.30.0+k3s1', true, 'v1.30.0+k3s1-dirty -', 'v1.30.0+k3s1-dirty -', 'v1.30.0+k3s1-dirty 1/30'],
];

test.each(ROWS)('%s, dirty %s', (described, dirty, ...expected) => {
  const rules = ['k8s-1.2', 'k8s-1.7', 'k8s-1.14'] as const;
  const actual = rules.map((rule) => {
    const version = transformVersion(rule, described, dirty);
    const numbers = majorMinor(rule, version);
    return `${version} ${numbers ? `${numbers.major}/${numbers.minor}` : '-'}`;
  });
  expect(actual).toEqual(expected);
});

test('semantic versions are told from others', () => {
  const good = ['v1.30.0', 'v1.14', 'v1.30.0-rc.1+vendor.2', 'v1.2.3-4+0123456789abcd-dirty'];
  const wrong = ['', '1.2.3', 'kubernetes-1.2.3', 'v1.30.0+k3s1+x', 'v1', 'v1.2.3 '];
  expect([...good, ...wrong].filter(isSemanticVersion)).toEqual(good);
});
