/** What a node is made of: sources from the index, interfaces and objects from the store, and the key of it all. */
import type { Digest } from '../../formats/digest.ts';
import type { Blob } from '../../formats/remoteaction.ts';
import { linkKey, packageKey } from '../../steps/package/action.ts';
import type { LocalStore } from '../../store/local.ts';
import type { FileIndex } from '../../tree/packages/fileindex.ts';
import type { LinkNode, Node, PackageNode } from './nodes.ts';

export class NodeInputs {
  readonly #index: FileIndex;
  readonly #store: LocalStore;
  readonly #root: string;

  constructor(index: FileIndex, store: LocalStore, root: string) {
    this.#index = index;
    this.#store = store;
    this.#root = root;
  }

  /** Sources of the tree that are not as they were when the key was made. */
  movedSources(node: PackageNode): string[] {
    const paths = this.#ownSources(node).map((path) => this.#treePath(node, path));
    return paths.filter((path) => !this.#index.isUnmoved(path));
  }

  /** What the work of a node is called; all its needs are done. */
  keyOf(node: Node): Digest {
    if (node.kind === 'package') {
      return packageKey(node.recipe, this.#sources(node), this.#interfaces(node), node.group.context);
    }
    return linkKey(node.recipe, this.#objects(node), node.group.context, isTrimmed(node));
  }

  #sources(node: PackageNode): Map<string, Blob> {
    const { standardSources } = node.group.recipes;
    const sources = new Map<string, Blob>();
    for (const path of [...node.recipe.sources, ...(node.group.recipes.headers[node.recipe.id] ?? [])]) {
      const blob = standardSources[path] ?? this.#index.read(this.#treePath(node, path));
      sources.set(path, blob ?? { digest: 'missing', size: 0 });
    }
    return sources;
  }

  #ownSources({ recipe, group }: PackageNode): readonly string[] {
    return recipe.isStandard ? [] : [...recipe.sources, ...(group.recipes.headers[recipe.id] ?? [])];
  }

  #treePath({ group }: Node, path: string): string {
    for (const base of [group.workingDirectory, this.#root])
      if (path.startsWith(`${base}/`)) return path.slice(base.length + 1);
    return path;
  }

  #interfaces(node: PackageNode): Map<string, Blob> {
    return new Map(this.#imported(node).map(([path, need]) => [path, need.interface as Blob]));
  }

  /** Import path → file with the interface. */
  interfaceFiles(node: PackageNode): Map<string, string> {
    return new Map(
      this.#imported(node).map(([path, need]) => [
        path,
        this.#store.objectPath((need.interface as Blob).digest),
      ]),
    );
  }

  #imported(node: PackageNode): [string, PackageNode][] {
    const byId = new Map(node.needs.map((need) => [(need as PackageNode).recipe.id, need as PackageNode]));
    return node.recipe.imports.flatMap(([path, id]) => {
      const need = byId.get(id);
      return need ? [[path, need] as [string, PackageNode]] : [];
    });
  }

  #objects(node: LinkNode): Map<string, Blob> {
    const byId = new Map(node.needs.map((need) => [(need as PackageNode).recipe.id, need as PackageNode]));
    return new Map(
      node.recipe.packages.flatMap(([path, id]) => {
        const object = byId.get(id)?.object;
        return object ? [[path, object] as [string, Blob]] : [];
      }),
    );
  }

  /** Import path → file with the object. */
  objectFiles(node: LinkNode): Map<string, string> {
    return new Map(
      [...this.#objects(node)].map(([path, { digest }]) => [path, this.#store.objectPath(digest)]),
    );
  }
}

function isTrimmed(node: LinkNode): boolean {
  return node.needs.every((need) => need.kind !== 'package' || need.recipe.isTrimmed);
}
