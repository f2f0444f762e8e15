/** Where a build image comes from when nobody says: a copy that the engine has, a mirror, else packages. */
import type { Engine } from '../../../engine/engine.ts';
import { parseReference } from '../../../formats/oci/reference.ts';
import type { ContainerBuild } from '../../../tree/container/facts.ts';
import { registrySettings } from '../../image/bases.ts';
import type { Session } from '../../session.ts';
import type { BuildImageRequest, Origin } from './request.ts';

/** The name of the tree's kube-cross with its tag, where the tree has one. */
export function crossReference({ crossImage, crossVersion }: ContainerBuild): string | undefined {
  return crossImage === undefined || crossVersion === undefined ? undefined : `${crossImage}:${crossVersion}`;
}

/**
 * In the order in which they are tried. A registry is asked when it is named, or a mirror stands for it; without a network
 * `registry` is what `mirror load` brought here.
 */
export function originsOf(session: Session, request: BuildImageRequest, build: ContainerBuild): Origin[] {
  if (request.from !== undefined) return [request.from];
  // Only what we make ourselves holds what was asked for.
  if (request.platforms.length + request.packages.length > 0 || request.toolchain !== undefined)
    return ['packages'];
  const reference = crossReference(build);
  const isCached = session.context.options.offline && reference !== undefined;
  const atEngine: Origin[] = request.save === undefined ? ['engine'] : [];
  const isTried = isCached || isMirrored(session, build);
  return [...atEngine, ...(isTried ? (['registry'] as const) : []), 'packages'];
}

/** Whether a mirror stands for the registry of the tree's kube-cross. */
export function isMirrored(session: Session, build: ContainerBuild): boolean {
  const reference = crossReference(build);
  const host = reference === undefined ? undefined : parseReference(reference)?.registry;
  return host !== undefined && registrySettings(session).mirrors[host] !== undefined;
}

/** A copy of kube-cross at the engine, whatever registry it came from: the tag says which it is. */
export async function crossCopy(
  engine: Engine,
  { crossVersion }: ContainerBuild,
  architecture: string,
): Promise<string | undefined> {
  if (crossVersion === undefined) return undefined;
  const all = await engine.images.list({});
  const tags = all.flatMap(({ RepoTags }) => RepoTags ?? []).sort();
  const isCross = /(?:^|\/)kube-cross(?:-[a-z0-9]+)?:([^:/]+)$/;
  for (const tag of tags.filter((one) => isCross.exec(one)?.[1] === crossVersion)) {
    const image = await engine.images.inspect(tag);
    if (image && (!architecture || image.Architecture === architecture)) return tag;
  }
  return undefined;
}
