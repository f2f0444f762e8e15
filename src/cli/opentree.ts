/** Opens the tree that a command line means: -C, the enclosing tree, --config. */
import { join, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { type Diagnostic, Failure, taken } from '../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../formats/digest.ts';
import { cacheDirectory } from '../host/host.ts';
import { findTreeRoot, notFound, openTree } from '../tree/open.ts';
import type { Tree } from '../tree/tree.ts';
import type { CommandContext } from './request.ts';

export interface RequestedTree {
  readonly tree: Tree;
  readonly config: Config;
  /** Notes and warnings of reading, not reported yet: a build with nothing to do stays quiet. */
  readonly notes: readonly Diagnostic[];
}

/** Reads the tree and its configuration; everything that is wrong is in one Failure. */
export async function readRequestedTree(context: CommandContext): Promise<RequestedTree> {
  const { host, options } = context;
  const start = resolve(host.workingDirectory, options.tree ?? '.');
  const root = findTreeRoot(host, start);
  if (root === undefined) throw new Failure(notFound(host, start));
  const config = taken(await loadConfig(host, root, options.config));
  const tree = taken(
    await openTree(host, root, config.value, {
      noEval: options.noEval,
      signal: context.signal,
      cacheFile: join(cacheDirectory(host), 'trees', `${digestOfBytes(root).slice(0, 24)}.json`),
    }),
  );
  return { tree: tree.value, config: config.value, notes: [...config.diagnostics, ...tree.diagnostics] };
}

/** As `readRequestedTree`, with the notes reported on the way. */
export async function openRequestedTree(context: CommandContext): Promise<RequestedTree> {
  const requested = await readRequestedTree(context);
  if (!context.options.quiet) for (const note of requested.notes) context.report(note);
  return requested;
}
