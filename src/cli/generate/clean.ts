/** `generate --clean`: removes what generators own, so that the next run makes it again. */
import { removeFiles } from '../../execute/generation/land.ts';
import { ownedFiles } from '../../execute/generation/owned.ts';
import type { PreparedGeneration } from './prepare.ts';

/** Removes outputs and leftovers of the wanted kinds; with --dry-run it names them. */
export function cleanGenerated({ session, outputs, unowned, kinds }: PreparedGeneration): number {
  const { context, tree } = session;
  const { host } = context;
  const wanted = outputs.filter(({ generator }) => kinds.includes(generator.kind));
  const planned = wanted.flatMap(({ path, generator }) =>
    generator.shape === 'directory' ? ownedFiles(host, tree.root, generator) : [path],
  );
  const paths = [...planned, ...unowned].filter((path) => host.files.isFile(`${tree.root}/${path}`));
  if (!context.options.dryRun) removeFiles(host, tree.root, paths);
  if (context.options.json) context.print(JSON.stringify({ removed: paths }));
  else if (paths.length === 0) context.print('nothing to remove');
  else
    for (const path of paths) context.print(`${context.options.dryRun ? 'would remove' : 'removed'} ${path}`);
  return 0;
}
