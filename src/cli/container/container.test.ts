import { describe, expect, test } from 'vitest';
import { copyOf, fixture, hostWith } from '../../../tests/trees.ts';
import { readContainerBuild } from '../../tree/container/facts.ts';
import { generatedNames } from './generated.ts';
import { namesOf } from './names.ts';
import { planContainer } from './plan.ts';
import { chooseTransport, rootIsCaller } from './prepare.ts';
import { type ContainerRequest, readContainerRequest } from './request.ts';
import { changedResults, isInside, parseResults } from './results.ts';
import { containerScript } from './script.ts';
import { collectSources, sourceChanges, withoutTouched } from './sources.ts';
import type { SourceRow } from './state.ts';

const KUBERNETES = { family: 'kubernetes', goPackage: 'k8s.io/kubernetes' } as const;

/** The lines of build/common.sh that tell an era from others. */
const IMAGE_ERA = `
readonly KUBE_BUILD_IMAGE_CROSS_TAG="v1.4.2-1"
KUBE_ROOT_HASH=$(kube::build::short_hash "$KUBE_ROOT")
function kube::build::source_targets() {
  local targets=(
    api
    contrib/completions/bash/kubectl
    Godeps/_workspace/src
  )
}
function kube::build::build_image() { tar czf kube-source.tar.gz; }
function kube::build::run_build_command() {
  docker_cmd+=(--env "KUBE_FASTBUILD=\${KUBE_FASTBUILD:-false}" --env "KUBE_BUILDER_OS=\${OSTYPE:-notdetected}")
}
`;
const BIND_ERA = `
KUBE_ROOT_HASH=$(kube::build::short_hash "\${HOSTNAME:-}:\${KUBE_ROOT}:\${KUBE_GIT_BRANCH}")
KUBE_BUILD_IMAGE_CROSS_TAG="$(cat "\${KUBE_ROOT}/build/build-image/cross/VERSION")"
KUBE_BASE_IMAGE_REGISTRY="\${KUBE_BASE_IMAGE_REGISTRY:-registry.k8s.io/build-image}"
KUBE_CROSS_IMAGE="\${KUBE_CROSS_IMAGE:-"\${KUBE_BASE_IMAGE_REGISTRY}/kube-cross"}"
KUBE_CROSS_VERSION="\${KUBE_CROSS_VERSION:-"\${KUBE_BUILD_IMAGE_CROSS_TAG}"}"
`;

function buildOf(common: string, environment: Readonly<Record<string, string>> = {}) {
  const files = {
    'build/common.sh': common,
    'build/build-image/cross/VERSION': 'v1.35.0-go1.25.1-bullseye.0\n',
  };
  return readContainerBuild(hostWith(environment), { ...KUBERNETES, root: copyOf('go-work', files) });
}

function requestOf(environment: Readonly<Record<string, string>> = {}): ContainerRequest {
  return readContainerRequest(hostWith(environment), ['make'], {}, true);
}

describe('what a tree says', () => {
  test('1.2 has a list of sources, names without host and branch, and its version in the script', () => {
    const build = readContainerBuild(hostWith(), {
      ...{ ...KUBERNETES, root: copyOf('go-work', { 'build/common.sh': IMAGE_ERA }) },
    });
    expect(build).toMatchObject({ era: 'image', hashes: 'path', suffix: '', crossVersion: 'v1.4.2-1' });
    expect(build.variables.map(({ name, fallback }) => `${name}=${fallback}`)).toEqual([
      'KUBE_FASTBUILD=false',
      'KUBE_BUILDER_OS=notdetected',
    ]);
    const root = copyOf('go-work', {
      ...{ 'api/a.json': '', 'contrib/completions/bash/kubectl': '', 'contrib/completions/zsh/kubectl': '' },
      ...{ 'contrib/mesos/a.go': '', 'Godeps/_workspace/src/a.go': '', 'Godeps/_workspace/pkg/a.a': '' },
    });
    const files = Object.entries(collectSources(hostWith().files, root, build, ''))
      .filter(([, [mode]]) => (mode & 0o170000) === 0o100000)
      .map(([path]) => path);
    expect(files.filter((path) => path !== 'api/api.go' && path !== 'api/go.mod')).toEqual([
      'Godeps/_workspace/src/a.go',
      'api/a.json',
      'contrib/completions/bash/kubectl',
    ]);
  });

  test('what the scripts set for themselves is passed as they pass it', () => {
    const files = {
      'build/common.sh':
        'function kube::build::run_build_command_ex() {\n  o=(--env "KUBE_VERBOSE=${KUBE_VERBOSE}")\n}\n',
      'hack/lib/logging.sh': '# Controls verbosity\nKUBE_VERBOSE="${KUBE_VERBOSE:-2}"\n',
    };
    const build = readContainerBuild(hostWith(), { ...KUBERNETES, root: copyOf('go-work', files) });
    expect(build.variables).toMatchObject([{ name: 'KUBE_VERBOSE', fallback: '2' }]);
  });

  test('1.35 mounts the checkout, and its image can be named', () => {
    expect(buildOf(BIND_ERA)).toMatchObject({
      ...{
        era: 'bind',
        hashes: 'host-path-branch',
        suffix: '-6',
        crossVersion: 'v1.35.0-go1.25.1-bullseye.0',
      },
      crossImage: 'registry.k8s.io/build-image/kube-cross',
    });
    const environment = { KUBE_BASE_IMAGE_REGISTRY: 'corp.example/k8s', KUBE_CROSS_VERSION: 'own' };
    expect(buildOf(BIND_ERA, environment)).toMatchObject({
      ...{ crossImage: 'corp.example/k8s/kube-cross', crossVersion: 'own' },
    });
    expect(buildOf(BIND_ERA, { KUBE_CROSS_IMAGE: 'corp.example/cross' }).crossImage).toBe(
      'corp.example/cross',
    );
  });

  test('where outputs of a build inside go is what the script says', () => {
    expect(buildOf(BIND_ERA).remoteOutput).toBe('/go/src/k8s.io/kubernetes/_output/dockerized');
    const moved = `${BIND_ERA}\nreadonly REMOTE_OUTPUT_SUBPATH="\${REMOTE_OUTPUT_ROOT}/inside"\n`;
    expect(buildOf(moved).remoteOutput).toBe('/go/src/k8s.io/kubernetes/_output/inside');
  });

  test('a tree without such scripts is mounted', () => {
    const build = readContainerBuild(hostWith(), {
      ...{ family: 'go-module', goPackage: 'example.dev/orchard', root: fixture('go-module') },
    });
    expect(build).toMatchObject({ era: 'bind', remoteRoot: '/go/src/example.dev/orchard' });
  });
});

test('names are upstream’s: md5 of host, path and branch (spec container-build 4)', () => {
  const build = { ...buildOf(BIND_ERA), suffix: '-5-v1.15.5-1' };
  const names = namesOf(build, { host: 'box', root: '/src/k8s', branch: 'master' });
  // printf %s box:/src/k8s:master | md5sum | cut -c1-10
  expect(names.build).toBe('kube-build-2892bc70e9-5-v1.15.5-1');
  const other = namesOf(build, { host: 'box', root: '/src/k8s', branch: 'other' });
  expect(other.hash).not.toBe(names.hash);
  expect(other.data).toBe(names.data);
  const old = namesOf(
    { ...build, hashes: 'path', suffix: '' },
    { host: 'box', root: '/src/k8s', branch: 'a' },
  );
  expect(old.image).toBe('kube-build:build-69d0e33407');
});

test('the way in and out is the one that is named, else what the tree and the engine allow', () => {
  const [bind, volume] = [buildOf(BIND_ERA), { ...buildOf(BIND_ERA), era: 'volume' as const }];
  const at = (kind: 'unix' | 'tcp') =>
    kind === 'unix'
      ? ({ endpoint: { kind, path: '/d' }, from: '' } as const)
      : ({ endpoint: { kind, host: 'a', port: 1 }, from: '' } as const);
  const host = hostWith();
  expect(chooseTransport(host, bind, requestOf(), at('unix'), {})).toBe('bind');
  expect(chooseTransport(host, bind, requestOf(), at('tcp'), {})).toBe('stream');
  const selinux = { SecurityOptions: ['name=selinux'] };
  expect(chooseTransport(host, bind, requestOf(), at('unix'), selinux)).toBe('stream');
  expect(chooseTransport(host, volume, requestOf(), at('unix'), {})).toBe('stream');
  expect(chooseTransport(hostWith({ KUBE_RSYNC_PORT: '1' }), volume, requestOf(), at('unix'), {})).toBe(
    'rsync',
  );
  expect(chooseTransport(host, volume, { ...requestOf(), transport: 'bind' }, at('unix'), {})).toBe('bind');
});

test.each([
  [{ SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'] }, true],
  // podman has a word of its own for it.
  [{ SecurityOptions: ['name=seccomp,profile=default'], Rootless: true }, true],
  [{ SecurityOptions: ['name=seccomp,profile=default'], Rootless: false }, false],
  [{}, false],
])('%j: root inside is the caller: %s', (info, is) => {
  expect(rootIsCaller(info)).toBe(is);
});

test('root of a rootless engine is the caller; SELinux labels are dealt with as asked', () => {
  const build = buildOf(BIND_ERA);
  const names = namesOf(build, { host: 'box', root: '/src/k8s', branch: '' });
  const plan = (request: Partial<ContainerRequest>, isRootless = false) =>
    planContainer({
      ...{ build, names, request: { ...requestOf(), ...request }, transport: 'bind', isRootless },
      ...{
        caller: { uid: 1000, gid: 100, hostname: 'box.example.com' },
        root: '/src/k8s',
        out: '/elsewhere',
      },
      ...{ epoch: '7', variables: { http_proxy: 'http://p', NO_PROXY: 'corp' }, configuredProxies: {} },
    });
  expect(plan({}).user).toBe('1000:100');
  expect(plan({}, true).user).toBeUndefined();
  expect(plan({}).hostname).toBe('box');
  expect(plan({}).mounts.map(({ Source }) => Source)).toEqual(['/src/k8s', '/elsewhere', undefined]);
  expect(plan({ selinux: 'disable' }).security).toEqual(['no-new-privileges', 'label=disable']);
  expect(plan({}).environment).toEqual(
    expect.arrayContaining(['HTTP_PROXY=http://p', 'no_proxy=corp,127.0.0.1,localhost']),
  );
});

describe('sources', () => {
  const file = (size: number): SourceRow => [0o100644, size, 1, 1, 1];
  const directory: SourceRow = [0o040755, 0, 0, 0, 2];

  test('what differs is sent, and what is gone is removed once', () => {
    const before = { a: directory, 'a/b': directory, 'a/b/c': file(1), d: file(1), e: file(1) };
    const now = { d: file(1), e: file(2), f: file(3) };
    expect(sourceChanges(before, now)).toEqual({ sent: ['e', 'f'], removed: ['a'], bytes: 5 });
  });

  test('files of a directory in which something moved are sent again', () => {
    const rows = { a: directory, 'a/b': file(1), c: directory, 'c/d': file(1), e: file(1) };
    const held = (touched: readonly string[], paths: readonly string[], isEverything = false) =>
      Object.keys(withoutTouched(rows, touched, { paths, isEverything }));
    expect(held(['a'], ['', 'a', 'c'])).toEqual(['a', 'c', 'c/d', 'e']);
    expect(held([], ['', 'a'])).toEqual(['a', 'a/b', 'e']);
    expect(held([''], ['', 'a', 'c'])).toEqual(['a', 'a/b', 'c', 'c/d']);
    // Where everything is listed, only what is gone or touched itself.
    expect(held(['a'], ['', 'a', 'a/b', 'c', 'c/d', 'e'], true)).toEqual(['a/b', 'c', 'c/d', 'e']);
    expect(held(['', 'c'], ['', 'a', 'a/b', 'c', 'e'], true)).toEqual(['a', 'a/b', 'e']);
  });
});

test('programs that a hostile list names elsewhere are left out', () => {
  const facts = parseResults(
    '5|755|1|t|t|/r/bin/a b\n5|755|1|t|t|/r/bin/../../etc/passwd\n5|755|1|t|t|/etc/passwd\nx\n',
    '/r/bin',
  );
  expect(Object.keys(facts)).toEqual(['a b']);
  expect(changedResults(hostWith(), '/nowhere', facts, facts)).toEqual(['a b']);
  expect(['a/b', '../a', 'a//b', '/a', ''].map(isInside)).toEqual([true, false, false, false, false]);
});

test('names with quotes stay words of the script', () => {
  const script = containerScript({
    ...{ remoteRoot: "/go/it's", remoteBin: "/go/it's/bin", tracksSources: true, generated: ['*.pb.go'] },
  });
  expect(script).toContain(`cd '/go/it'\\''s'`);
  expect(script).toContain(`-name '*.pb.go'`);
  expect(generatedNames(['- /_temp/', '+ /vendor/', '+ zz_generated.*', '+ */', '- /**'])).toEqual([
    'zz_generated.*',
  ]);
});
