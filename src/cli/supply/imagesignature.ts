/** Signs images where they lie: in a registry, by the digest that a name leads to. */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../../formats/digest.ts';
import type { SigningKey } from '../../formats/keys/privatekey.ts';
import { type ImageReference, parseReference } from '../../formats/oci/reference.ts';
import {
  readSignatureLayers,
  signatureImage,
  signatureOver,
  signatureTag,
  simpleSigningPayload,
} from '../../formats/sigstorebundle/imagesignature.ts';
import type { Registry } from '../../registry/client.ts';
import { pushImages } from '../../registry/push.ts';
import { areSignedBy, signBytes } from '../../steps/sign/run.ts';
import { Registries } from '../image/bases.ts';
import type { Session } from '../session.ts';

/** How images are named beside files. */
export const IMAGE = /^oci:\/\//;

/** Signs each image under its digest; a signature of this key that is there is left as it is. */
export async function signImages(session: Session, names: readonly string[], key: SigningKey): Promise<void> {
  const references = names.map(referenceOf);
  const registries = new Registries(session);
  try {
    await registries.open();
    for (const reference of references) {
      const tag = await signImage(session, registries.client(reference.registry), reference, key);
      session.context.print(`${reference.registry}/${reference.repository}:${tag}`);
    }
  } finally {
    await registries.close();
  }
}

async function signImage(
  { context }: Session,
  registry: Registry,
  { registry: host, repository, tag, digest: named }: ImageReference,
  key: SigningKey,
): Promise<string> {
  const found = await registry.manifest(repository, named ?? tag ?? 'latest');
  if (!found)
    throw new Failure(noImage(`${host}/${repository}${named ? `@${named}` : `:${tag ?? 'latest'}`}`));
  const digest = digestOfBytes(found.body);
  const payload = simpleSigningPayload(`${host}/${repository}`, digest);
  const known = await registry.manifest(repository, signatureTag(digest));
  const layers = known ? readSignatureLayers(known.body) : [];
  const signatures = layers.flatMap((layer) => signatureOver(payload, layer) ?? []);
  if (signatures.some((signature) => areSignedBy(key, payload, signature))) return signatureTag(digest);
  const image = signatureImage(digest, payload, signBytes(key, payload), layers);
  const { manifest, mediaType } = image;
  await pushImages(
    registry,
    [
      {
        ...{ repository, tags: [image.tag] },
        manifest: { bytes: manifest, mediaType, digest: `sha256:${digestOfBytes(manifest)}` },
        blobs: Object.entries(image.blobs).map(([sum, bytes]) => ({
          ...{ digest: `sha256:${sum}`, size: bytes.length },
          open: (from, to) => inOne(bytes.subarray(from, to)),
        })),
      },
    ],
    { signal: context.signal, onProgress: () => {} },
  );
  return image.tag;
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
    help: 'publish it first (kubewright publish), then sign it by the name that publish printed',
  });
}
