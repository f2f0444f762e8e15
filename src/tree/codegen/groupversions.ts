/**
 * The API versions that a tree lists in hack/lib/init.sh, and the directories of their types: what
 * `kube::util::group-version-to-pkg-path` of hack/lib/util.sh says (1.7 on).
 */
import type { TreeReader } from '../reader.ts';

/** Where the API types lie. */
export const API_TYPES = 'staging/src/k8s.io/api/';

export interface GroupVersion {
  /** As the list has it: `v1`, `apps/v1`, `rbac.authorization.k8s.io/v1`. */
  readonly name: string;
  /** Relative to the tree. */
  readonly directory: string;
}

const LIST = 'hack/lib/init.sh';
/** Lines go on behind a backslash. */
const PARTED = /[\s\\]+/;

/** KUBE_AVAILABLE_GROUP_VERSIONS, in its order. */
export function availableVersions(reader: TreeReader): readonly GroupVersion[] {
  const text = reader.text(LIST) ?? '';
  return versionsIn(reader, /KUBE_AVAILABLE_GROUP_VERSIONS="\$\{\w+:-([^}]*)\}/.exec(text)?.[1]);
}

/** Those that a server serves: without KUBE_NONSERVER_GROUP_VERSIONS. */
export function servedVersions(reader: TreeReader): readonly GroupVersion[] {
  const text = reader.text(LIST) ?? '';
  const list = /KUBE_NONSERVER_GROUP_VERSIONS="([^"]*)"/.exec(text)?.[1] ?? '';
  const unserved = new Set(list.split(PARTED));
  return availableVersions(reader).filter(({ name }) => !unserved.has(name));
}

/** The versions of a list whose words are parted by blanks and line ends. */
export function versionsIn(reader: TreeReader, list = ''): readonly GroupVersion[] {
  const names = list.split(PARTED).filter(Boolean);
  return names.map((name) => ({ name, directory: directoryOf(reader, name) }));
}

function directoryOf(reader: TreeReader, name: string): string {
  const plain = name.replace(/\..*k8s\.io/, '');
  if (reader.kind(`${API_TYPES}${plain}/types.go`) === 'file') return `${API_TYPES}${plain}`;
  if (!name.includes('/')) return `${API_TYPES}core/${name}`;
  if (name.startsWith('meta/')) return `staging/src/k8s.io/apimachinery/pkg/apis/${name}`;
  if (name.startsWith('internal.apiserver.k8s.io/'))
    return `${API_TYPES}apiserverinternal/${name.slice(name.indexOf('/') + 1)}`;
  return `pkg/apis/${plain}`;
}

/** `v1`, `v2beta1`: gen_client of kube_codegen.sh passes over directories with other names. */
export function isVersion(directory: string): boolean {
  return /(?:^|\/)v\d+(?:(?:alpha|beta)\d+)?$/.test(directory);
}
