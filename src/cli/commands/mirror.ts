/** `kubewright mirror`: the images of others that a tree needs, moved to where no registry of theirs can be reached. */
import type { Command } from 'commander';
import type { Start } from '../commands.ts';
import { openSession, type Session } from '../session.ts';

export function configure(command: Command, start: Start): void {
  const run = (work: (session: Session, load: typeof import('../mirror/run.ts')) => Promise<number>) =>
    start(async (context) => work(await openSession(context), await import('../mirror/run.ts')));
  command
    .command('list')
    .description('what the tree needs, for which platforms, and where it is asked for')
    .action(() => run((session, { listNeeded }) => listNeeded(session)));
  command
    .command('pull')
    .description('bring all of it into the cache of this machine, every platform')
    .action(() => run((session, { pullNeeded }) => pullNeeded(session, undefined)));
  command
    .command('save <dir>')
    .description('the same, and write it as an OCI image layout, to be carried elsewhere')
    .action((directory: string) => run((session, { pullNeeded }) => pullNeeded(session, directory)));
  command
    .command('load <dir>')
    .description('take the images of a layout into the cache: builds with --offline find them')
    .action((directory: string) => run((session, { loadLayout }) => loadLayout(session, directory)));
  command
    .command('push <to>')
    .description('send the images to a registry: REGISTRY or REGISTRY/PREFIX')
    .option('--images <dir>', 'those of a layout; else what the tree needs')
    .action((to: string, { images }: { images?: string }) =>
      run((session, { pushNeeded }) => pushNeeded(session, to, images)),
    );
}
