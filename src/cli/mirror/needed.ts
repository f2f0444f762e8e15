/** The images of others that a tree needs: bases of its images, for all platforms, and kube-cross. */
import { join } from 'node:path';
import { Failure, taken } from '../../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../../formats/digest.ts';
import { type ImageReference, parseReference, referenceText } from '../../formats/oci/reference.ts';
import { cacheDirectory } from '../../host/host.ts';
import { placesOf } from '../../registry/mirrors.ts';
import type { Platform } from '../../target/platform.ts';
import { readContainerBuild } from '../../tree/container/facts.ts';
import { readImages } from '../../tree/images.ts';
import { crossReference } from '../container/buildimage/origin.ts';
import { registrySettings } from '../image/bases.ts';
import type { Session } from '../session.ts';

export interface NeededImage {
  /** The whole name. */
  readonly name: string;
  readonly reference: ImageReference;
  readonly platforms: readonly Platform[];
  /** What is built on it, or in it. */
  readonly usedBy: readonly string[];
  /** Where it is asked for, in order. */
  readonly places: readonly string[];
}

export async function neededImages(session: Session): Promise<NeededImage[]> {
  const { context, tree, config } = session;
  const { host, options, signal } = context;
  const declared = await readImages(host, tree, config, {
    ...{ platforms: [], noEval: options.noEval, signal },
    cacheFile: join(cacheDirectory(host), 'trees', `${digestOfBytes(tree.root).slice(0, 24)}-images.json`),
  });
  const found = new Map<
    string,
    { reference: ImageReference; platforms: Set<Platform>; usedBy: Set<string> }
  >();
  const add = (given: string, usedBy: string, platform?: Platform) => {
    const isElsewhere = given === 'scratch' || given === '' || /^debian:\/\/|^\.{0,2}\//.test(given);
    const reference =
      isElsewhere || host.files.exists(join(tree.root, given)) ? undefined : parseReference(given);
    if (!reference) return;
    const name = referenceText(reference);
    const one = found.get(name) ?? { reference, platforms: new Set(), usedBy: new Set() };
    found.set(name, one);
    one.usedBy.add(usedBy);
    if (platform) one.platforms.add(platform);
  };
  const cross = crossReference(readContainerBuild(host, tree));
  if (!declared.ok && cross === undefined) throw new Failure(...declared.diagnostics);
  for (const image of declared.ok ? taken(declared).value.images : [])
    add(image.base, image.name, image.platform);
  if (cross !== undefined) add(cross, 'container');
  const settings = registrySettings(session);
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { reference, platforms, usedBy }]) => ({
      ...{ name, reference, platforms: [...platforms].sort(), usedBy: [...usedBy].sort() },
      places: placesOf(reference, settings).map((place) => `${place.host}/${place.repository}`),
    }));
}
