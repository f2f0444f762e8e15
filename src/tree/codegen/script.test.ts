import { expect, test } from 'vitest';
import { copyOf, hostWith } from '../../../tests/trees.ts';
import { TreeReader } from '../reader.ts';
import { readScriptModel } from './script.ts';

const group = (name: string, body: string) => `function codegen::${name}() {\n${body}\n}\n`;
const install = (name: string) =>
  `    GO111MODULE=on GOPROXY=off go install \\\n        k8s.io/code-generator/cmd/${name}-gen\n`;
const base = (name: string) => `    local output_base="\${GENERATED_FILE_PREFIX}${name}"\n`;

const SCRIPT = `BOILERPLATE_FILENAME="hack/boilerplate/ours.txt"
${group('deepcopy', `${install('deepcopy')}${base('deepcopy')}    run --bounding-dirs "\${PRJ_SRC_PATH},k8s.io/api"`)}
${group('prerelease', install('prerelease-lifecycle') + base('prerelease-lifecycle'))}
${group('defaults', install('defaulter') + base('defaults'))}
${group('conversions', `${install('conversion')}${base('conversion')}    local extra_peer_pkgs=(\n        k8s.io/api/core/v1\n    )\n    run --extra-dirs`)}
${group('openapi', `${install('openapi')}${base('openapi')}    local output_dir="pkg/generated/openapi"\n    local known_violations_file="\${API_KNOWN_VIOLATIONS_DIR}/known.list"\n    k8s_tag_files_except \\\n        vendor/k8s.io/sample-apiserver\n    )`)}`;

function read(files: Readonly<Record<string, string>>) {
  return readScriptModel(new TreeReader(hostWith(), copyOf('k8s-1.28', files)), 'k8s.io/kubernetes');
}

test('the groups of update-codegen.sh that work on tags', () => {
  const model = read({ 'hack/update-codegen.sh': SCRIPT, 'hack/run-in-gopath.sh': '' });
  expect(model?.header).toBe('hack/boilerplate/ours.txt');
  expect(
    model?.generators.map((one) =>
      one.shape === 'printed' || one.shape === 'spread'
        ? one
        : [one.kind, one.program.name, one.needle, one.outputName, one.flags],
    ),
  ).toEqual([
    [
      'deepcopy',
      'deepcopy-gen',
      '+k8s:deepcopy-gen=',
      'zz_generated.deepcopy.go',
      ['--bounding-dirs', 'k8s.io/kubernetes,k8s.io/api'],
    ],
    [
      'prerelease-lifecycle',
      'prerelease-lifecycle-gen',
      '+k8s:prerelease-lifecycle-gen=true',
      'zz_generated.prerelease-lifecycle.go',
      [],
    ],
    ['defaulter', 'defaulter-gen', '+k8s:defaulter-gen=', 'zz_generated.defaults.go', []],
    [
      'conversion',
      'conversion-gen',
      '^+k8s:conversion-gen=',
      'zz_generated.conversion.go',
      ['--extra-peer-dirs', 'k8s.io/api/core/v1'],
    ],
    ['openapi', 'openapi-gen', '+k8s:openapi-gen=', 'zz_generated.openapi.go', []],
  ]);
  const openapi = model?.generators.at(-1);
  expect(openapi).toMatchObject({
    outputDirectory: 'pkg/generated/openapi',
    knownViolations: 'api/api-rules/known.list',
  });
  const included = ['staging/src/k8s.io/api/a', 'staging/src/k8s.io/sample-apiserver/b'];
  expect(included.map((path) => openapi?.shape === 'list' && openapi.includes?.(path))).toEqual([
    true,
    false,
  ]);
  expect(
    ['vendor', 'staging/src/x/testdata', 'pkg/_x', '_output'].map((path) => model?.pruned(path)),
  ).toEqual([true, true, false, true]);
});

test('openapi files of sub-projects, as their own scripts ask for them', () => {
  const subs = group(
    'subprojects',
    '    local subs=(\n        vendor/k8s.io/agg\n        vendor/k8s.io/other\n    )',
  );
  const call = (text: string) =>
    `    report_filename="\${API_KNOWN_VIOLATIONS_DIR}/agg.list"\nkube::codegen::gen_openapi \\\n    --input-pkg-root k8s.io/agg/pkg/apis \\\n    --extra-pkgs k8s.io/api/autoscaling/v1 \`# for Scale\` \\\n    --output-pkg-root k8s.io/agg/pkg/generated \\\n    --boilerplate "\${SCRIPT_ROOT}/hack/${text}.txt"\n`;
  const files = {
    ...{ 'hack/update-codegen.sh': `${SCRIPT}\n${subs}`, 'hack/run-in-gopath.sh': '' },
    ...{ 'hack/boilerplate/ours.txt': '// Ours.\n', 'staging/src/k8s.io/agg/hack/same.txt': '// Ours.\n' },
    'staging/src/k8s.io/agg/hack/other.txt': '// Of somebody else.\n',
  };
  const script = 'staging/src/k8s.io/agg/hack/update-codegen.sh';
  const found = read({ ...files, [script]: call('same') })?.generators.at(-1);
  expect(found).toMatchObject({
    ...{ kind: 'openapi', outputDirectory: 'staging/src/k8s.io/agg/pkg/generated/openapi' },
    ...{ knownViolations: 'api/api-rules/agg.list', outputName: 'zz_generated.openapi.go' },
  });
  const asked = [
    'agg/pkg/apis/v1',
    'agg/pkg/apis2',
    'apimachinery/pkg/version',
    'api/autoscaling/v1',
    'api/core/v1',
  ];
  const isIn = (path: string) => found?.shape === 'list' && found.includes?.(`staging/src/k8s.io/${path}`);
  expect(asked.map(isIn)).toEqual([true, false, true, true, false]);
  const another = read({ ...files, [script]: call('other') })?.generators.at(-1);
  expect(another).toMatchObject({ outputDirectory: 'pkg/generated/openapi' });
});

test('clients of the versions that are served, in the order of the tree’s list; listers and informers of all', () => {
  const run = (name: string, flags: string) =>
    `${install(name)}    "\${${name}gen}" \\\n        --go-header-file "\${BOILERPLATE_FILENAME}" \\\n        --output-base "\${KUBE_ROOT}/vendor" \\\n${flags}        $(printf -- " --input %s" "\${dirs[@]}") \\\n        "$@"`;
  const clients = `        --output-package="k8s.io/client-go" \\\n        --clientset-name="kubernetes" \\\n        --apply-configuration-package "\${APPLYCONFIG_PKG}" \\\n`;
  const informers = `        --output-package "k8s.io/client-go/informers" \\\n        --single-directory \\\n        --listers-package k8s.io/client-go/listers \\\n`;
  const model = read({
    'hack/update-codegen.sh': `APPLYCONFIG_PKG="k8s.io/client-go/apply"\n${SCRIPT}\n${group('clients', run('client', clients))}${group('informers', run('informer', informers))}`,
    'hack/run-in-gopath.sh': '',
    ...Object.fromEntries(
      ['admission/v1', 'policy/v1', 'policy/v1beta1'].map((name) => [
        `staging/src/k8s.io/api/${name}/types.go`,
        '',
      ]),
    ),
    'hack/lib/init.sh':
      'KUBE_AVAILABLE_GROUP_VERSIONS="${KUBE_AVAILABLE_GROUP_VERSIONS:-\\\nv1 \\\npolicy.k8s.io/v1beta1 \\\npolicy.k8s.io/v1 \\\ninternal.apiserver.k8s.io/v1alpha1 \\\nadmission.k8s.io/v1\\\n}"\nKUBE_NONSERVER_GROUP_VERSIONS="\n admission.k8s.io/v1\\\n"\n',
  });
  const names = ['admission/v1', 'apiserverinternal/v1alpha1', 'core/v1', 'policy/v1', 'policy/v1beta1'];
  const directories = names.map((name) => `staging/src/k8s.io/api/${name}`);
  const made = model?.generators.flatMap((one) =>
    one.shape === 'directory'
      ? [[one.kind, one.outputDirectory, [...one.flags, ...one.flagsFor(directories)].join(' ')]]
      : [],
  );
  expect(made).toEqual([
    [
      'client',
      'staging/src/k8s.io/client-go/kubernetes',
      '--output-package k8s.io/client-go --clientset-name kubernetes --apply-configuration-package k8s.io/client-go/apply --input core/v1,policy/v1beta1,policy/v1,apiserverinternal/v1alpha1',
    ],
    [
      'informer',
      'staging/src/k8s.io/client-go/informers',
      `--output-package k8s.io/client-go/informers --single-directory --listers-package k8s.io/client-go/listers --input-dirs ${names.map((name) => `k8s.io/api/${name}`).join(',')}`,
    ],
  ]);
});

test('a script without the link tree is of another era', () => {
  expect(
    readScriptModel(
      new TreeReader(hostWith(), copyOf('k8s-1.30', { 'hack/update-codegen.sh': SCRIPT })),
      'k8s.io/kubernetes',
    ),
  ).toBeUndefined();
});
