import { expect, test } from 'vitest';
import { type KnownModule, linkageOf, repositoryOf } from './modules.ts';

const main: KnownModule = { path: 'k8s.io/kubernetes', version: 'v1.20.2', licenses: ['LICENSE'] };
const known: KnownModule[] = [
  { path: 'k8s.io/api', version: 'v1.20.2', licenses: [] },
  { path: 'go.etcd.io/etcd', version: 'v3.4.13', licenses: ['vendor/go.etcd.io/etcd/LICENSE'] },
  { path: 'github.com/Azure/go-autorest', version: 'v14.2.0+incompatible', licenses: [] },
  { path: 'github.com/Azure/go-autorest/autorest', version: 'v0.11.1', licenses: [] },
];

test('linked packages are led back to modules: the longest path wins, vendor directories are looked through', () => {
  const packages = [
    ...['main', 'fmt', 'vendor/golang.org/x/net/http/httpguts', 'encoding/json'],
    'k8s.io/kubernetes/vendor/github.com/Azure/go-autorest/autorest/adal',
    'k8s.io/kubernetes/vendor/k8s.io/api/core/v1',
    'k8s.io/kubernetes/pkg/apis/core',
    'k8s.io/kubernetes/Godeps/_workspace/src/github.com/unknown/thing/sub',
    'go.etcd.io/etcd/clientv3',
  ];
  const { evidence, modules } = linkageOf({ platform: 'linux/amd64', packages }, known, main);
  expect(evidence).toBe('linked packages');
  expect(modules.map(({ path, version }) => `${path} ${version}`)).toEqual([
    'github.com/Azure/go-autorest/autorest v0.11.1',
    'github.com/unknown/thing ',
    'go.etcd.io/etcd v3.4.13',
    'golang.org/x/net ',
    'k8s.io/api v1.20.2',
    'k8s.io/kubernetes v1.20.2',
  ]);
  expect(modules[2]?.licenses).toEqual(['vendor/go.etcd.io/etcd/LICENSE']);
});

test('build information wins: its versions and sums, the tree’s own version for what lies in the tree', () => {
  const build = {
    main: { path: 'k8s.io/kubernetes', version: '(devel)' },
    modules: [
      { path: 'go.etcd.io/etcd', version: 'v3.5.0', sum: 'h1:abc=' },
      { path: './staging/src/k8s.io/api', version: '', replaces: 'k8s.io/api' },
      { path: 'example.dev/fork', version: 'v2.0.0', replaces: 'example.dev/original' },
    ],
  };
  const { evidence, modules } = linkageOf({ platform: 'linux/amd64', build, packages: [] }, known, main);
  expect(evidence).toBe('build information');
  expect(modules).toEqual([
    { path: 'example.dev/fork', version: 'v2.0.0', licenses: [] },
    {
      path: 'go.etcd.io/etcd',
      version: 'v3.5.0',
      sum: 'h1:abc=',
      licenses: ['vendor/go.etcd.io/etcd/LICENSE'],
    },
    { path: 'k8s.io/api', version: 'v1.20.2', licenses: [] },
    { path: 'k8s.io/kubernetes', version: 'v1.20.2', licenses: ['LICENSE'] },
  ]);
});

test.each([
  ['gopkg.in/yaml.v2/sub', 'gopkg.in/yaml.v2'],
  ['gopkg.in/square/go-jose.v2/json', 'gopkg.in/square/go-jose.v2'],
  ['golang.org/x/net/context', 'golang.org/x/net'],
  ['google.golang.org/api/compute/v1', 'google.golang.org/api'],
  ['github.com/coreos/etcd/client', 'github.com/coreos/etcd'],
])('the repository of %s is %s', (path, repository) => {
  expect(repositoryOf(path)).toBe(repository);
});
