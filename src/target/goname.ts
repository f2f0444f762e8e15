/**
 * From a word to a directory and a Go package, as the tree's era does it (spec local-build 3). The forms
 * that upstream takes and then fails on resolve here to what was meant; docs/reference/differences.md lists them.
 */
import type { Tree } from '../tree/tree.ts';
import type { PackageLookup } from './lookup.ts';

type NamedTree = Pick<Tree, 'goMode' | 'goPackage' | 'root'>;

const GINKGO = /^(?:vendor\/)?(?:github\.com\/onsi\/ginkgo\/)?ginkgo$/;
const GINKGO_V2 = 'github.com/onsi/ginkgo/v2/ginkgo';
/** What upstream takes for an import path: words joined by dots, then a slash. */
const DOMAIN = /^([\w-]+\.)+\w+\//;

/** A word without what changes nothing: `./cmd/kubectl/` is `cmd/kubectl`. Undefined for a path outside the tree. */
export function cleanPath(tree: Pick<Tree, 'root'>, word: string): string | undefined {
  let path = word;
  if (path === tree.root) path = '.';
  else if (path.startsWith(`${tree.root}/`)) path = path.slice(tree.root.length + 1);
  if (path.startsWith('/')) return undefined;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/') || '.';
}

/** The directory that a cleaned word stands for. */
export function directoryOf(tree: NamedTree, lookup: PackageLookup, path: string): string {
  const modern = tree.goMode === 'hybrid' || tree.goMode === 'workspace';
  if (modern && GINKGO.test(path)) return `vendor/${GINKGO_V2}`;
  if (path === tree.goPackage) return '.';
  const own = path.startsWith(`${tree.goPackage}/`) ? path.slice(tree.goPackage.length + 1) : undefined;
  if (own) return own;
  if (DOMAIN.test(path) && lookup.packageAt(path) === 'missing') {
    const places = ['vendor', 'staging/src', 'Godeps/_workspace/src'].map((place) => `${place}/${path}`);
    return places.find((place) => lookup.packageAt(place) !== 'missing') ?? path;
  }
  return path;
}

/** What Go is asked for. `test`: the package is tested, which 1.27 to 1.29 still do through GOPATH. */
export function goPackageOf(
  tree: NamedTree,
  lookup: PackageLookup,
  directory: string,
  test: boolean,
): string {
  const inTree = directory === '.' ? tree.goPackage : `${tree.goPackage}/${directory}`;
  const vendored = directory.match(/^vendor\/(.+)$/)?.[1];
  const staged = directory.match(/^staging\/src\/(.+)$/)?.[1];
  const workspaced = directory.match(/^Godeps\/_workspace\/src\/(.+)$/)?.[1];
  switch (tree.goMode) {
    case 'godeps':
      return workspaced ?? inTree;
    case 'gopath':
      // The staging path would be a second identity of the same package; the link in vendor is the first.
      return staged && lookup.packageAt(`vendor/${staged}`) !== 'missing'
        ? `${tree.goPackage}/vendor/${staged}`
        : inTree;
    case 'hybrid':
      if (test) return staged ? `${tree.goPackage}/vendor/${staged}` : inTree;
      return vendored ?? staged ?? inTree;
    case 'workspace':
    case 'modules':
      return vendored ?? lookup.importPath(directory) ?? inTree;
  }
}
