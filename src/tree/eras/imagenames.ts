/** How the eras of Kubernetes name their images (spec release 6). */
import type { Location } from '../../diagnostic/diagnostic.ts';
import { type Platform, splitPlatform } from '../../target/platform.ts';
import type { ImageDeclaration } from '../images.ts';

export interface ImageEra {
  readonly registry: string;
  /** Up to 1.19 amd64 has the plain name. */
  readonly hasPlainAmd64: boolean;
  /** 1.2: the tag is the MD5 of the binary. */
  readonly hasDigestTag: boolean;
  /** From 1.31 on the list of binaries is asked for by operating system, not by architecture. */
  readonly listsBySystem: boolean;
  readonly where: Location;
}

/** The names of an image in its era. */
export function namesOf(
  era: ImageEra,
  name: string,
  platform: Platform,
): Pick<ImageDeclaration, 'repository' | 'list' | 'hasDigestTag'> {
  const { os, arch } = splitPlatform(platform);
  const isPlain = era.hasPlainAmd64 && arch === 'amd64';
  return {
    repository: `${era.registry}/${isPlain ? name : `${name}-${os === 'windows' ? 'windows-' : ''}${arch}`}`,
    list: `${era.registry}/${name}`,
    ...(era.hasDigestTag ? { hasDigestTag: true } : {}),
  };
}
