/** `kubewright clean`: removes outputs, generator state and the generated files that a tree does not commit. */
import type { Command } from 'commander';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Start } from '../commands.ts';
import type { CommandContext } from '../request.ts';
import { openSession } from '../session.ts';

export function configure(command: Command, start: Start): void {
  command
    .description('remove the outputs of this checkout; the shared store stays (see cache)')
    .action(() => start(clean));
}

/** No container engine is needed, and links are removed, never followed (spec local-build 10). */
export async function clean(context: CommandContext): Promise<number> {
  const { host, options } = context;
  const { tree, layout } = await openSession(context);
  if (host.files.isLink(layout.out)) throw new Failure(outputIsLink(layout.out));
  const generated = tree.generatedFiles.map(({ path }) => `${tree.root}/${path}`);
  const kubernetes =
    tree.family === 'kubernetes' ? ['.make', '_tmp', 'doc_tmp'].map((name) => `${tree.root}/${name}`) : [];
  const paths = [layout.out, ...kubernetes, ...generated].filter((path) => host.files.exists(path));
  for (const path of paths) if (!options.dryRun) host.files.removeAll(path);
  if (options.json) context.print(JSON.stringify({ removed: paths }));
  else if (paths.length === 0) context.print('nothing to remove');
  else for (const path of paths) context.print(`${options.dryRun ? 'would remove' : 'removed'} ${path}`);
  return 0;
}

function outputIsLink(path: string) {
  return error('request/invalid', {
    what: `${path} is a symbolic link, and clean removes nothing behind a link`,
    why: 'what it leads to may belong to something else',
    help: `remove what you mean by hand, or name the directory itself with --out`,
  });
}
