/** `kubewright publish`: finished artifacts where others get them. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { readLayoutImages } from '../../registry/layoutimages.ts';
import type { Start } from '../commands.ts';
import { openSession } from '../session.ts';

export function configure(command: Command, start: Start): void {
  command
    .argument('<to>', 'oci://REGISTRY/PREFIX: images, each under its own name')
    .option('--images <dir>', 'OCI layout to publish (default: OUT/release-images/oci)')
    .action((to: string, values: { images?: string }) =>
      start(async (context) => {
        const registry = /^oci:\/\/(.+)$/.exec(to)?.[1];
        if (registry === undefined) throw new Failure(unknownPlace(to));
        const session = await openSession(context);
        const { host } = context;
        const directory =
          values.images === undefined
            ? `${session.layout.out}/release-images/oci`
            : resolve(host.workingDirectory, values.images);
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
      }),
    );
}

function unknownPlace(to: string) {
  return error('request/invalid', {
    what: `${to} is no place to publish to`,
    why: 'what is published goes to an OCI registry',
    help: 'write oci://REGISTRY/PREFIX, as oci://registry.example.com/orchard',
  });
}
