/** Which image a build runs in: the one that is named, else ours for this checkout, else a local copy of kube-cross. */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Engine } from '../../engine/engine.ts';
import type { ImageInspect } from '../../engine/types.ts';
import type { ContainerBuild } from '../../tree/container/facts.ts';
import { CHECKOUT_LABEL, type ContainerNames } from './names.ts';

export interface BuildImage {
  /** As a person would name it. */
  readonly reference: string;
  readonly id: string;
}

export interface ImageWanted {
  /** --image */
  readonly named: string | undefined;
  readonly build: ContainerBuild;
  readonly names: ContainerNames;
  /** Of the engine, in Go's words: `amd64`. */
  readonly architecture: string | undefined;
}

/** Finds the image at the engine; nothing is pulled. */
export async function resolveBuildImage(engine: Engine, wanted: ImageWanted): Promise<BuildImage> {
  const found = await find(engine, wanted);
  if (!found) throw new Failure(noImage(engine, wanted));
  const { reference, image } = found;
  const { architecture } = wanted;
  if (architecture !== undefined && image.Architecture !== '' && image.Architecture !== architecture) {
    throw new Failure(
      error('container/image-other-platform', {
        what: `the build image ${reference} is for linux/${image.Architecture}, and the engine at ${engine.address} is linux/${architecture}`,
        why: 'a compiler of another architecture starts nowhere, or under an emulator at a tenth of the speed',
        help: `make one for this engine: kubewright container image; or name another: --image REF`,
      }),
    );
  }
  return { reference, id: image.Id };
}

async function find(
  engine: Engine,
  { named, build, names }: ImageWanted,
): Promise<{ reference: string; image: ImageInspect } | undefined> {
  const inspect = async (reference: string) => {
    const image = await engine.images.inspect(reference);
    return image ? { reference, image } : undefined;
  };
  if (named !== undefined) return inspect(named);
  const own = await inspect(names.image);
  if (own) return own;
  const labelled = await engine.images.list({ label: [`${CHECKOUT_LABEL}=${names.checkout}`] });
  for (const { RepoTags, Id } of labelled) {
    const found = await inspect(RepoTags?.find((tag) => tag.endsWith(build.suffix)) ?? Id);
    if (found) return found;
  }
  const { crossImage, crossVersion } = build;
  if (crossVersion === undefined) return undefined;
  const exact = crossImage === undefined ? undefined : await inspect(`${crossImage}:${crossVersion}`);
  if (exact) return exact;
  // Whatever registry it came from: the tag says which it is.
  const copies = await engine.images.list({});
  const tags = copies.flatMap(({ RepoTags }) => RepoTags ?? []).sort();
  const copy = tags.find((tag) =>
    new RegExp(`(^|/)kube-cross(-[a-z0-9]+)?:${literally(crossVersion)}$`).test(tag),
  );
  return copy === undefined ? undefined : inspect(copy);
}

function literally(text: string): string {
  return text.replace(/[\\^$.|?*+(){}[\]]/g, '\\$&');
}

function noImage(engine: Engine, { named, build, names }: ImageWanted) {
  if (named !== undefined) {
    return error('container/no-image', {
      what: `the engine at ${engine.address} has no image ${named}`,
      why: '--image names it, and nothing is pulled without being asked',
      help: `bring it there: docker pull ${named}, or docker load; docker images lists what there is`,
    });
  }
  const { crossImage, crossVersion } = build;
  const cross =
    crossVersion === undefined ? '' : `, nor any copy of ${crossImage ?? 'kube-cross'}:${crossVersion}`;
  return error('container/no-image', {
    what: `the engine at ${engine.address} has no build image ${names.image}${cross}`,
    where: [build.where],
    why: 'the command runs in an image with Go and the tools that the tree’s scripts call',
    help: 'make it: kubewright container image; or name one that the engine has: --image REF',
  });
}
