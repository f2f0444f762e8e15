/** Declares the Steps that make images: archives for an engine, and compressed layers for registries and OCI layouts. */
import { digestOfRecord } from '../../formats/digest.ts';
import type { ConfigChanges } from '../../formats/oci/assemble.ts';
import { missingParents, placeIn, type RootEntries } from '../../formats/oci/rootfs.ts';
import type { ImageConfig } from '../../formats/oci/types.ts';
import { WINDOWS_HIVES, WINDOWS_ROOT } from '../../formats/oci/windowslayer.ts';
import type { Json, Step } from '../../plan/step.ts';
import type { Platform } from '../../target/platform.ts';

/** One thing that a copy brings, at its place as the declaration says it. */
export interface CopiedEntry {
  /** In the image, without a slash in front. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly mode: number;
  readonly target?: string;
  /** Absolute path of a file. */
  readonly source?: string;
  readonly capabilities?: string;
}

/** One layer: what it brings, and the words that tell of it in the history. */
export interface CopiedLayer {
  readonly createdBy: string;
  readonly entries: readonly CopiedEntry[];
}

/** A layer below ours, on this machine. */
export interface LowerLayer {
  readonly path: string;
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes as they lie there, and without compression. */
  readonly size: number;
  readonly plainSize: number;
  readonly diffId: string;
}

/** An image for one platform, with all that it is made of. */
export interface PlannedImage {
  /** `kube-apiserver` */
  readonly name: string;
  readonly platform: Platform;
  readonly variant?: string;
  /** Full names with tags. */
  readonly names: readonly string[];
  readonly base: {
    /** As people name it; `scratch` for none. */
    readonly name: string;
    readonly digest?: string;
    readonly config?: ImageConfig;
    readonly layers: readonly LowerLayer[];
    /** What its layers make together. */
    readonly root: RootEntries;
  };
  readonly layers: readonly CopiedLayer[];
  readonly changes: ConfigChanges;
  /** Seconds since 1970. */
  readonly created: number;
}

/** A member of a layer as the packer writes it; `input` counts the files of its Step. */
export interface LayerEntry {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly mode: number;
  readonly target?: string;
  readonly input?: number;
  readonly capabilities?: string;
}

export interface LayerParameters {
  readonly entries: readonly LayerEntry[];
  /** Members tell what the file system of Windows keeps of them. */
  readonly isWindows?: true;
  readonly mtime: number;
}

/** What the packer of archives is told. */
export interface ArchiveParameters {
  readonly images: readonly ArchivedImage[];
  /** Layers of ours; `entries` count the inputs behind the lower layers. */
  readonly layers: readonly LayerParameters[];
  /** Lower layers, in the order of the first inputs. */
  readonly lower: readonly { readonly diffId: string; readonly plainSize: number }[];
}

export interface ArchivedImage {
  readonly names: readonly string[];
  readonly os: string;
  readonly arch: string;
  readonly variant?: string;
  readonly config: Json;
  readonly changes: Json;
  readonly created: number;
  /** Indexes into `lower` and `layers`, in their order. */
  readonly lower: readonly number[];
  readonly layers: readonly { readonly index: number; readonly createdBy: string }[];
}

/** Declares the archive of some images, for `docker load` and everything that reads OCI archives. */
export function planArchive(images: readonly PlannedImage[], output: string, title: string): Step {
  const lower = new Map<string, { at: number; layer: LowerLayer }>();
  for (const { base } of images)
    for (const layer of base.layers)
      if (!lower.has(layer.digest)) lower.set(layer.digest, { at: lower.size, layer });
  const inputs = new Inputs([...lower.values()].map(({ layer }) => layer.path));
  const layers = new Map<string, { at: number; parameters: LayerParameters }>();
  const archived = images.map((image): ArchivedImage => {
    const slash = image.platform.indexOf('/');
    const own = layersOf(image, inputs).map((parameters, i) => {
      const key = digestOfRecord(parameters);
      const known = layers.get(key) ?? { at: layers.size, parameters };
      layers.set(key, known);
      return { index: known.at, createdBy: image.layers[i]?.createdBy ?? '' };
    });
    return {
      ...{ names: image.names, os: image.platform.slice(0, slash), arch: image.platform.slice(slash + 1) },
      ...(image.variant ? { variant: image.variant } : {}),
      ...{ config: (image.base.config ?? null) as unknown as Json, changes: image.changes as Json },
      ...{ created: image.created, layers: own },
      lower: image.base.layers.map(({ digest }) => lower.get(digest)?.at ?? 0),
    };
  });
  const parameters: ArchiveParameters = {
    images: archived,
    layers: [...layers.values()].map((one) => one.parameters),
    lower: [...lower.values()].map(({ layer: { diffId, plainSize } }) => ({ diffId, plainSize })),
  };
  const [first] = images;
  return {
    ...{ id: `image:${output}`, kind: 'pack', title, needs: [], keyParts: {}, outputs: [output] },
    ...(first && images.every(({ platform }) => platform === first.platform)
      ? { platform: first.platform }
      : {}),
    inputs: inputs.paths.map((path) => ({ kind: 'file', path })),
    action: { kind: 'pack', packer: 'image-archive', parameters: parameters as unknown as Json },
  };
}

/** A compressed layer, and the Step that makes it: the same files at the same places are one layer for all images. */
export interface PlannedLayer {
  readonly step: Step;
  readonly blob: string;
  /** JSON: digest, size and diffId of the blob. */
  readonly facts: string;
}

/** Declares the compressed layers of an image, below `directory`. */
export function planLayers(image: PlannedImage, directory: string): PlannedLayer[] {
  return image.layers.map((layer, i) => {
    const inputs = new Inputs([]);
    const [parameters] = layersOf({ ...image, layers: [layer] }, inputs);
    const id = digestOfRecord({ parameters, paths: inputs.paths }).slice(0, 24);
    const outputs = [`${directory}/${id}.tar.gz`, `${directory}/${id}.json`] as const;
    const step: Step = {
      ...{ id: `layer:${id}`, kind: 'pack', needs: [], keyParts: {}, outputs, platform: image.platform },
      title: `layer ${i + 1} of ${image.name} ${image.platform}`,
      inputs: inputs.paths.map((path) => ({ kind: 'file', path })),
      action: { kind: 'pack', packer: 'image-layer', parameters: parameters as unknown as Json },
    };
    return { step, blob: outputs[0], facts: outputs[1] };
  });
}

/** What the packer of layouts is told; numbers count the inputs of its Step. */
export interface LayoutParameters {
  readonly images: readonly LaidImage[];
  /** Without them the documents alone are made: for images that a registry is sent. */
  readonly withLayers: boolean;
}

export interface LaidImage {
  readonly names: readonly string[];
  /** The name with tag of its list. */
  readonly list: string;
  readonly platform: Platform;
  readonly variant?: string;
  readonly config: Json;
  readonly changes: Json;
  readonly created: number;
  readonly lower: readonly (Pick<LowerLayer, 'digest' | 'size' | 'mediaType'> & { readonly input: number })[];
  readonly layers: readonly { readonly createdBy: string; readonly blob: number; readonly facts: number }[];
}

/** An image, its layers as planned, and the name of its list. */
export interface LayeredImage {
  readonly planned: PlannedImage;
  readonly layers: readonly PlannedLayer[];
  readonly list: string;
}

/** Declares the OCI image layout of some images: their documents, and the blobs that these name. */
export function planLayout(
  images: readonly LayeredImage[],
  directory: string,
  title: string,
  withLayers: boolean,
): Step {
  const inputs = new Inputs([]);
  const laid = images.map(({ planned, layers, list }): LaidImage => {
    const { names, platform, variant, base, changes, created } = planned;
    return {
      ...{ names, list, platform, created, changes: changes as Json },
      ...(variant === undefined ? {} : { variant }),
      config: (base.config ?? null) as unknown as Json,
      lower: base.layers.map(({ digest, size, mediaType, path }) => ({
        ...{ digest, size, mediaType },
        input: inputs.at(path),
      })),
      layers: layers.map(({ blob, facts }, i) => ({
        createdBy: planned.layers[i]?.createdBy ?? '',
        ...{ blob: inputs.at(blob), facts: inputs.at(facts) },
      })),
    };
  });
  const parameters: LayoutParameters = { images: laid, withLayers };
  return {
    ...{ id: `layout:${directory}`, kind: 'pack', title, keyParts: {} },
    needs: [...new Set(images.flatMap(({ layers }) => layers.map(({ step }) => step.id)))],
    inputs: inputs.paths.map((path) => ({ kind: 'file', path })),
    // The index names everything else, so it is made public last.
    outputs: [`${directory}/oci-layout`, `${directory}/index.json`],
    action: { kind: 'pack', packer: 'image-layout', parameters: parameters as unknown as Json },
  };
}

/** Input files of a Step, each once. */
class Inputs {
  readonly paths: string[];
  readonly #places: Map<string, number>;

  constructor(first: readonly string[]) {
    this.paths = [...first];
    this.#places = new Map(first.map((path, i) => [path, i]));
  }

  at(path: string): number {
    const place = this.#places.get(path) ?? this.paths.push(path) - 1;
    this.#places.set(path, place);
    return place;
  }
}

/** Puts every entry where it really lies in the base, and adds the directories that the base lacks. */
function layersOf(image: PlannedImage, inputs: Inputs): LayerParameters[] {
  const root = new Map(image.base.root);
  const isWindows = image.platform.startsWith('windows/');
  return image.layers.map(({ entries }) => {
    const members = new Map<string, LayerEntry>();
    // A Windows layer brings both of its roots, whatever lies below.
    for (const path of isWindows ? [WINDOWS_HIVES, WINDOWS_ROOT] : [])
      members.set(path, { path, kind: 'directory', mode: 0o755 });
    const directory = (path: string, mode = 0o755): void => {
      if (!root.has(path)) members.set(path, { path, kind: 'directory', mode });
      root.set(path, {});
    };
    for (const { path, source, ...entry } of entries) {
      const place = placeIn(root, isWindows ? `${WINDOWS_ROOT}/${path}` : path);
      for (const parent of missingParents(root, place)) directory(parent);
      if (entry.kind === 'directory') directory(place, entry.mode);
      else members.set(place, { ...entry, path: place, ...(source ? { input: inputs.at(source) } : {}) });
      if (entry.kind === 'symlink') root.set(place, { link: entry.target ?? '' });
    }
    const sorted = [...members.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
    return { entries: sorted, mtime: image.created, ...(isWindows ? { isWindows } : {}) };
  });
}
