/** Sends assembled images to a registry, and tells what was sent. */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { parseReference } from '../../formats/oci/reference.ts';
import { type AssembledImage, toSent } from '../../registry/assembled.ts';
import { type PushReport, pushImages, type SentImage } from '../../registry/push.ts';
import { formatBytes } from '../../report/units.ts';
import type { Session } from '../session.ts';
import { mebibytes, statusLine } from '../statusline.ts';
import { uploadMemory } from '../uploads.ts';
import type { Registries } from './bases.ts';

/** Where images go: a registry and a prefix for all of them, or the whole name of one. */
export interface Destination {
  readonly registry: string;
  readonly prefix: string;
  readonly tag?: string;
}

export function parseDestination(text: string): Destination {
  const reference = parseReference(text.replace(/\/+$/, ''));
  // A registry without a path is one too: 127.0.0.1:5000.
  const bare = /^(?:localhost|[\w.-]+\.[\w.-]+|\[[0-9a-f:]+\])(?::\d+)?$/i.test(text.replace(/\/+$/, ''));
  if (bare) return { registry: text.replace(/\/+$/, ''), prefix: '' };
  if (!reference || reference.digest)
    throw new Failure(
      error('request/invalid', {
        what: `${text} is no place for images`,
        why: 'images are sent to REGISTRY/PREFIX, or to the whole name of one: REGISTRY/NAME:TAG',
        help: 'write registry.example.com/orchard; small letters, digits, dots, dashes and slashes',
      }),
    );
  const { registry, repository, tag } = reference;
  return { registry, prefix: repository, ...(tag === undefined ? {} : { tag }) };
}

/** Sends images under the last element of their names. */
export async function pushAssembled(
  session: Pick<Session, 'context' | 'config' | 'own'>,
  registries: Registries,
  images: readonly AssembledImage[],
  to: string,
): Promise<void> {
  const destination = parseDestination(to);
  const names = new Set(images.filter(({ lists }) => lists.length > 0).flatMap((image) => image.names));
  if (destination.tag !== undefined && names.size !== 1) {
    throw oneName(to, names.size);
  }
  const place = (name: string) => {
    const { repository, tag = 'latest' } = parseReference(name) ?? { repository: name };
    const last = repository.slice(repository.lastIndexOf('/') + 1);
    if (destination.tag !== undefined) return { repository: destination.prefix, tag: destination.tag };
    return { repository: destination.prefix === '' ? last : `${destination.prefix}/${last}`, tag };
  };
  // Under one name only the list is tagged; it brings its images along.
  const wanted = destination.tag === undefined ? images : images.filter(({ lists }) => lists.length > 0);
  const sent = toSent(session.context.host, wanted, place);
  const report = await sendImages(session, registries, destination.registry, sent);
  const { context } = session;
  for (const { repository, tags } of sent)
    for (const tag of tags) context.print(`${destination.registry}/${repository}:${tag}`);
  if (!context.options.quiet && !context.options.json) context.host.stderr.write(`${told(report)}\n`);
}

/** Sends images, and shows how far it is. */
export async function sendImages(
  session: Pick<Session, 'context' | 'own'>,
  registries: Registries,
  registry: string,
  images: readonly SentImage[],
): Promise<PushReport> {
  const { context } = session;
  await registries.open();
  const line = statusLine(context);
  try {
    return await pushImages(registries.client(registry), images, {
      signal: context.signal,
      resumed: uploadMemory(session, registry),
      onProgress: (done, total, detail) =>
        line.show(`sending ${detail.slice(0, 19)}: ${mebibytes(done)} of ${mebibytes(total)} MiB`),
    });
  } finally {
    line.clear();
  }
}

function told({ sent, mounted, present, sentBytes }: PushReport): string {
  return `${sent} blobs sent (${formatBytes(sentBytes)}), ${mounted} mounted, ${present} were there`;
}

/** The letter about a push of several images under one name. */
function oneName(push: string, count: number): Failure {
  return new Failure(
    error('request/conflict', {
      what: `${push} names one image, and ${count} are to be pushed`,
      help: 'leave the tag away: --push REGISTRY/PREFIX sends every image under its own name; or name one image',
    }),
  );
}
