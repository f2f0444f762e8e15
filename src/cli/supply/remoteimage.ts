/** Images where they lie: in a registry, by the digest that a name leads to; and what is attached to them there. */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../../formats/digest.ts';
import { type ImageReference, parseReference } from '../../formats/oci/reference.ts';
import type { AttachedImage } from '../../formats/sigstorebundle/imagesignature.ts';
import type { Registry } from '../../registry/client.ts';
import { pushImages } from '../../registry/push.ts';
import { Registries } from '../image/bases.ts';
import type { Session } from '../session.ts';

/** How images are named beside files. */
export const IMAGE = /^oci:\/\//;

export interface RemoteImage {
  readonly registry: Registry;
  readonly repository: string;
  /** `registry.example.com/release/kube-proxy-amd64` */
  readonly name: string;
  /** Of its manifest or index, and the bytes of it. */
  readonly digest: string;
  readonly manifest: Uint8Array;
}

/** Finds each image, hands it to `work`, and prints what that gives. */
export async function withRemoteImages(
  session: Session,
  names: readonly string[],
  work: (image: RemoteImage) => Promise<string>,
): Promise<void> {
  const references = names.map(referenceOf);
  const registries = new Registries(session);
  try {
    await registries.open();
    for (const reference of references)
      session.context.print(await work(await find(registries.client(reference.registry), reference)));
  } finally {
    await registries.close();
  }
}

async function find(
  registry: Registry,
  { registry: host, repository, tag, digest: named }: ImageReference,
): Promise<RemoteImage> {
  const found = await registry.manifest(repository, named ?? tag ?? 'latest');
  const name = `${host}/${repository}`;
  if (!found) throw new Failure(noImage(`${name}${named ? `@${named}` : `:${tag ?? 'latest'}`}`));
  return { registry, repository, name, digest: digestOfBytes(found.body), manifest: found.body };
}

/** Puts an image of signatures or attestations beside the one that it is about. */
export async function attach(
  { context }: Session,
  { registry, repository }: RemoteImage,
  { tag, manifest, mediaType, blobs }: AttachedImage,
): Promise<void> {
  await pushImages(
    registry,
    [
      {
        ...{ repository, tags: [tag] },
        manifest: { bytes: manifest, mediaType, digest: `sha256:${digestOfBytes(manifest)}` },
        blobs: Object.entries(blobs).map(([sum, bytes]) => ({
          ...{ digest: `sha256:${sum}`, size: bytes.length },
          open: (from, to) => inOne(bytes.subarray(from, to)),
        })),
      },
    ],
    { signal: context.signal, onProgress: () => {} },
  );
}

async function* inOne(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function referenceOf(name: string): ImageReference {
  const reference = parseReference(name.replace(IMAGE, ''));
  if (reference) return reference;
  throw new Failure(
    error('request/invalid', {
      what: `${name} is no name of an image`,
      help: 'write oci://REGISTRY/NAME:TAG, or @sha256:… instead of the tag',
    }),
  );
}

function noImage(name: string) {
  return error('artifact/none', {
    what: `there is no image ${name}`,
    why: 'the registry knows neither that tag nor that digest',
    help: 'publish it first (kubewright publish), then sign or attest it by the name that publish printed',
  });
}
