/** `kubewright image`: container images of finished programs, made without a container engine. */
import type { Command } from 'commander';
import type { Start } from '../commands.ts';
import { addImageOptions, readImageRequest } from '../image/request.ts';
import { openSession } from '../session.ts';

export function configure(command: Command, start: Start): void {
  addImageOptions(command).action((names: string[], values: Record<string, unknown>) =>
    start(async (context) => {
      const session = await openSession(context);
      const request = readImageRequest(names, values);
      const { Registries } = await import('../image/bases.ts');
      const registries = new Registries(session);
      try {
        const { prepareImages } = await import('../image/prepare.ts');
        const prepared = await prepareImages(session, request, registries);
        if (!context.options.quiet) for (const note of prepared.notes) context.report(note);
        if (context.options.dryRun) {
          const { printImages } = await import('../image/dryrun.ts');
          return printImages(session, request, prepared);
        }
        const { runImages } = await import('../image/run.ts');
        return await runImages(session, request, prepared, registries);
      } finally {
        await registries.close();
      }
    }),
  );
}
