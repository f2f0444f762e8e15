import { expect, test } from 'vitest';
import { copyOf, hostWith } from '../../../tests/trees.ts';
import { TreeReader } from '../reader.ts';
import { protobuf } from './protobuf.ts';

const PROGRAM = 'staging/src/k8s.io/code-generator/cmd/go-to-protobuf';

function read(script: string) {
  const root = copyOf('k8s-1.20', {
    [`${PROGRAM}/main.go`]: 'package main\n',
    [`${PROGRAM}/protobuf/cmd.go`]:
      'var all = []string{\n\t\t`+k8s.io/apimachinery/pkg/runtime`,\n\t\t`k8s.io/apimachinery/pkg/apis/meta/v1`,\n\t}\n',
    'hack/lib/protoc.sh': 'if [[ "$(protoc --version)" != "libprotoc 3."* ]]; then\n',
    'hack/update-generated-protobuf-dockerized.sh': script,
  });
  return protobuf(new TreeReader(hostWith(), root), 'k8s.io/kubernetes');
}

test('program, plugin, packages of its own and flags, out of the tree', () => {
  const found = read(
    '  "${gotoprotobuf}" \\\n  --proto-import="${KUBE_ROOT}/vendor" \\\n  --proto-import="${KUBE_ROOT}/third_party/protobuf" \\\n  --go-header-file ${KUBE_ROOT}/hack/boilerplate/ours.txt \\\n',
  );
  expect(found).toMatchObject({
    program: { name: 'go-to-protobuf', directory: PROGRAM },
    plugins: [{ name: 'protoc-gen-gogo', directory: `${PROGRAM}/protoc-gen-gogo` }],
    alsoPackages: ['k8s.io/apimachinery/pkg/runtime', 'k8s.io/apimachinery/pkg/apis/meta/v1'],
    imports: ['vendor', 'third_party/protobuf'],
    header: 'hack/boilerplate/ours.txt',
    tools: [{ name: 'protoc', version: '3.' }, { name: 'goimports' }],
  });
  const asked = ['staging/src/k8s.io/api/core/v1', 'pkg/a', 'test/a'];
  expect(asked.map((path) => found?.includes(path))).toEqual([true, true, false]);
});

test('another script is left to itself', () => {
  expect(read('protoc --go_out=.\n')).toBeUndefined();
});
