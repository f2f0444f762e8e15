/** From a request to images that can be made: declared, named, with their bases here and their programs found. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Diagnostic, error, Failure, taken } from '../../diagnostic/diagnostic.ts';
import { didYouMean } from '../../diagnostic/nearest.ts';
import { digestOfBytes } from '../../formats/digest.ts';
import { imageTag, isImageTag } from '../../formats/oci/reference.ts';
import { cacheDirectory } from '../../host/host.ts';
import type { PlannedImage } from '../../steps/image/plan.ts';
import { type Platform, splitPlatform } from '../../target/platform.ts';
import { type DeclaredImages, type ImageDeclaration, noImages, readImages } from '../../tree/images.ts';
import { readTreeVersion, type TreeVersion } from '../../tree/version.ts';
import type { Session } from '../session.ts';
import { Bases, type Registries } from './bases.ts';
import { contentsOf } from './contents.ts';
import type { ImageRequest } from './request.ts';

/** One image for one platform, and what it is called. */
export interface PreparedImage {
  readonly declaration: ImageDeclaration;
  readonly planned: PlannedImage;
  readonly tag: string;
  /** The name of its list over platforms, with the tag. */
  readonly list: string;
}

export interface PreparedImages {
  readonly images: readonly PreparedImage[];
  readonly version: TreeVersion;
  readonly notes: readonly Diagnostic[];
}

/** Which images are wanted, of what and under which tag. */
export interface ImageSelection extends Pick<ImageRequest, 'names' | 'platforms' | 'base' | 'from' | 'tag'> {
  /** Images that are made beside those of a release; one that cannot be made is told as a warning. */
  readonly others?: readonly string[];
  readonly versionString?: string;
  /** Ask apt again for the packages of bases. */
  readonly refresh?: boolean;
  /** Whether a tree without images is no error. */
  readonly mayBeNone?: boolean;
}

export interface SelectedImages {
  readonly images: readonly ImageDeclaration[];
  readonly version: TreeVersion;
  readonly notes: readonly Diagnostic[];
}

/** Reads what the tree declares; neither bases nor programs are looked at. */
export async function selectImages(session: Session, request: ImageSelection): Promise<SelectedImages> {
  const { context, tree, config } = session;
  const { host, options, signal } = context;
  const { versionString } = request;
  const version = taken(
    await readTreeVersion(host, tree, { signal, ...(versionString ? { versionString } : {}) }),
  );
  const asked = platformsOf(request, host.platform);
  const declared = taken(
    await readImages(host, tree, config, {
      ...{ platforms: asked, noEval: options.noEval, signal },
      cacheFile: join(cacheDirectory(host), 'trees', `${digestOfBytes(tree.root).slice(0, 24)}-images.json`),
    }),
  );
  const images = choose(declared.value, request, session, asked);
  const { others, names } = request;
  const left = declared.value.impossible.filter(
    ({ name, isReleased }) =>
      names.length === 0 && (others === undefined || isReleased || others.includes(name)),
  );
  return {
    ...{ images, version: version.value },
    notes: [...session.notes, ...version.diagnostics, ...declared.diagnostics, ...left.map(asWarning)],
  };
}

/** Reads declarations, bases and programs. Everything that is missing is in one Failure. */
export async function prepareImages(
  session: Session,
  request: ImageSelection,
  registries: Registries,
): Promise<PreparedImages> {
  const { images: chosen, version, notes } = await selectImages(session, request);
  const contents = chosen.map((image) => contentsOf(session, image, request.from));
  const missing = contents.flatMap((one) => one.missing);
  if (missing.length > 0) throw new Failure(...missing);
  const bases = new Bases(session, registries, request.refresh);
  const images: PreparedImage[] = [];
  try {
    for (const [i, declaration] of chosen.entries()) {
      const layers = contents[i]?.layers ?? [];
      const tag = tagOf(request, declaration, version, () => programDigest(session, layers));
      const base = await readBaseOf(session, request, bases, declaration);
      images.push({
        ...{ declaration, tag, list: `${declaration.list}:${tag}` },
        planned: plan(session, declaration, { base, layers, tag, version }),
      });
    }
  } finally {
    bases.clean();
  }
  return { images, version, notes };
}

/** The base of an image: what is asked for instead, relative to the working directory, or the tree's. */
export function readBaseOf(
  { tree, context }: Session,
  request: Pick<ImageSelection, 'base'>,
  bases: Bases,
  { base, platform }: ImageDeclaration,
): Promise<PlannedImage['base']> {
  const directory = request.base === undefined ? tree.root : context.host.workingDirectory;
  return bases.read(request.base ?? base, platform, directory);
}

/** No platform is this machine's architecture; `all` is everything that the tree declares. */
function platformsOf(request: ImageSelection, host: Platform): Platform[] {
  if (request.platforms.includes('all')) return [];
  if (request.platforms.length > 0) return request.platforms.flatMap((one) => one.split(',')) as Platform[];
  return [`linux/${splitPlatform(host).arch}`];
}

function choose(
  { images, impossible }: DeclaredImages,
  request: ImageSelection,
  { tree }: Session,
  asked: readonly Platform[],
): ImageDeclaration[] {
  const known = [...new Set([...images, ...impossible].map(({ name }) => name))];
  if (known.length === 0 && !request.mayBeNone) throw new Failure(noImages(tree));
  const words = request.names.map((word) => word.replace(/^.*\//, ''));
  const problems = words.flatMap((word) => {
    const found = impossible.find(({ name }) => name === word);
    if (found) return [found.diagnostic];
    return images.some(({ name }) => name === word) ? [] : [unknown(word, known, asked)];
  });
  if (problems.length > 0) throw new Failure(...problems);
  if (words.length > 0) return images.filter(({ name }) => words.includes(name));
  return images.filter(({ name, isReleased }) => isReleased || request.others?.includes(name));
}

function unknown(word: string, known: readonly string[], asked: readonly Platform[]): Diagnostic {
  const guess = didYouMean(word, known);
  return error('image/unknown', {
    what: `there is no image ${word}${asked.length > 0 ? ` for ${asked.join(', ')}` : ''}`,
    why: 'images are what build/common.sh, the Dockerfiles of the tree and kubewright.yaml declare',
    help: `${guess ? `${guess} ` : ''}declared here: ${[...known].sort().join(', ')}`,
  });
}

function asWarning({ diagnostic }: { readonly diagnostic: Diagnostic }): Diagnostic {
  return { ...diagnostic, severity: 'warning' };
}

/** --tag, the image's own, the MD5 of the program (1.2), or the version. */
function tagOf(
  request: ImageSelection,
  image: ImageDeclaration,
  { gitVersion }: TreeVersion,
  digest: () => string,
): string {
  const tag =
    request.tag ??
    image.tag ??
    (image.hasDigestTag ? digest() : gitVersion ? imageTag(gitVersion) : undefined);
  if (tag === undefined || !isImageTag(tag))
    throw new Failure(
      error('request/invalid', {
        what:
          tag === undefined ? 'the tree has no version to make a tag of' : `${tag} is no tag for an image`,
        where: [image.where],
        why: 'every image is named NAME:TAG, and the tag is the version with _ for +',
        help: 'name one: --tag v1.20.2; or give the tree a version: KUBE_GIT_VERSION=v1.20.2',
      }),
    );
  return tag;
}

function programDigest(session: Session, layers: PlannedImage['layers']): string {
  const source = layers[0]?.entries.find((entry) => entry.source !== undefined)?.source ?? '';
  return createHash('md5').update(session.context.host.files.readBytes(source)).digest('hex');
}

function plan(
  { context }: Session,
  declaration: ImageDeclaration,
  made: {
    readonly base: PlannedImage['base'];
    readonly layers: PlannedImage['layers'];
    readonly tag: string;
    readonly version: TreeVersion;
  },
): PlannedImage {
  const { name, platform, settings, repository } = declaration;
  const { arch } = splitPlatform(platform);
  const names = [`${repository}:${made.tag}`];
  // KUBE_DOCKER_REGISTRY and KUBE_DOCKER_IMAGE_TAG give a second name, as upstream's archives have it from 1.20 on.
  const { KUBE_DOCKER_REGISTRY: registry, KUBE_DOCKER_IMAGE_TAG: tag } = context.host.environment;
  const own = repository.slice(0, repository.lastIndexOf('/'));
  if (registry || tag) names.push(`${registry || own}/${name}-${arch}:${tag || made.tag}`);
  return {
    ...{ name, platform, base: made.base, layers: made.layers, changes: settings },
    ...(arch === 'arm' ? { variant: 'v7' } : {}),
    names: [...new Set(names)],
    created: Math.floor(Date.parse(made.version.buildDate) / 1000),
  };
}
