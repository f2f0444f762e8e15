import { expect, test } from 'vitest';
import { copyOf, hostWith } from '../../../tests/trees.ts';
import { TreeReader } from '../reader.ts';
import type { ListGenerator } from './model.ts';
import { subprojectGenerators } from './subprojects.ts';

const SCRIPT = `kube::codegen::gen_client \\
    --with-watch \\
    --with-applyconfig \\
    --input-pkg-root k8s.io/agg/pkg/apis \\
    --output-pkg-root k8s.io/agg/pkg/client \\
    --output-base "$(dirname "\${BASH_SOURCE[0]}")/../../.." \\
    --clientset-name clientset_generated \\
    --versioned-name clientset \\
    --boilerplate "\${SCRIPT_ROOT}/hack/same.txt"
kube::codegen::gen_client \\
    --input-pkg-root k8s.io/agg/pkg/other \\
    --output-pkg-root k8s.io/agg/pkg/otherclient \\
    --boilerplate "\${SCRIPT_ROOT}/hack/same.txt"
`;

function read() {
  const root = copyOf('k8s-1.28', {
    'hack/boilerplate/ours.txt': '// Ours.\n',
    'staging/src/k8s.io/agg/hack/same.txt': '// Ours.\n',
    'staging/src/k8s.io/agg/hack/update-codegen.sh': SCRIPT,
  });
  return subprojectGenerators({
    reader: new TreeReader(hostWith(), root),
    body: 'subs=(\n  vendor/k8s.io/agg\n  vendor/k8s.io/gone\n)',
    openapi: {} as ListGenerator,
    programOf: (group) => ({ name: `${group}-gen`, goPackage: group }),
    header: 'hack/boilerplate/ours.txt',
  });
}

test('clients, and what is asked for beside them, for the versions below the root of each call', () => {
  const apples = [
    'staging/src/k8s.io/agg/pkg/apis/apples/v1',
    'staging/src/k8s.io/agg/pkg/apis/apples/v2beta1',
  ];
  const found = read().map((one) =>
    one.shape === 'directory'
      ? [one.kind, one.outputDirectory, ...one.flags.slice(2), ...one.flagsFor(apples)].join(' ')
      : one.shape,
  );
  const client = 'staging/src/k8s.io/agg/pkg/client';
  const dirs = apples.map((path) => path.slice('staging/src/'.length)).join(',');
  expect(found).toEqual([
    `applyconfiguration ${client}/applyconfiguration --input-dirs ${dirs}`,
    `client ${client}/clientset_generated --clientset-name clientset --input-base k8s.io/agg/pkg/apis --apply-configuration-package k8s.io/agg/pkg/client/applyconfiguration --input apples/v1,apples/v2beta1`,
    `lister ${client}/listers --input-dirs ${dirs}`,
    `informer ${client}/informers --versioned-clientset-package k8s.io/agg/pkg/client/clientset_generated/clientset --listers-package k8s.io/agg/pkg/client/listers --input-dirs ${dirs}`,
    'client staging/src/k8s.io/agg/pkg/otherclient/clientset --clientset-name versioned --input-base k8s.io/agg/pkg/other --apply-configuration-package  --input apples/v1,apples/v2beta1',
  ]);
});

test('a directory counts when it is named like a version and lies below the root', () => {
  const [first] = read();
  const isIn = (path: string) =>
    first?.shape === 'directory' && first.includes(`staging/src/k8s.io/agg/${path}`);
  expect(['pkg/apis/a/v1', 'pkg/apis/a/v1alpha2', 'pkg/apis/a/install', 'pkg/other/a/v1'].map(isIn)).toEqual([
    ...[true, true, false, false],
  ]);
});
