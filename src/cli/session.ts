/** What every command that builds needs first: the tree, and where its outputs lie. */
import type { Layout } from '../steps/compile/environment.ts';
import { layoutOf } from './machine.ts';
import { type RequestedTree, readRequestedTree } from './opentree.ts';
import type { CommandContext } from './request.ts';

export interface Session extends RequestedTree {
  readonly context: CommandContext;
  readonly layout: Layout;
  /** `OUT/kubewright`: what we keep about this checkout. */
  readonly own: string;
}

/** Opens the tree that the request means. Every problem found is in one Failure. */
export async function openSession(context: CommandContext): Promise<Session> {
  const requested = await readRequestedTree(context);
  const out = context.options.out ?? requested.config.out ?? '_output';
  const layout = layoutOf(context.host, requested.tree, out);
  return { ...requested, context, layout, own: `${layout.out}/kubewright` };
}
