/**
 * Names and labels of what a checkout has at an engine. Names are upstream's: people and their scripts know them; labels
 * are what our own cleaning goes by (R7.6).
 */
import { createHash } from 'node:crypto';
import type { ContainerBuild } from '../../tree/container/facts.ts';

export interface ContainerNames {
  /** Ten digits over where the checkout is and which branch; upstream's. */
  readonly hash: string;
  /** The same without the branch: what is kept over branches, and the value of our label. */
  readonly checkout: string;
  readonly image: string;
  readonly build: string;
  readonly rsync: string;
  /** Beginning of the names of volumes. */
  readonly data: string;
}

/** On everything that we make; its value is `ContainerNames.checkout`. */
export const CHECKOUT_LABEL = 'io.kubewright.checkout';
/** The run that made a container. */
export const RUN_LABEL = 'io.kubewright.run';
/** Of a volume: which generation of sources it holds, and whose it is. */
export const GENERATION_LABEL = 'io.kubewright.generation';
export const OWNER_LABEL = 'io.kubewright.owner';

/** Where a checkout is. */
export interface Whereabouts {
  readonly host: string;
  /** Real path of the tree. */
  readonly root: string;
  /** Empty when no branch is checked out. */
  readonly branch: string;
}

/** md5 as upstream (`short_hash`): a name, not a proof. */
export function namesOf(
  { hashes, suffix }: ContainerBuild,
  { host, root, branch }: Whereabouts,
): ContainerNames {
  const withBranch = hashes === 'host-path-branch' ? `${host}:${root}:${branch}` : `${host}:${root}`;
  const hash = shortHash(hashes === 'path' ? root : withBranch);
  const checkout = shortHash(`${host}:${root}:`);
  return {
    ...{ hash, checkout },
    image: `kube-build:build-${hash}${suffix}`,
    build: `kube-build-${hash}${suffix}`,
    rsync: `kube-rsync-${hash}${suffix}`,
    data: `kube-build-data-${checkout}${suffix}`,
  };
}

function shortHash(text: string): string {
  return createHash('md5').update(text).digest('hex').slice(0, 10);
}
