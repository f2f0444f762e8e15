/** Compares OCI image layouts image by image: their blobs are named by digest, so a changed one has another name. */
import {
  type Descriptor,
  type ImageDocument,
  MalformedImage,
  parseDocument,
} from '../../../formats/oci/types.ts';
import type { Host } from '../../../host/host.ts';
import type { Difference } from '../difference.ts';
import { type Comparison, compareFiles } from '../run.ts';

/** All differences of the images that two layouts name; their paths begin with the name of the image. */
export async function compareLayouts(
  comparison: Comparison,
  released: string,
  rebuilt: string,
): Promise<Difference[]> {
  const [left, right] = [released, rebuilt].map((directory) => namedIn(comparison.host, directory));
  const found: Difference[] = [];
  for (const [name, descriptor] of left ?? []) {
    const other = right?.get(name);
    if (other)
      found.push(...(await compareDocuments(comparison, [released, rebuilt], [descriptor, other], [name])));
    else found.push({ kind: 'extra', path: [name] });
  }
  for (const name of right?.keys() ?? []) if (!left?.has(name)) found.push({ kind: 'missing', path: [name] });
  return found;
}

type Pair<T> = readonly [released: T, rebuilt: T];

async function compareDocuments(
  comparison: Comparison,
  layouts: Pair<string>,
  descriptors: Pair<Descriptor>,
  path: readonly string[],
): Promise<Difference[]> {
  const [one, other] = descriptors;
  if (one.digest === other.digest) return [];
  const [left, right] = [0, 1].map((side) =>
    documentOf(comparison.host, layouts[side] as string, descriptors[side] as Descriptor),
  );
  if (left?.kind === 'index' && right?.kind === 'index') {
    const others = new Map(right.index.manifests.map((each) => [platformOf(each), each]));
    const found: Difference[] = [];
    for (const each of left.index.manifests) {
      const below = [...path, platformOf(each)];
      const counterpart = others.get(platformOf(each));
      others.delete(platformOf(each));
      if (counterpart)
        found.push(...(await compareDocuments(comparison, layouts, [each, counterpart], below)));
      else found.push({ kind: 'extra', path: below });
    }
    return [
      ...found,
      ...[...others.keys()].map((name) => ({ kind: 'missing' as const, path: [...path, name] })),
    ];
  }
  if (left?.kind !== 'manifest' || right?.kind !== 'manifest')
    return compareBlobs(comparison, layouts, descriptors, path);
  const parts = await compareBlobs(
    comparison,
    layouts,
    [left.manifest.config, right.manifest.config],
    [...path, 'configuration'],
  );
  const count = Math.max(left.manifest.layers.length, right.manifest.layers.length);
  for (let i = 0; i < count; i++) {
    const [layer, twin] = [left.manifest.layers[i], right.manifest.layers[i]];
    const below = [...path, `layer ${i + 1}`];
    if (layer && twin) parts.push(...(await compareBlobs(comparison, layouts, [layer, twin], below)));
    else parts.push({ kind: layer ? 'extra' : 'missing', path: below });
  }
  return parts;
}

async function compareBlobs(
  comparison: Comparison,
  [released, rebuilt]: Pair<string>,
  [one, other]: Pair<Descriptor>,
  path: readonly string[],
): Promise<Difference[]> {
  if (one.digest === other.digest) return [];
  const places = [`${released}/${pathOf(one)}`, `${rebuilt}/${pathOf(other)}`] as const;
  const [isHere, isThere] = places.map((place) => comparison.host.files.isFile(place));
  if (!isHere || !isThere) return [{ kind: isHere ? 'extra' : 'missing', path }];
  const found = await compareFiles(comparison, ...places);
  return found.map((difference) => ({ ...difference, path: [...path, ...difference.path] }));
}

/** Names and what they stand for; none where there is no index. */
function namedIn({ files }: Host, directory: string): Map<string, Descriptor> {
  const bytes = Buffer.from(files.readTextIfAny(`${directory}/index.json`) ?? '{"manifests":[]}');
  const document = parsed(bytes);
  const manifests = document?.kind === 'index' ? document.index.manifests : [];
  return new Map(
    manifests.map((one) => [one.annotations?.['org.opencontainers.image.ref.name'] ?? one.digest, one]),
  );
}

function documentOf({ files }: Host, directory: string, descriptor: Descriptor): ImageDocument | undefined {
  const path = `${directory}/${pathOf(descriptor)}`;
  return files.isFile(path) ? parsed(files.readBytes(path)) : undefined;
}

/** What is no document is compared as bytes. */
function parsed(bytes: Uint8Array): ImageDocument | undefined {
  try {
    return parseDocument(bytes);
  } catch (problem) {
    if (problem instanceof MalformedImage) return undefined;
    throw problem;
  }
}

function platformOf({ platform, digest }: Descriptor): string {
  return platform ? [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/') : digest;
}

function pathOf({ digest }: Descriptor): string {
  return `blobs/${digest.replace(':', '/')}`;
}
