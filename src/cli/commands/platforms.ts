/** `kubewright platforms`: what each group is built for, and where the tree says so. */
import type { Command } from 'commander';
import type { Tree } from '../../tree/tree.ts';
import type { Start } from '../commands.ts';
import { openRequestedTree } from '../opentree.ts';
import { place } from '../table.ts';
import { selectGroups } from './targets.ts';

export function configure(command: Command, start: Start): void {
  command.argument('[group...]', 'only these groups').action((names: readonly string[]) =>
    start(async (context) => {
      const { tree } = await openRequestedTree(context);
      const groups = selectGroups(tree, names);
      context.print(context.options.json ? JSON.stringify(asJson(tree, groups)) : asText(tree, groups));
      return 0;
    }),
  );
}

function asJson(tree: Tree, groups: Tree['groups']): unknown {
  return {
    root: tree.root,
    family: tree.family,
    groups: Object.fromEntries(groups.map((group) => [group.name, group.platforms.value])),
    where: Object.fromEntries(groups.map((group) => [group.name, place(group.platforms.where)])),
  };
}

function asText(tree: Tree, groups: Tree['groups']): string {
  const parts = groups.map((group) => {
    const platforms = group.platforms.value.map((platform) => `  ${platform}`);
    const list = platforms.length > 0 ? platforms : ['  (none: the request leaves nothing of this group)'];
    return `${group.name}  (${place(group.platforms.where)})\n${list.join('\n')}`;
  });
  return [tree.label, ...parts].join('\n\n');
}
