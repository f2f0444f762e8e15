import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { copyOf, fixture, hostWith, printed, treeAt } from '../../tests/trees.ts';
import { NO_CONFIG } from '../config/config.ts';
import { readConfig } from '../config/read.ts';
import type { Platform } from '../target/platform.ts';
import { type DeclaredImages, readImages } from './images.ts';

/** The images of a miniature with these files, for some platforms. */
async function imagesOf(
  era: string,
  files: Readonly<Record<string, string>>,
  platforms: readonly Platform[] = ['linux/amd64'],
  environment: Readonly<Record<string, string>> = {},
  yaml?: string,
): Promise<DeclaredImages> {
  const root = copyOf(era, files);
  const tree = await treeAt(root, environment);
  const config = yaml === undefined ? undefined : readConfig('kubewright.yaml', yaml);
  if (config && !config.ok) throw new Error(printed(config.diagnostics));
  const result = await readImages(hostWith(environment), tree, config?.value ?? NO_CONFIG, {
    platforms,
    noEval: false,
  });
  if (!result.ok) throw new Error(printed(result.diagnostics));
  return result.value;
}

const common = (body: string) => `#!/usr/bin/env bash
set -o errexit -o nounset -o pipefail
USER_ID=$(id -u)
KUBE_ROOT=$(cd "$(dirname "\${BASH_SOURCE[0]}")"/.. && pwd -P)
source "\${KUBE_ROOT}/hack/lib/init.sh"
${body}
`;

const wrapped = (...pairs: readonly string[]) =>
  `kube::build::get_docker_wrapped_binaries() {\n  local arch=\${1:-}\n  echo ${pairs.map((pair) => `"${pair}"`).join(' ')}\n}`;

const release = (body: string) => `function kube::release::create_docker_images_for_server() {\n${body}\n}\n`;

test('1.2: busybox bases of an architecture, plain names on amd64, tags of MD5', async () => {
  const files = {
    'build/common.sh': `${common(
      'kube::build::get_docker_wrapped_binaries() {\n  case $1 in\n    amd64) local targets=(kube-apiserver,busybox);;\n    arm) local targets=(kube-apiserver,hypriot/armhf-busybox);;\n  esac\n  echo "${targets[@]}"\n}',
    )}${release('  local md5_sum\n  md5_sum=$(kube::release::md5 "$1")\n  if [[ ${arch} == "amd64" ]]; then\n    local docker_image_tag="gcr.io/google_containers/${binary_name}:${md5_sum}"\n  fi')}`,
    'build/nsswitch.conf': 'hosts: files dns\n',
  };
  const { images } = await imagesOf('k8s-1.2', files, ['linux/amd64', 'linux/arm']);
  expect(images.map(({ repository, base, hasDigestTag }) => [repository, base, hasDigestTag])).toEqual([
    ['gcr.io/google_containers/kube-apiserver', 'busybox', true],
    ['gcr.io/google_containers/kube-apiserver-arm', 'hypriot/armhf-busybox', true],
  ]);
  expect(images[0]?.copies.map(({ target }) => target)).toEqual(['/usr/local/bin/kube-apiserver', '/etc/']);
});

const ERA_1_20 = {
  'build/common.sh': common(
    `KUBE_BASE_IMAGE_REGISTRY=\${KUBE_BASE_IMAGE_REGISTRY:-k8s.gcr.io/build-image}\n${wrapped('kube-apiserver,${KUBE_BASE_IMAGE_REGISTRY}/go-runner:v2')}`,
  ),
  'build/lib/release.sh': release('  local -r docker_registry="k8s.gcr.io"'),
};

test('1.20: the architecture is in every name, and the list has none', async () => {
  const { images } = await imagesOf('k8s-1.20', ERA_1_20, ['linux/arm64', 'linux/amd64']);
  expect(images.map(({ repository, list, base }) => [repository, list, base])).toEqual([
    ['k8s.gcr.io/kube-apiserver-amd64', 'k8s.gcr.io/kube-apiserver', 'k8s.gcr.io/build-image/go-runner:v2'],
    ['k8s.gcr.io/kube-apiserver-arm64', 'k8s.gcr.io/kube-apiserver', 'k8s.gcr.io/build-image/go-runner:v2'],
  ]);
  expect(images[0]?.where).toMatchObject({ file: 'build/common.sh', line: 7 });
});

test('the registry of bases is the one of the environment', async () => {
  const { images } = await imagesOf('k8s-1.20', ERA_1_20, ['linux/amd64'], {
    KUBE_BASE_IMAGE_REGISTRY: 'mirror.example/build-image',
  });
  expect(images[0]?.base).toBe('mirror.example/build-image/go-runner:v2');
});

const DOCKERFILES = {
  'build/common.sh': common(
    `${wrapped('kube-apiserver,example.io/go-runner:v3', 'kubectl,example.io/go-runner:v3', 'kube-proxy,example.io/iptables:v1')}\nreadonly KUBE_BUILD_SETCAP_IMAGE=example.io/setcap:v1`,
  ),
  'build/lib/release.sh': release('  local -r docker_registry="registry.k8s.io"'),
  'build/server-image/Dockerfile':
    'ARG BASEIMAGE\nARG BINARY\nFROM "${BASEIMAGE}"\nCOPY ${BINARY} /usr/local/bin/${BINARY}\n',
  'build/server-image/kubectl/Dockerfile':
    'ARG BASEIMAGE\nARG BINARY\nFROM "${BASEIMAGE}"\nCOPY ${BINARY} /bin/\nENTRYPOINT ["/bin/kubectl"]\n',
  'build/server-image/kube-apiserver/Dockerfile':
    'ARG BASEIMAGE\nARG SETCAP_IMAGE\nFROM --platform=linux/$BUILDARCH ${SETCAP_IMAGE}\nARG BINARY\nCOPY ${BINARY} /${BINARY}\nRUN setcap cap_net_bind_service=+ep /${BINARY}\nFROM --platform=linux/$TARGETARCH ${BASEIMAGE}\nARG BINARY\nCOPY --from=0 /${BINARY} /usr/local/bin/${BINARY}\n',
};

test('1.28: Dockerfiles say places, entry points and capabilities', async () => {
  const { images } = await imagesOf('k8s-1.28', DOCKERFILES);
  expect(images).toMatchObject([
    {
      name: 'kube-apiserver',
      base: 'example.io/go-runner:v3',
      copies: [
        {
          contents: [{ kind: 'binary', name: 'kube-apiserver' }],
          target: '/usr/local/bin/kube-apiserver',
          capabilities: 'cap_net_bind_service=+ep',
        },
      ],
      where: { file: 'build/server-image/kube-apiserver/Dockerfile', line: 7 },
    },
    { name: 'kubectl', copies: [{ target: '/bin/' }], settings: { entrypoint: ['/bin/kubectl'] } },
    { name: 'kube-proxy', base: 'example.io/iptables:v1', copies: [{ target: '/usr/local/bin/kube-proxy' }] },
  ]);
});

const WINDOWS = {
  'build/common.sh': common(
    'kube::build::get_docker_wrapped_binaries() {\n  case $1 in\n    linux) local targets=(kube-proxy,example.io/iptables:v1);;\n    windows) local targets=(kube-proxy.exe,example.io/hpc:v1);;\n  esac\n  echo "${targets[@]}"\n}',
  ),
  'build/lib/release.sh': release(
    '  binaries=$(kube::build::get_docker_wrapped_binaries "${os}")\n  local -r docker_registry="registry.k8s.io"',
  ),
  'build/server-image/Dockerfile': DOCKERFILES['build/server-image/Dockerfile'],
  'build/server-image/kube-proxy/Dockerfile_windows':
    'ARG BASEIMAGE\nARG BINARY\nFROM $BASEIMAGE\nENV PATH="C:\\Windows\\system32;C:\\Windows"\nCOPY ${BINARY} /kube-proxy/${BINARY}\nENTRYPOINT ["c:/hpc/kube-proxy/kube-proxy.exe"]\n',
};

test('1.31: images for Windows have a Dockerfile and a name of their own, and are made when they are asked for', async () => {
  const lists = readFileSync(`${fixture('k8s-1.30')}/hack/lib/golang.sh`, 'utf8');
  const windows = `${lists}\nreadonly KUBE_NODE_PLATFORMS=(linux/amd64 windows/amd64)\nreadonly KUBE_SERVER_WINDOWS_IMAGE_TARGETS=(cmd/kube-proxy)\n`;
  const files = { ...WINDOWS, 'hack/lib/golang.sh': windows };
  const { images } = await imagesOf('k8s-1.30', files, ['linux/amd64', 'windows/amd64']);
  expect(images).toMatchObject([
    { platform: 'linux/amd64', base: 'example.io/iptables:v1', archive: 'kube-proxy' },
    {
      name: 'kube-proxy',
      platform: 'windows/amd64',
      base: 'example.io/hpc:v1',
      repository: 'registry.k8s.io/kube-proxy-windows-amd64',
      list: 'registry.k8s.io/kube-proxy',
      archive: 'kube-proxy.exe',
      copies: [{ contents: [{ kind: 'binary', name: 'kube-proxy' }], target: '/kube-proxy/kube-proxy.exe' }],
      settings: { entrypoint: ['c:/hpc/kube-proxy/kube-proxy.exe'] },
    },
  ]);
  expect((await imagesOf('k8s-1.30', files, [])).images.map(({ platform }) => platform)).not.toContain(
    'windows/amd64',
  );
  const all = await imagesOf('k8s-1.30', files, [], { KUBE_BUILD_WINDOWS: 'y' });
  expect(all.images.map(({ platform }) => platform)).toContain('windows/amd64');
});

test('a Dockerfile that runs programs is told with its line, and only that image is lost', async () => {
  const { images, impossible } = await imagesOf('k8s-1.28', {
    ...DOCKERFILES,
    'build/server-image/kubectl/Dockerfile':
      'ARG BINARY\nFROM debian\nCOPY ${BINARY} /bin/\nRUN apt install -y jq\n',
  });
  expect(images.map(({ name }) => name)).toEqual(['kube-apiserver', 'kube-proxy']);
  expect(printed(impossible.map(({ diagnostic }) => diagnostic))).toContain(
    'its Dockerfile runs apt install -y jq\n  build/server-image/kubectl/Dockerfile:4',
  );
});

test('conformance takes its base from its makefile, and whole directories', async () => {
  const { images } = await imagesOf('k8s-1.20', {
    ...ERA_1_20,
    'cluster/images/conformance/Makefile':
      'ARCH?=amd64\nVERSION_OF=stretch\nBASEIMAGE=debian:$(VERSION_OF)-slim\n',
    'cluster/images/conformance/run_e2e.sh': 'true\n',
    'cluster/images/conformance/Dockerfile':
      'FROM BASEIMAGE\nCOPY e2e.test /usr/local/bin/\nCOPY run_e2e.sh /run_e2e.sh\nCOPY gorunner /gorunner\nCOPY cluster /kubernetes/cluster\nWORKDIR /usr/local/bin\nENV E2E_FOCUS="\\[Conformance\\]"\nCMD [ "/bin/bash", "-c", "/run_e2e.sh" ]\n',
  });
  expect(images.find(({ name }) => name === 'conformance')).toMatchObject({
    base: 'debian:stretch-slim',
    archive: 'conformance-amd64',
    copies: [
      { contents: [{ kind: 'binary', name: 'e2e.test' }] },
      { contents: [{ kind: 'tree', path: 'cluster/images/conformance/run_e2e.sh' }] },
      { contents: [{ kind: 'binary', name: 'go-runner' }] },
      { contents: [{ kind: 'tree', path: 'cluster' }], target: '/kubernetes/cluster' },
    ],
    settings: {
      command: ['/bin/bash', '-c', '/run_e2e.sh'],
      environment: ['E2E_FOCUS=\\[Conformance\\]'],
      workingDirectory: '/usr/local/bin',
    },
  });
});

test('kubewright.yaml declares images of any program, and replaces those of the tree', async () => {
  const yaml =
    'registries:\n  name: example.io/orchard\nimages:\n  kube-apiserver:\n    base: scratch\n    user: "65532"\n    path: /api\n    environment: { A: b }\n';
  const { images } = await imagesOf('k8s-1.20', ERA_1_20, ['linux/arm64'], {}, yaml);
  expect(images).toMatchObject([
    {
      ...{ repository: 'example.io/orchard/kube-apiserver-arm64', base: 'scratch' },
      copies: [{ target: '/api' }],
      settings: { entrypoint: ['/api'], user: '65532', environment: ['A=b'] },
      where: { file: 'kubewright.yaml' },
    },
  ]);
});

test('a tree that may not be run says what it does not know', async () => {
  const root = copyOf('k8s-1.20', ERA_1_20);
  const tree = await treeAt(root);
  const result = await readImages(hostWith(), tree, NO_CONFIG, { platforms: ['linux/amd64'], noEval: true });
  expect(printed(result.diagnostics)).toContain('error image/bases-unknown: the images of build/common.sh');
  const none = await readImages(hostWith(), await treeAt(fixture('go-module')), NO_CONFIG, {
    platforms: [],
    noEval: false,
  });
  expect(none.ok && none.value.images).toEqual([]);
});
