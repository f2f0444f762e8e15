/**
 * What a build image holds besides Go, when we make it ourselves: the place of upstream's kube-cross and of the
 * Dockerfile in `build/build-image` over it (spec container-build 6.1 and 10). Names of packages are Debian's.
 */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { type Platform, splitPlatform } from '../../target/platform.ts';
import type { ContainerBuild } from './facts.ts';

/** What the scripts of every era call, beside what Debian calls essential. */
const TOOLS: readonly string[] = [
  ...['bsdextrautils', 'ca-certificates', 'curl', 'file', 'g++', 'gcc', 'git', 'iproute2', 'jq'],
  ...['libc6-dev', 'make', 'openssl', 'patch', 'procps', 'rsync', 'unzip', 'xz-utils', 'zip'],
];

/** C compilers by Go's architecture, each with the C library that it links (Debian's cross toolchains). */
const CROSS: Readonly<Record<string, readonly string[]>> = {
  amd64: ['gcc-x86-64-linux-gnu', 'libc6-dev-amd64-cross'],
  '386': ['gcc-i686-linux-gnu', 'libc6-dev-i386-cross'],
  arm: ['gcc-arm-linux-gnueabihf', 'libc6-dev-armhf-cross'],
  arm64: ['gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross'],
  ppc64le: ['gcc-powerpc64le-linux-gnu', 'libc6-dev-ppc64el-cross'],
  s390x: ['gcc-s390x-linux-gnu', 'libc6-dev-s390x-cross'],
  riscv64: ['gcc-riscv64-linux-gnu', 'libc6-dev-riscv64-cross'],
};

/** The Debian packages of a build image: the tools, C compilers for `platforms`, and `more`. Sorted. */
export function buildImagePackages(
  own: Platform,
  platforms: readonly Platform[],
  more: readonly string[],
): string[] {
  const cross = platforms
    .filter((one) => one !== own)
    .flatMap((platform) => {
      const { os, arch } = splitPlatform(platform);
      const found = os === 'linux' ? CROSS[arch] : os === 'windows' ? ['gcc-mingw-w64-x86-64'] : undefined;
      if (!found) throw new Failure(noCompiler(platform));
      return found;
    });
  return [...new Set([...TOOLS, ...cross, ...more])].sort();
}

/** Whether there is a C compiler for a platform of Linux. */
export function hasCompiler(platform: Platform): boolean {
  const { os, arch } = splitPlatform(platform);
  return os === 'linux' && CROSS[arch] !== undefined;
}

/** Variables of every container of the image. `goVersion` is without `go`. */
export function buildImageEnvironment(
  { remoteRoot, era }: Pick<ContainerBuild, 'remoteRoot' | 'era'>,
  goVersion: string,
): string[] {
  return [
    'PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'GOPATH=/go',
    `GOLANG_VERSION=${goVersion}`,
    // kube-cross has 6 in 1.2 and 7 since (spec container-build 10).
    `GOARM=${era === 'image' ? 6 : 7}`,
    `HOME=${remoteRoot}`,
    'KUBE_OUTPUT_SUBPATH=_output/dockerized',
    ...(era === 'bind' ? [] : [`KUBE_GIT_VERSION_FILE=${remoteRoot}/.dockerized-kube-version-defs`]),
  ];
}

/** Directories that whoever builds writes into, whatever his number. */
export function openDirectories({ remoteRoot }: Pick<ContainerBuild, 'remoteRoot'>): string[] {
  const parts = remoteRoot.split('/').filter(Boolean);
  const places = parts.map((_, i) => parts.slice(0, i + 1).join('/'));
  return [...new Set([...places, 'go/bin', 'go/pkg', 'run/kubernetes'])].sort();
}

/** `/etc/gitconfig`: upstream's identity, and trust in a checkout that another user owns. */
export const GIT_CONFIGURATION =
  '[user]\n\temail = nobody@k8s.io\n\tname = kube-build-image\n[safe]\n\tdirectory = *\n';

function noCompiler(platform: Platform) {
  const known = [...Object.keys(CROSS).map((arch) => `linux/${arch}`), 'windows/amd64'].sort();
  return error('request/invalid', {
    what: `Debian has no C compiler for ${platform}`,
    why: 'programs that use cgo want one; Go itself needs none for any platform',
    help: `leave it out, or name one of ${known.join(', ')}`,
  });
}
