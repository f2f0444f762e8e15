/** `kubewright source`: gets a tree from elsewhere. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { takeDebianSource } from '../../tree/source/debian.ts';
import type { Start } from '../commands.ts';
import { statusLine } from '../statusline.ts';

export function configure(command: Command, start: Start): void {
  // Global options may stand behind the sub-command too.
  command.enablePositionalOptions(false);
  command
    .command('debian [package]')
    .description('a Debian source package, fetched and checked by apt (default: kubernetes)')
    .option('--into <dir>', 'the directory to make (default: PACKAGE-VERSION here)')
    .option('--refresh', 'ask apt again, even if the package was fetched within a week')
    .action((packageName: string | undefined, values: { into?: string; refresh?: boolean }) =>
      start(async (context) => {
        const { host, options, signal } = context;
        const status = statusLine(context);
        try {
          const source = await takeDebianSource(host, {
            packageName: packageName ?? 'kubernetes',
            into: values.into === undefined ? undefined : resolve(host.workingDirectory, values.into),
            refresh: values.refresh === true,
            offline: options.offline,
            signal,
            progress: status.show,
          });
          status.clear();
          context.print(options.json ? JSON.stringify(source) : source.directory);
          return 0;
        } finally {
          status.clear();
        }
      }),
    );
}
