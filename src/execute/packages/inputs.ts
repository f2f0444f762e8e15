/** What a node is made of: sources from the index, interfaces and objects from the store, and the key of it all. */
import type { Digest } from '../../formats/digest.ts';
import type { Blob } from '../../formats/remoteaction.ts';
import { linkKey, packageKey } from '../../steps/package/action.ts';
import type { Recipe } from '../../steps/package/recipe.ts';
import type { LocalStore } from '../../store/local.ts';
import type { FileIndex } from '../../tree/packages/fileindex.ts';
import type { Group, LinkNode, Node, PackageNode } from './nodes.ts';

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
    const paths = this.#ownSources(node).map((path) => this.#treePath(node.group, path));
    return paths.filter((path) => !this.#index.isUnmoved(path));
  }

  /** What the work of a node is called; all its needs are done. */
  keyOf(node: Node): Digest {
    if (node.kind === 'package') {
      return packageKey(node.recipe, this.#sources(node), this.#interfaces(node), node.group.context);
    }
    return linkKey(
      node.recipe,
      new Map(this.#linked(node).map(([path, , object]) => [path, object])),
      node.group.context,
      isTrimmed(node),
    );
  }

  /** Bytes of what the compiler is to read. */
  sourceBytes(recipe: Recipe, group: Group): number {
    return recipe.sources.reduce((sum, path) => sum + this.#source(path, group).size, 0);
  }

  #sources({ recipe, group }: PackageNode): Map<string, Blob> {
    const paths = [...recipe.sources, ...(group.recipes.headers[recipe.id] ?? [])];
    return new Map(paths.map((path) => [path, this.#source(path, group)]));
  }

  #source(path: string, group: Group): Blob {
    const known = group.recipes.standardSources[path] ?? this.#index.read(this.#treePath(group, path));
    return known ?? { digest: 'missing', size: 0 };
  }

  #ownSources({ recipe, group }: PackageNode): readonly string[] {
    return recipe.isStandard ? [] : [...recipe.sources, ...(group.recipes.headers[recipe.id] ?? [])];
  }

  #treePath(group: Group, path: string): string {
    for (const base of [group.workingDirectory, this.#root])
      if (path.startsWith(`${base}/`)) return path.slice(base.length + 1);
    return path;
  }

  #interfaces(node: PackageNode): Map<string, Blob> {
    return new Map(this.#imported(node).map(([path, need]) => [path, need.interface as Blob]));
  }

  /** Import path → file with the interface. */
  interfaceFiles(node: PackageNode): Map<string, string> {
    const path = ({ interface: own }: PackageNode) => this.#store.objectPath((own as Blob).digest);
    return new Map(this.#imported(node).map(([name, need]) => [name, path(need)]));
  }

  #imported(node: PackageNode): [string, PackageNode][] {
    const byId = new Map(node.needs.map((need) => [(need as PackageNode).recipe.id, need as PackageNode]));
    return node.recipe.imports.flatMap(([path, id]) => {
      const need = byId.get(id);
      return need ? [[path, need] as [string, PackageNode]] : [];
    });
  }

  #linked(node: LinkNode): [string, PackageNode, Blob][] {
    const byId = new Map(node.needs.map((need) => [(need as PackageNode).recipe.id, need as PackageNode]));
    return node.recipe.packages.flatMap(([path, id]) => {
      const need = byId.get(id);
      return need?.object ? [[path, need, need.object] as [string, PackageNode, Blob]] : [];
    });
  }

  /** Import path → file with the object. */
  objectFiles(node: LinkNode): Map<string, string> {
    const path = ({ recipe }: PackageNode, { digest }: Blob) =>
      recipe.prebuilt ?? this.#store.objectPath(digest);
    return new Map(this.#linked(node).map(([name, need, object]) => [name, path(need, object)]));
  }
}

function isTrimmed(node: LinkNode): boolean {
  return node.needs.every((need) => need.kind !== 'package' || need.recipe.isTrimmed);
}
