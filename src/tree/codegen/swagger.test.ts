import { expect, test } from 'vitest';
import { copyOf, hostWith } from '../../../tests/trees.ts';
import { TreeReader } from '../reader.ts';
import { swaggerDocs } from './swagger.ts';

const FRAME = `kube::swagger::gen_types_swagger_doc() {
  local TMPFILE="/tmp/types_swagger_doc_generated.go"
  {
    echo -e "$(cat hack/boilerplate/ours.txt)\\n"
    cat <<EOF

// Fields of this version.
EOF
  } > "\${TMPFILE}"
  echo "// That is all." >> "\${TMPFILE}"
}
`;

function read(frame: string) {
  const root = copyOf('k8s-1.20', {
    'cmd/genswaggertypedocs/main.go': 'package main\n',
    'hack/boilerplate/ours.txt': '// Ours.\n',
    'hack/lib/swagger.sh': frame,
    'hack/update-generated-swagger-docs.sh':
      'IFS=" " read -r -a GROUP_VERSIONS <<< "meta/v1 ${KUBE_AVAILABLE_GROUP_VERSIONS}"\n',
    'hack/lib/init.sh':
      'KUBE_AVAILABLE_GROUP_VERSIONS="${KUBE_AVAILABLE_GROUP_VERSIONS:-\\\nv1 \\\nrbac.authorization.k8s.io/v1 \\\nold/v1 \\\n}"\n',
    'staging/src/k8s.io/api/rbac/v1/types.go': 'package v1\n',
  });
  return swaggerDocs(new TreeReader(hostWith(), root), 'k8s.io/kubernetes');
}

test('before 1.27: versions, text and licence out of two scripts', () => {
  const found = read(FRAME);
  expect(found?.directories).toEqual([
    'staging/src/k8s.io/apimachinery/pkg/apis/meta/v1',
    'staging/src/k8s.io/api/core/v1',
    'staging/src/k8s.io/api/rbac/v1',
    'pkg/apis/old/v1',
  ]);
  expect(found?.before('staging/src/k8s.io/api/core/v1')).toBe(
    '// Ours.\n\npackage v1\n\n// Fields of this version.\n',
  );
  expect(found?.after).toBe('// That is all.\n');
  expect(found?.program.directory).toBe('cmd/genswaggertypedocs');
});

test('a text that the shell would change is left to the shell', () => {
  expect(read(FRAME.replace('of this version', 'of $(date)'))).toBeUndefined();
  expect(read('')).toBeUndefined();
});
