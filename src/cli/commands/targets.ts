/** `kubewright targets`: what the tree declares, and where. */
import type { Command } from 'commander';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { didYouMean } from '../../diagnostic/nearest.ts';
import type { Tree } from '../../tree/tree.ts';
import type { Start } from '../commands.ts';
import { openRequestedTree } from '../opentree.ts';
import { place, table } from '../table.ts';

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

/** The named groups in the tree's order, or all; an unknown name is a Failure with the nearest ones. */
export function selectGroups(tree: Tree, names: readonly string[]): Tree['groups'] {
  const unknown = names.filter((name) => !tree.groups.some((group) => group.name === name));
  if (unknown.length > 0) throw new Failure(...unknown.map((name) => noGroup(tree, name)));
  return names.length === 0 ? tree.groups : tree.groups.filter((group) => names.includes(group.name));
}

function asJson(tree: Tree, groups: Tree['groups']): unknown {
  return {
    root: tree.root,
    family: tree.family,
    label: tree.label,
    groups: Object.fromEntries(groups.map((group) => [group.name, group.targets.value])),
    all: tree.allTargets.value,
    static: tree.staticBinaries.value,
    source: tree.allTargets.source,
    where: {
      groups: Object.fromEntries(groups.map((group) => [group.name, place(group.targets.where)])),
      all: place(tree.allTargets.where),
      static: place(tree.staticBinaries.where),
    },
  };
}

function asText(tree: Tree, groups: Tree['groups']): string {
  const statics = new Set(tree.staticBinaries.value);
  const kind = (target: string) => {
    if (target.endsWith('.test')) return 'test';
    const binary = tree.binaryNames?.[target] ?? target.slice(target.lastIndexOf('/') + 1);
    return statics.has(binary) ? 'static' : 'dynamic';
  };
  const parts = groups.map((group) => {
    const rows = group.targets.value.map((target) => {
      const binary = tree.binaryNames?.[target];
      return [target, kind(target), binary ? `makes ${binary}` : ''];
    });
    return `${group.name}  (${place(group.targets.where)})\n${table(rows, '  ')}`;
  });
  const all = `all: ${tree.allTargets.value.length} targets (${place(tree.allTargets.where)}, ${tree.allTargets.source})`;
  return [tree.label, ...parts, all].join('\n\n');
}

function noGroup(tree: Tree, name: string) {
  const names = tree.groups.map((group) => group.name);
  const guess = didYouMean(name, names);
  return error('target/unknown', {
    what: `there is no group ${name}`,
    where: tree.evidence.slice(0, 1),
    why: 'groups are the lists of targets that the tree keeps',
    help: `${guess ? `${guess} ` : ''}this tree has ${names.join(', ')}`,
  });
}
