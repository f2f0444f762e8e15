/** The root file system that layers make together, as far as placing files in it needs: directories and links. */
import type { LayerFacts } from './layer.ts';

export type RootEntries = ReadonlyMap<string, { readonly link?: string }>;

/** Joins layers, lowest first; what one removes is gone for those above it. */
export function joinLayers(layers: readonly Pick<LayerFacts, 'entries' | 'removed'>[]): RootEntries {
  const joined = new Map<string, { link?: string }>();
  for (const { entries, removed } of layers) {
    for (const path of removed) {
      if (!path.endsWith('/')) joined.delete(path);
      const below = path.endsWith('/') ? path : `${path}/`;
      for (const known of [...joined.keys()]) if (known.startsWith(below)) joined.delete(known);
    }
    for (const [path, entry] of Object.entries(entries)) joined.set(path, entry);
  }
  return joined;
}

const LONGEST_CHAIN = 40;

/** Where a path really lies once links in its directories are followed, as a copy into the image would find it. */
export function placeIn(root: RootEntries, path: string): string {
  let todo = path.split('/').filter((part) => part !== '' && part !== '.');
  let place: string[] = [];
  for (let links = 0; todo.length > 0; ) {
    const [part = '', ...rest] = todo;
    todo = rest;
    if (part === '..') {
      place.pop();
      continue;
    }
    const here = [...place, part];
    const link = rest.length > 0 ? root.get(here.join('/'))?.link : undefined;
    if (link === undefined || ++links > LONGEST_CHAIN) place = here;
    else {
      if (link.startsWith('/')) place = [];
      todo = [...link.split('/').filter((one) => one !== '' && one !== '.'), ...rest];
    }
  }
  return place.join('/');
}

/** Directories above a path that the root lacks, outermost first: a layer has to bring them. */
export function missingParents(root: RootEntries, path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  const parents = parts.map((_, i) => parts.slice(0, i + 1).join('/'));
  return parents.filter((parent) => !root.has(parent));
}
