/** `kubewright release`: everything that upstream's release scripts make. */
import { Argument, type Command } from 'commander';
import type { Start } from '../commands.ts';
import { addReleaseOptions, readReleaseRequest } from '../release/request.ts';

export function configure(command: Command, start: Start): void {
  command.addArgument(
    new Argument('[mode]', 'full: every platform; quick: those of a quick build')
      .choices(['full', 'quick'])
      .default('full'),
  );
  addReleaseOptions(command).action((mode: string, values: Record<string, unknown>) =>
    start(async (context) => {
      const { startRelease } = await import('../release/start.ts');
      return startRelease(context, readReleaseRequest(mode, values, context.host));
    }),
  );
}
