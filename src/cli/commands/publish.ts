/** `kubewright publish`: finished images and releases where others get them. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readLayoutImages } from '../../registry/layoutimages.ts';
import type { Start } from '../commands.ts';
import { parsePlace } from '../publish/place.ts';
import type { PublishRequest } from '../publish/run.ts';
import type { CommandContext } from '../request.ts';
import { openSession } from '../session.ts';

interface PublishOptions extends PublishRequest {
  readonly images?: string;
}

export function configure(command: Command, start: Start): void {
  const collect = (value: string, known: readonly string[]) => [...known, value];
  command
    .argument(
      '<to>',
      'images: oci://REGISTRY/PREFIX; a release: s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, file:///DIR or a path',
    )
    .option('--images <dir>', 'OCI layout to publish (default: OUT/release-images/oci)')
    .option('--release <dir>', 'release to publish (default: OUT/release-tars)')
    .option(
      '--release-version <version>',
      'its version (default: what kubernetes.tar.gz says, else the tree)',
    )
    .option('--marker <name>', 'move this marker too, as k8s-master; may be repeated', collect, [])
    .option('--no-markers', 'move no marker: stable.txt, latest-1.20.txt and their kin')
    .option('--force-markers', 'move markers back too', false)
    .option('--fast', 'below fast/, with the markers latest-fast…', false)
    .option('--overwrite', 'replace another release of this version', false)
    .option('--wait <seconds>', 'wait this long for another run in the same output directory', Number, 0)
    .action((to: string, options: PublishOptions) => start((context) => publish(context, to, options)));
}

async function publish(context: CommandContext, to: string, options: PublishOptions): Promise<number> {
  const place = parsePlace(to, context.host.workingDirectory);
  if (place.kind === 'registry') return publishImages(context, place.to, options.images);
  return (await import('../publish/run.ts')).publish(context, place, options);
}

async function publishImages(context: CommandContext, registry: string, named?: string): Promise<number> {
  const session = await openSession(context);
  const { host } = context;
  const { releaseLayout } = await import('../image/layout.ts');
  const directory = named === undefined ? releaseLayout(session) : resolve(host.workingDirectory, named);
  const images = await readLayoutImages(host, directory);
  if (context.options.dryRun) {
    context.print(images.flatMap(({ names }) => names).join('\n'));
    return 0;
  }
  const { Registries } = await import('../image/bases.ts');
  const { pushAssembled } = await import('../image/push.ts');
  const registries = new Registries(session);
  try {
    await pushAssembled(session, registries, images, registry);
    return 0;
  } finally {
    await registries.close();
  }
}
