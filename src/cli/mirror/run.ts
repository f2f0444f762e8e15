/** Moves the images that a tree needs between registries, directories and our cache. */
import { resolve } from 'node:path';
import { parseReference } from '../../formats/oci/reference.ts';
import { cacheDirectory } from '../../host/host.ts';
import { type AssembledImage, toSent, writeLayout } from '../../registry/assembled.ts';
import { BlobCache } from '../../registry/blobs.ts';
import { readLayoutImages } from '../../registry/layoutimages.ts';
import { bringWhole, keepImages, withListed } from '../../registry/wholeimage.ts';
import { Registries } from '../image/bases.ts';
import { parseDestination, sendImages } from '../image/push.ts';
import type { Session } from '../session.ts';
import { mebibytes, statusLine } from '../statusline.ts';
import { table } from '../table.ts';
import { type NeededImage, neededImages } from './needed.ts';

/** Prints what the tree needs, for which platforms, and where it is asked for. */
export async function listNeeded(session: Session): Promise<number> {
  const needed = await neededImages(session);
  const { context } = session;
  if (context.options.json) {
    const told = needed.map(({ name, platforms, usedBy, places }) => ({ name, platforms, usedBy, places }));
    context.print(JSON.stringify({ images: told }));
    return 0;
  }
  const rows = needed.flatMap(({ name, platforms, usedBy, places }) => [
    [name, `for ${usedBy.join(', ')}`],
    ...(platforms.length > 0 ? [['', platforms.join(' ')]] : []),
    ['', `asked at ${places.join(', then ')}`],
  ]);
  context.print(rows.length > 0 ? table(rows) : 'no image of others is needed');
  return 0;
}

/** Brings everything into our cache; with a directory, writes it there as an OCI image layout too. */
export async function pullNeeded(session: Session, into: string | undefined): Promise<number> {
  const { context } = session;
  const images = await bringNeeded(session, await neededImages(session));
  for (const image of images) context.print(`${image.names[0]}@${image.manifest.descriptor.digest}`);
  if (into !== undefined) {
    const directory = resolve(context.host.workingDirectory, into);
    for (const path of writeLayout(context.host, directory, withListed(images))) context.print(path);
  }
  return 0;
}

async function bringNeeded(session: Session, needed: readonly NeededImage[]): Promise<AssembledImage[]> {
  const { host, options } = session.context;
  const registries = new Registries(session);
  const cache = new BlobCache(host, cacheDirectory(host));
  const line = statusLine(session.context);
  try {
    await registries.open();
    const images: AssembledImage[] = [];
    for (const { reference, name } of needed) {
      line.show(`bringing ${name}`);
      images.push(
        await bringWhole(reference, {
          ...{ host, cache, settings: registries.settings, offline: options.offline, refresh: true },
          registry: (one) => registries.client(one),
          onProgress: (bytes, total, detail) =>
            line.show(`fetching ${detail}: ${mebibytes(bytes)} of ${mebibytes(total)} MiB`),
        }),
      );
    }
    return images;
  } finally {
    line.clear();
    cache.clean();
    await registries.close();
  }
}

/** Takes the images of a layout into our cache: commands with --offline find them there. */
export async function loadLayout(session: Session, from: string): Promise<number> {
  const { host, print } = session.context;
  const images = await readLayoutImages(host, resolve(host.workingDirectory, from));
  const cache = new BlobCache(host, cacheDirectory(host));
  try {
    await keepImages(host, cache, images);
  } finally {
    cache.clean();
  }
  for (const { names } of images) for (const name of names) print(name);
  return 0;
}

/** Sends images to a registry, under the repositories that they have: what a rule `HOST → TO` then finds. */
export async function pushNeeded(session: Session, to: string, from: string | undefined): Promise<number> {
  const { context } = session;
  const { host } = context;
  const { registry, prefix } = parseDestination(to);
  const images =
    from === undefined
      ? await bringNeeded(session, await neededImages(session))
      : await readLayoutImages(host, resolve(host.workingDirectory, from));
  const sent = toSent(host, images, (name) => {
    const { repository, tag = 'latest' } = parseReference(name) ?? { repository: name };
    return { repository: prefix === '' ? repository : `${prefix}/${repository}`, tag };
  });
  const registries = new Registries(session);
  try {
    await sendImages(session, registries, registry, sent);
  } finally {
    await registries.close();
  }
  for (const { repository, tags } of sent)
    for (const tag of tags) context.print(`${registry}/${repository}:${tag}`);
  return 0;
}
