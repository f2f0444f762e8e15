import { describe, expect, test } from 'vitest';
import { PACKAGING_SCRIPT } from '../../../tests/fixtures/packaging.ts';
import { readPackagingScript } from './script.ts';
import { expandWords } from './words.ts';

const LISTS = new Map<string, readonly string[]>([
  ['KUBE_CLIENT_BINARIES', ['kubectl']],
  ['KUBE_CLIENT_PLATFORMS', ['linux/amd64', 'windows/amd64']],
  ['KUBE_NODE_BINARIES', ['kubelet', 'kube-proxy']],
  ['KUBE_NODE_PLATFORMS', ['linux/amd64']],
  ['KUBE_SERVER_BINARIES', ['kube-apiserver']],
  ['KUBE_SERVER_PLATFORMS', ['linux/arm64']],
  ['KUBE_TEST_PORTABLE', ['hack/own', 'test/e2e']],
]);

function read(text: string, settings: Readonly<Record<string, string>> = {}) {
  const { tarballs, unknown } = readPackagingScript('build/lib/release.sh', text, LISTS, settings);
  const shown = tarballs.map(({ name, root, stagings }) => [
    name,
    ...stagings.map((one) => {
      const to = one.to.slice(root.length + 1) || '.';
      if (one.kind === 'copy') return `${one.from} → ${to}${one.isOptional ? ' (if there)' : ''}`;
      if (one.kind === 'find')
        return `${one.from} ${one.names}${one.without ? ` without ${one.without.text} in ${one.without.in}` : ''} → ${to}`;
      if (one.kind === 'text') return `"${one.text}" → ${to}`;
      if (one.kind === 'images') return `images ${one.arch} → ${to}`;
      return `${one.kind} ${to}`;
    }),
  ]);
  return { shown, unknown };
}

describe('a packaging script', () => {
  test('tells the archives, and what is staged for each', () => {
    const { shown, unknown } = read(PACKAGING_SCRIPT, { KUBE_GIT_VERSION: 'v1.20.2' });
    expect(unknown).toEqual([]);
    expect(shown).toEqual([
      [
        'kubernetes-client-linux-amd64.tar.gz',
        'remove .',
        'directory client/bin',
        '@programs/linux/amd64/kubectl → client/bin/',
      ],
      [
        'kubernetes-client-windows-amd64.tar.gz',
        'remove .',
        'directory client/bin',
        '@programs/windows/amd64/kubectl → client/bin/',
      ],
      [
        'kubernetes-node-linux-amd64.tar.gz',
        'directory node/bin',
        '@programs/linux/amd64/kubelet → node/bin/',
        '@programs/linux/amd64/kube-proxy → node/bin/',
        '@tree/LICENSES → .',
        '@tarballs/kubernetes-src.tar.gz → .',
      ],
      [
        'kubernetes-server-linux-arm64.tar.gz',
        'directory server/bin',
        'images arm64 → server/bin',
        'directory addons',
        '@programs/linux/arm64/kube-apiserver → server/bin/',
        '@tree/LICENSES → .',
        '@tarballs/kubernetes-src.tar.gz → .',
      ],
      [
        'kubernetes-manifests.tar.gz',
        'remove .',
        'directory gci-trusty',
        '@tree/cluster/gce/manifests/etcd.manifest → gci-trusty',
        '@tree/cluster/gce/manifests internal-* → gci-trusty',
        '@tree/cluster/gce/helper.sh → gci-trusty/gci-helper.sh',
        '@tree/cluster/gce/own-helper.sh → gci-trusty/ (if there)',
        '@tree/cluster/addons *.yaml,*.json without demo in name → gci-trusty',
        '@tree/cluster/gce/addons *.yaml,*.json without demo in name → gci-trusty',
      ],
      [
        'kubernetes-test-portable.tar.gz',
        'remove .',
        'directory test/images',
        '@tree/test/images → test/',
        '@tree/hack/own → hack/own',
        '@tree/test/e2e → test/e2e',
      ],
      [
        'kubernetes.tar.gz',
        'remove .',
        'directory client',
        '"Programs are elsewhere.\n\n# This line is no comment.\n" → client/README',
        '@tree/cluster → .',
        'remove cluster/gce/addons',
        'directory server',
        '@tarballs/kubernetes-manifests.tar.gz → server/',
        '"v1.20.2\n" → version',
      ],
    ]);
  });

  // The forms of 1.2 to 1.13: objects listed in a sub-shell, platforms below one archive.
  const OLD = `
function kube::release::package_salt_tarball() {
  local release_stage="\${RELEASE_STAGE}/salt/kubernetes"
  rm -rf "\${release_stage}"
  mkdir -p "\${release_stage}"
  cp -R "\${KUBE_ROOT}/cluster/saltbase" "\${release_stage}/"
  local objects
  objects=$(cd "\${KUBE_ROOT}/cluster/addons" && find . \\( -name \\*.yaml -or -name \\*.json \\) | grep -v demo)
  tar c -C "\${KUBE_ROOT}/cluster/addons" \${objects} | tar x -C "\${release_stage}/saltbase/salt/kube-addons"
  local package_name="\${RELEASE_DIR}/kubernetes-salt.tar.gz"
  kube::release::create_tarball "\${package_name}" "\${release_stage}/.."
}

function kube::release::package_full_tarball() {
  local release_stage="\${RELEASE_STAGE}/full/kubernetes"
  local platform
  for platform in "\${KUBE_CLIENT_PLATFORMS[@]}"; do
    local client_bins=("\${KUBE_CLIENT_BINARIES[@]}")
    mkdir -p "\${release_stage}/platforms/\${platform}"
    cp "\${client_bins[@]/#/\${LOCAL_OUTPUT_BINPATH}/\${platform}/}" \\
      "\${release_stage}/platforms/\${platform}"
  done
  if [[ "\${KUBE_BUILD_HYPERKUBE}" =~ [yY] ]]; then
    cp "\${LOCAL_OUTPUT_BINPATH}/linux/amd64/hyperkube" "\${release_stage}"
  fi
  cp "\${RELEASE_DIR}"/kubernetes-server-*.tar.gz "\${release_stage}/server/"
  cp -r "\${KUBE_ROOT}/cluster/coreos"/* "\${release_stage}/"
  local package_name="\${RELEASE_DIR}/kubernetes.tar.gz"
  kube::release::create_tarball "\${package_name}" "\${release_stage}/.."
}
`;

  test('of an old era is read as well', () => {
    const { shown, unknown } = read(OLD, { KUBE_BUILD_HYPERKUBE: 'n' });
    expect(unknown).toEqual([]);
    expect(shown).toEqual([
      [
        'kubernetes-salt.tar.gz',
        'remove .',
        'directory .',
        '@tree/cluster/saltbase → .',
        '@tree/cluster/addons *.yaml,*.json without demo in path → saltbase/salt/kube-addons',
      ],
      [
        'kubernetes.tar.gz',
        'directory platforms/linux/amd64',
        '@programs/linux/amd64/kubectl → platforms/linux/amd64',
        'directory platforms/windows/amd64',
        '@programs/windows/amd64/kubectl → platforms/windows/amd64',
        '@tarballs/kubernetes-server-*.tar.gz → server/',
        '@tree/cluster/coreos/* → .',
      ],
    ]);
  });

  test('with a line that nobody can read says which', () => {
    const text = OLD.replace('  rm -rf', '  rsync -a extras/ "${release_stage}/"\n  rm -rf');
    expect(read(text).unknown).toEqual([
      { file: 'build/lib/release.sh', line: 4, text: '  rsync -a extras/ "${release_stage}/"' },
    ]);
  });
});

test.each([
  ['"${A[@]/#/${D}/x/}" b', ['/d/x/one', '/d/x/two', 'b']],
  ['"${P/\\//-}"', ['linux-amd64']],
  ['${P%/*} ${P##*/}', ['linux', 'amd64']],
  ['\'${P}\' "a b"\\ c', ['${P}', 'a b c']],
  ['${NONE-default} ${NONE}x', ['default', 'x']],
])('the words %s', (text, words) => {
  const variables = new Map([
    ['A', ['one', 'two']],
    ['D', ['/d']],
    ['P', ['linux/amd64']],
  ]);
  expect(expandWords(text, variables)).toEqual(words);
});
