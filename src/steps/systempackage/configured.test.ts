import { expect, test } from 'vitest';
import { packageSchema } from '../../config/packages.ts';
import { type ConfiguredRequest, configuredDefinition } from './configured.ts';
import { kubernetesDefinitions } from './kubernetes/definitions.ts';

function defined(configured: unknown, more: Partial<ConfiguredRequest> = {}) {
  return configuredDefinition({
    ...{ name: 'apples', format: 'deb', base: undefined, treeName: 'orchard', readText: () => undefined },
    configured: packageSchema.parse(configured),
    locate: (path) => ({ file: 'kubewright.yaml', note: path }),
    ...more,
  });
}

const WHO = { summary: 'Fruit', maintainer: 'Team <team@example.org>', licence: 'Apache-2.0' };

test('programs, files, texts, directories and links get the modes that they need', () => {
  const made = defined({
    ...WHO,
    files: [
      { program: 'apples' },
      { source: 'etc/apples.conf', path: '/etc/apples.conf', config: true },
      { text: 'x', path: '/usr/share/apples/x', mode: '0600' },
      { directory: '/var/lib/apples' },
      { link: 'apples', path: '/usr/bin/fruit' },
    ],
  });
  expect(made.ok && made.value.files).toEqual([
    { path: '/usr/bin/apples', kind: 'file', mode: 0o755, content: { kind: 'program', name: 'apples' } },
    {
      ...{ path: '/etc/apples.conf', kind: 'file', role: 'config' },
      content: { kind: 'tree', path: 'etc/apples.conf' },
    },
    { path: '/usr/share/apples/x', kind: 'file', mode: 0o600, content: { kind: 'text', text: 'x' } },
    { path: '/var/lib/apples', kind: 'directory', mode: 0o755 },
    { path: '/usr/bin/fruit', kind: 'symlink', mode: 0o777, target: 'apples' },
  ]);
});

test('what holds for one format stands before what holds for both', () => {
  const configured = {
    ...{ ...WHO, files: [{ program: 'apples' }], depends: ['a1'], recommends: ['b1'] },
    rpm: { depends: ['glibc >= 2.28'], section: 'System/Daemons' },
  };
  const of = (format: 'deb' | 'rpm') => {
    const made = defined(configured, { format });
    return made.ok && [made.value.relations, made.value.section];
  };
  expect(of('deb')).toEqual([{ depends: ['a1'], recommends: ['b1'] }, 'misc']);
  expect(of('rpm')).toEqual([{ depends: ['glibc >= 2.28'], recommends: ['b1'] }, 'System/Daemons']);
});

test('of a package that is known, each key changes what it names', () => {
  const base = kubernetesDefinitions('1.30.0', 'deb').find(({ name }) => name === 'kubelet');
  const made = defined(
    { maintainer: 'Vendor <k8s@example.org>', depends: ['socat'] },
    { name: 'kubelet', base },
  );
  expect(made.ok && made.value).toMatchObject({
    ...{ summary: base?.summary, files: base?.files, units: base?.units, revision: '1.1' },
    ...{ maintainer: 'Vendor <k8s@example.org>', relations: { depends: ['socat'] } },
  });
});

test('what is missing is told with an example, all at once', () => {
  const made = defined({ summary: 'Fruit', scripts: { afterInstall: 'after.sh' } });
  expect(made.diagnostics.map(({ what }) => what)).toEqual([
    'the package apples has no maintainer',
    'the package apples has no licence',
    'the package apples has no files',
    'there is no file after.sh in the tree',
  ]);
  expect(made.diagnostics.at(-1)?.where).toEqual([{ file: 'kubewright.yaml', note: 'scripts.afterInstall' }]);
});

test.each([
  [{ files: [{ path: '/usr/bin/x' }] }, 'one of program, source, text, directory and link'],
  [{ files: [{ source: 'x' }] }, 'it needs a path, where it is installed'],
  [{ files: [{ source: 'x', path: 'usr/x' }] }, 'a path from the root, as it is installed: /usr/bin/apples'],
  [
    { files: [{ source: 'x', path: '/usr/../x' }] },
    'a path from the root, as it is installed: /usr/bin/apples',
  ],
  [{ maintainer: 'Team' }, 'a name and an address: Orchard Team <team@example.org>'],
])('the schema refuses %j', (configured, message) => {
  const checked = packageSchema.safeParse(configured);
  expect(checked.error?.issues.map((issue) => issue.message)).toEqual([message]);
});
