/** From a tree and a toolchain to the planned build image: a base of packages, Go, and the small things of the Dockerfile. */

import { digestOfRecord } from '../../../formats/digest.ts';
import type { Host } from '../../../host/host.ts';
import type { CopiedEntry, CopiedLayer, PlannedImage } from '../../../steps/image/plan.ts';
import { type Platform, splitPlatform } from '../../../target/platform.ts';
import type { Toolchain } from '../../../toolchain/toolchain.ts';
import {
  buildImageEnvironment,
  GIT_CONFIGURATION,
  openDirectories,
} from '../../../tree/container/buildimage.ts';
import type { ContainerBuild } from '../../../tree/container/facts.ts';
import { treeEntries } from '../../image/contents.ts';
import { CHECKOUT_LABEL, type ContainerNames } from '../names.ts';

/** Says what an image was made of: two with the same value hold the same. */
export const CONTENT_LABEL = 'io.kubewright.image';

export interface BuildImageParts {
  readonly base: PlannedImage['base'];
  readonly platform: Platform;
  readonly build: ContainerBuild;
  readonly names: ContainerNames;
}

/** The image that stands for kube-cross, all of it ours. `directory` takes the files that no place on this disk has. */
export function ownBuildImage(
  host: Host,
  { base, platform, build, names }: BuildImageParts,
  toolchain: Toolchain,
  root: string,
  directory: string,
): { readonly image: PlannedImage; readonly key: string } {
  host.files.publish(`${directory}/gitconfig`, GIT_CONFIGURATION, { fsync: false });
  host.files.publish(`${directory}/kube-build-image`, '', { fsync: false });
  const file = (path: string, source: string, mode = 0o644): CopiedEntry => ({
    path,
    kind: 'file',
    mode,
    source,
  });
  const rsyncd = `${root}/build/build-image/rsyncd.sh`;
  const hasRsyncd = host.files.isFile(rsyncd);
  const small: CopiedEntry[] = [
    file('kube-build-image', `${directory}/kube-build-image`),
    file('etc/gitconfig', `${directory}/gitconfig`),
    ...(hasRsyncd ? [file('rsyncd.sh', rsyncd, 0o755)] : []),
    ...openDirectories(build).map((path): CopiedEntry => ({ path, kind: 'directory', mode: 0o777 })),
  ];
  const go = treeEntries(host, toolchain.root, 'usr/local/go').map(openPackageDirectory);
  const layers: CopiedLayer[] = [
    { createdBy: `COPY go${toolchain.version} /usr/local/go`, entries: go },
    { createdBy: 'COPY kube-build-image gitconfig rsyncd.sh /', entries: small },
  ];
  const environment = buildImageEnvironment(build, toolchain.version);
  const key = digestOfRecord({
    ...{ schema: 1, base: base.digest ?? '', go: toolchain.digest, version: toolchain.version, environment },
    ...{ rsyncd: hasRsyncd ? host.files.digest(rsyncd) : '', directories: openDirectories(build) },
  });
  return {
    key,
    image: planned(base, platform, names, layers, key, { environment, workingDirectory: build.remoteRoot }),
  };
}

/** kube-cross itself under our name. */
export function fetchedBuildImage({ base, platform, names }: BuildImageParts): {
  readonly image: PlannedImage;
  readonly key: string;
} {
  const key = digestOfRecord({ schema: 1, base: base.digest ?? '' });
  return { key, image: planned(base, platform, names, [], key, {}) };
}

function planned(
  base: PlannedImage['base'],
  platform: Platform,
  names: ContainerNames,
  layers: readonly CopiedLayer[],
  key: string,
  changes: PlannedImage['changes'],
): PlannedImage {
  const created = Date.parse(base.config?.created ?? '');
  return {
    ...{ name: 'kube-build', platform, names: [names.image], base, layers },
    ...(splitPlatform(platform).arch === 'arm' ? { variant: 'v7' } : {}),
    changes: { ...changes, labels: { [CHECKOUT_LABEL]: names.checkout, [CONTENT_LABEL]: key } },
    created: Number.isNaN(created) ? 0 : Math.floor(created / 1000),
  };
}

/** Go up to 1.19 installs packages of the standard library there, whoever builds (the chmod of upstream's Dockerfile). */
function openPackageDirectory(entry: CopiedEntry): CopiedEntry {
  if (!/^usr\/local\/go\/pkg(?:\/|$)/.test(entry.path)) return entry;
  return { ...entry, mode: entry.kind === 'directory' ? 0o777 : entry.mode | 0o666 };
}
