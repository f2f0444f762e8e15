/** Signs images where they lie: in a registry, by the digest that a name leads to. */
import type { SigningKey } from '../../formats/keys/privatekey.ts';
import {
  readSignatureLayers,
  signatureImage,
  signatureOver,
  signatureTag,
  simpleSigningPayload,
} from '../../formats/sigstorebundle/imagesignature.ts';
import { areSignedBy, signBytes } from '../../steps/sign/run.ts';
import type { Session } from '../session.ts';
import { attach, type RemoteImage, withRemoteImages } from './remoteimage.ts';

/** Signs each image under its digest; a signature of this key that is there is left as it is. */
export function signImages(session: Session, names: readonly string[], key: SigningKey): Promise<void> {
  return withRemoteImages(session, names, (image) => signImage(session, image, key));
}

async function signImage(session: Session, image: RemoteImage, key: SigningKey): Promise<string> {
  const { registry, repository, name, digest } = image;
  const place = `${name}:${signatureTag(digest)}`;
  const payload = simpleSigningPayload(name, digest);
  const known = await registry.manifest(repository, signatureTag(digest));
  const layers = known ? readSignatureLayers(known.body) : [];
  const signatures = layers.flatMap((layer) => signatureOver(payload, layer) ?? []);
  if (!signatures.some((signature) => areSignedBy(key, payload, signature)))
    await attach(session, image, signatureImage(digest, payload, signBytes(key, payload), layers));
  return place;
}
