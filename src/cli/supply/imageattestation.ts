/** Attests images where they lie: their provenance, signed, beside them in the registry, as cosign looks for it. */
import { join } from 'node:path';
import {
  envelopeBytes,
  INTOTO_PAYLOAD,
  preAuthentication,
  readEnvelope,
} from '../../formats/dsse/envelope.ts';
import { PROVENANCE_TYPE, type Subject } from '../../formats/intoto/statement.ts';
import type { SigningKey } from '../../formats/keys/privatekey.ts';
import { parseDocument } from '../../formats/oci/types.ts';
import {
  type AttachedLayer,
  attestationImage,
  attestationTag,
  readAttestationLayers,
} from '../../formats/sigstorebundle/imagesignature.ts';
import { isSignedBy, signBytes } from '../../steps/sign/run.ts';
import type { Session } from '../session.ts';
import { attach, type RemoteImage, withRemoteImages } from './remoteimage.ts';
import { statementAbout } from './statement.ts';

/** Writes the provenance of each image beside it. One of this key that is there already is left, an older one replaced. */
export function attestImages(session: Session, names: readonly string[], key: SigningKey): Promise<void> {
  return withRemoteImages(session, names, (image) => attestImage(session, image, key));
}

async function attestImage(session: Session, image: RemoteImage, key: SigningKey): Promise<string> {
  const { registry, repository, name, digest } = image;
  const place = `${name}:${attestationTag(digest)}`;
  const payload = Buffer.from(await statementAbout(session, subjectsOf(image)));
  if (session.context.options.dryRun) return place;
  const known = await registry.manifest(repository, attestationTag(digest));
  const others: AttachedLayer[] = [];
  for (const layer of known ? readAttestationLayers(known.body) : []) {
    const old = await envelopeOf(session, image, layer);
    const isOurs = old !== undefined && isSignedBy(key, old.payload, old.signature);
    if (isOurs && old.payload.equals(payload)) return place;
    if (!isOurs || layer.annotations?.['predicateType'] !== PROVENANCE_TYPE) others.push(layer);
  }
  const signature = signBytes(key, preAuthentication(INTOTO_PAYLOAD, payload));
  const envelope = envelopeBytes(payload, signature);
  await attach(session, image, attestationImage(digest, envelope, PROVENANCE_TYPE, others));
  return place;
}

/** The image; of a list its images too, so that who pulled one of them finds it. */
function subjectsOf({ name, digest, manifest }: RemoteImage): Subject[] {
  const document = parseDocument(manifest);
  const listed = document.kind === 'index' ? document.index.manifests : [];
  return [
    { name, digest: { sha256: digest } },
    ...listed.map((one) => ({
      name: `${name}@${one.digest}`,
      digest: { sha256: one.digest.slice('sha256:'.length) },
    })),
  ];
}

async function envelopeOf(
  { context, own }: Session,
  { registry, repository }: RemoteImage,
  layer: AttachedLayer,
): Promise<ReturnType<typeof readEnvelope>> {
  const { files } = context.host;
  const file = join(own, 'attestation');
  try {
    await registry.download(repository, layer, file, () => {});
    return readEnvelope(files.readBytes(file));
  } finally {
    files.remove(file);
  }
}
