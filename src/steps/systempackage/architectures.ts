/** What Debian and rpm call the architectures of Go (dpkg's cputable and ostable; rpm's rpmrc). */
import { type Platform, splitPlatform } from '../../target/platform.ts';
import type { PackageFormat } from './definition.ts';

const NAMES: Readonly<Record<string, Readonly<Record<PackageFormat, string>>>> = {
  '386': { deb: 'i386', rpm: 'i686' },
  amd64: { deb: 'amd64', rpm: 'x86_64' },
  // Kubernetes builds for ARMv7 with a floating point unit (GOARM=7).
  arm: { deb: 'armhf', rpm: 'armv7hl' },
  arm64: { deb: 'arm64', rpm: 'aarch64' },
  loong64: { deb: 'loong64', rpm: 'loongarch64' },
  mips64le: { deb: 'mips64el', rpm: 'mips64el' },
  mipsle: { deb: 'mipsel', rpm: 'mipsel' },
  ppc64le: { deb: 'ppc64el', rpm: 'ppc64le' },
  riscv64: { deb: 'riscv64', rpm: 'riscv64' },
  s390x: { deb: 's390x', rpm: 's390x' },
};

/** `linux/arm64` as a format calls it; undefined where no such packages exist. */
export function architectureOf(platform: Platform, format: PackageFormat): string | undefined {
  const { os, arch } = splitPlatform(platform);
  return os === 'linux' ? NAMES[arch]?.[format] : undefined;
}

/** Architectures that packages exist for, in Go's words. */
export const PACKAGED_ARCHITECTURES: readonly string[] = Object.keys(NAMES);
