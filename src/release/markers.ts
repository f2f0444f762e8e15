/**
 * Version markers: `stable.txt`, `latest-1.20.txt` and their kin, each holding the newest version of its line
 * (spec release 9.1). What reads them (get-kube.sh, kubeadm, hack/get-build.sh) wants the version without a line feed.
 */
import semver from 'semver';

export interface MarkerOptions {
  /** More markers, as CI has: `k8s-master`. */
  readonly extra?: readonly string[];
  /** A build for few platforms: its markers are `latest-fast…`. */
  readonly isFast?: boolean;
}

/** Whether a text can be compared with other versions. */
export function isVersion(text: string): boolean {
  return semver.valid(text) !== null;
}

/** File names of the markers that a version moves; empty for what is no semantic version. */
export function markersOf(version: string, { extra = [], isFast = false }: MarkerOptions = {}): string[] {
  const parsed = semver.parse(version);
  if (!parsed) return [];
  const { major, minor, prerelease } = parsed;
  const types = ['latest', ...(prerelease.length === 0 ? ['stable'] : [])];
  const suffix = isFast ? '-fast' : '';
  const names = types.flatMap((type) => [
    `${type}${suffix}`,
    `${type}${suffix}-${major}`,
    `${type}${suffix}-${major}.${minor}`,
  ]);
  return [...names, ...extra].map((name) => `${name}.txt`);
}

/** What happens to a marker that holds `present`. */
export type MarkerMove =
  | { readonly kind: 'written' }
  | { readonly kind: 'same' }
  /** It names a newer version, and stays. */
  | { readonly kind: 'newer-there' }
  /** It holds something that is no version. */
  | { readonly kind: 'unreadable' };

/** Forward only: by semantic versioning 2.0, 11, where the parts behind a plus sign do not count. */
export function moveMarker(present: string | undefined, version: string, isForced: boolean): MarkerMove {
  const text = present?.trim();
  if (text === version) return { kind: 'same' };
  if (text === undefined || text === '' || isForced) return { kind: 'written' };
  if (!isVersion(text)) return { kind: 'unreadable' };
  return semver.gt(version, text) ? { kind: 'written' } : { kind: 'newer-there' };
}
