/** Opens the tree that a command line means: -C, the enclosing tree, --config. */
import { join, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { Failure, unwrap } from '../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../host/digest.ts';
import { cacheDirectory } from '../host/host.ts';
import { findTreeRoot, notFound, openTree } from '../tree/open.ts';
import type { Tree } from '../tree/tree.ts';
import type { CommandContext } from './request.ts';

/** The tree and its configuration; notes and warnings of reading are reported on the way. */
export async function openRequestedTree(
  context: CommandContext,
): Promise<{ readonly tree: Tree; readonly config: Config }> {
  const { host, options } = context;
  const start = resolve(host.workingDirectory, options.tree ?? '.');
  const root = findTreeRoot(host, start);
  if (root === undefined) throw new Failure(notFound(host, start));
  const config = unwrap(await loadConfig(host, root, options.config));
  const opened = await openTree(host, root, config, {
    noEval: options.noEval,
    signal: context.signal,
    cacheFile: join(cacheDirectory(host), 'trees', `${digestOfBytes(root).slice(0, 24)}.json`),
  });
  const tree = unwrap(opened);
  if (!options.quiet) for (const diagnostic of opened.diagnostics) context.report(diagnostic);
  return { tree, config };
}
