/**
 * The images that a tree declares: which binaries, on which bases, at which places, under which names. Kubernetes trees
 * say it in build/common.sh, build/lib/release.sh, build/server-image and the Dockerfiles of conformance, hyperkube and
 * pause; any other tree in kubewright.yaml. Nothing is hard-coded for one tree.
 */
import type { Config } from '../config/config.ts';
import { type Diagnostic, error, type Location, ok, type Result } from '../diagnostic/diagnostic.ts';
import type { ConfigChanges } from '../formats/oci/assemble.ts';
import type { Host } from '../host/host.ts';
import type { Platform } from '../target/platform.ts';
import { configuredImages } from './eras/configuredimages.ts';
import { readKubernetesImages } from './eras/images.ts';
import type { Tree } from './tree.ts';

/** Something that an image holds. */
export type ImageContent =
  /** A program of the tree, by its file name without `.exe`. */
  | { readonly kind: 'binary'; readonly name: string }
  /** A file or directory, relative to the tree. */
  | { readonly kind: 'tree'; readonly path: string };

/** One copy into the image: a layer of its own. */
export interface ImageCopy {
  readonly contents: readonly ImageContent[];
  /** Absolute, in the image; a slash at its end makes it a directory. */
  readonly target: string;
  readonly mode?: number;
  /** `cap_net_bind_service=+ep` */
  readonly capabilities?: string;
}

/** One image for one platform, before its base was looked at. */
export interface ImageDeclaration {
  /** `kube-apiserver` */
  readonly name: string;
  readonly platform: Platform;
  /** A reference, a path, or `scratch`. */
  readonly base: string;
  readonly copies: readonly ImageCopy[];
  readonly settings: ConfigChanges;
  /** `k8s.gcr.io/kube-apiserver-amd64`, without tag. */
  readonly repository: string;
  /** Repository of the list over platforms: `k8s.gcr.io/kube-apiserver`. */
  readonly list: string;
  /** A tag of its own, where it is not the tree's version (pause). */
  readonly tag?: string;
  /** The tag is the MD5 of the binary (1.2). */
  readonly hasDigestTag?: boolean;
  /** Base name of its archive: `kube-apiserver`, `conformance-amd64`. */
  readonly archive: string;
  /** Whether it is made when no image is named. */
  readonly isReleased: boolean;
  readonly where: Location;
}

export interface DeclaredImages {
  readonly images: readonly ImageDeclaration[];
  /** Images that cannot be made, each with the reason; told when one is asked for. */
  readonly impossible: readonly ImpossibleImage[];
}

export interface ImpossibleImage {
  readonly name: string;
  readonly isReleased: boolean;
  readonly diagnostic: Diagnostic;
}

export interface ImagesRequest {
  /** Platforms that are wanted; none are all that the tree declares. */
  readonly platforms: readonly Platform[];
  readonly noEval: boolean;
  /** JSON file that keeps what was read; left out, everything is read again. */
  readonly cacheFile?: string;
  readonly signal?: AbortSignal;
}

/** Reads what a tree declares, and what kubewright.yaml adds or replaces. */
export async function readImages(
  host: Host,
  tree: Tree,
  config: Config,
  request: ImagesRequest,
): Promise<Result<DeclaredImages>> {
  const own = tree.family === 'kubernetes' ? await readKubernetesImages(host, tree, request) : ok(NONE);
  if (!own.ok) return own;
  const configured = configuredImages(tree, config, request.platforms);
  const replaced = new Set(configured.map(({ name }) => name));
  return ok(
    {
      images: [...own.value.images.filter(({ name }) => !replaced.has(name)), ...configured],
      impossible: own.value.impossible.filter(({ name }) => !replaced.has(name)),
    },
    own.diagnostics,
  );
}

const NONE: DeclaredImages = { images: [], impossible: [] };

/** The letter about a tree that declares no images. */
export function noImages(tree: Tree): Diagnostic {
  return error('image/none-declared', {
    what: `${tree.label} declares no images`,
    why: 'images of a Kubernetes tree are declared in build/common.sh; those of other trees in kubewright.yaml',
    help: 'add images: to kubewright.yaml, as in docs/guide/images.md',
  });
}
