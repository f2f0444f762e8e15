/** The version as upstream's `save_version_vars` writes it, for KUBE_GIT_VERSION_FILE: no `.git` goes into a container. */
import type { TreeVersion } from '../../tree/version.ts';

export function versionFile(version: TreeVersion): string {
  const values = {
    KUBE_GIT_COMMIT: version.gitCommit,
    KUBE_GIT_TREE_STATE: version.gitTreeState,
    KUBE_GIT_VERSION: version.gitVersion,
    KUBE_GIT_MAJOR: version.gitMajor,
    KUBE_GIT_MINOR: version.gitMinor,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}='${(value ?? '').replaceAll("'", '')}'\n`)
    .join('');
}
