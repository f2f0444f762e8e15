/** `kubewright cache`: the size of the shared store, pruning it, and checking every object of it. */
import { type Command, InvalidArgumentError } from 'commander';
import { cacheDirectory } from '../../host/host.ts';
import { BlobCache } from '../../registry/blobs.ts';
import { formatBytes } from '../../report/units.ts';
import { LocalStore, STORE_LIMIT } from '../../store/local.ts';
import { parseBytes } from '../bytes.ts';
import type { Start } from '../commands.ts';
import type { CommandContext } from '../request.ts';

export function configure(command: Command, start: Start): void {
  // Options of every command are understood behind prune and verify too.
  command.enablePositionalOptions(false);
  command
    .description('size of the store that all checkouts share')
    .action(() => start(async (context) => showSize(context)));
  command
    .command('prune')
    .description('remove what was used longest ago')
    .option(
      '--max <size>',
      'keep at most this much, of objects and of layers of images: 500M, 20G',
      readLimit,
      STORE_LIMIT,
    )
    .action((values: { max: number }) =>
      start(async (context) => {
        const removed = storeOf(context).prune(values.max);
        const images = imagesOf(context).prune(values.max);
        const told = `removed ${removed.objects} objects, ${formatBytes(removed.bytes)}`;
        const ofImages = `, and ${images.objects} layers of images, ${formatBytes(images.bytes)}`;
        answer(context, { ...removed, images }, `${told}${images.objects > 0 ? ofImages : ''}`);
        return 0;
      }),
    );
  command
    .command('verify')
    .description('digest every object anew; what is wrong is set aside')
    .action(() =>
      start(async (context) => {
        const wrong = storeOf(context).verify();
        answer(
          context,
          { wrong },
          wrong.length === 0
            ? 'every object is what its name says'
            : `${wrong.length} objects were set aside`,
        );
        return wrong.length === 0 ? 0 : 1;
      }),
    );
}

function showSize(context: CommandContext): number {
  const size = storeOf(context).size();
  const images = imagesOf(context).size();
  const told = `${cacheDirectory(context.host)}: ${size.objects} objects, ${formatBytes(size.bytes)}`;
  const ofImages = `; of images ${images.objects} blobs, ${formatBytes(images.bytes)}`;
  answer(context, { ...size, images }, `${told}${images.objects > 0 ? ofImages : ''}`);
  return 0;
}

function storeOf(context: CommandContext): LocalStore {
  return new LocalStore(context.host, cacheDirectory(context.host), context.report);
}

/** Bases, build images and what mirrors brought. */
function imagesOf({ host }: CommandContext): BlobCache {
  return new BlobCache(host, cacheDirectory(host));
}

function answer(context: CommandContext, value: unknown, text: string): void {
  context.print(context.options.json ? JSON.stringify(value) : text);
}

function readLimit(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined)
    throw new InvalidArgumentError('It must be a number of bytes, or one with K, M, G or T.');
  return bytes;
}
