/** `generate --clean`: removes what generators own, so that the next run makes it again. */
import type { PreparedGeneration } from './prepare.ts';

/** Removes outputs and leftovers of the wanted kinds; with --dry-run it names them. */
export function cleanGenerated({ session, outputs, unowned }: PreparedGeneration): number {
  const { context, tree } = session;
  const { files } = context.host;
  const paths = [...outputs.map(({ path }) => path), ...unowned].filter((path) =>
    files.exists(`${tree.root}/${path}`),
  );
  if (!context.options.dryRun) for (const path of paths) files.remove(`${tree.root}/${path}`);
  if (context.options.json) context.print(JSON.stringify({ removed: paths }));
  else if (paths.length === 0) context.print('nothing to remove');
  else
    for (const path of paths) context.print(`${context.options.dryRun ? 'would remove' : 'removed'} ${path}`);
  return 0;
}
