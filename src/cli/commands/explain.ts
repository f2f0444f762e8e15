/** `kubewright explain`: what is behind a target, or which setting won. */
import type { Command } from 'commander';
import { unwrap } from '../../diagnostic/diagnostic.ts';
import { resolveTargets } from '../../target/resolve.ts';
import type { Target } from '../../target/target.ts';
import { diskLookup } from '../../tree/lookup.ts';
import type { Tree } from '../../tree/tree.ts';
import type { Start } from '../commands.ts';
import { openRequestedTree } from '../opentree.ts';
import { explainSettings } from '../settings.ts';
import { place, table } from '../table.ts';

export function configure(command: Command, start: Start): void {
  command
    .argument('[what...]', 'targets or groups; none explains the tree')
    .option('--settings', 'every setting: its value, and what it came from')
    .action((what: readonly string[], options: { readonly settings?: boolean }) =>
      start(async (context) => {
        const { tree, config } = await openRequestedTree(context);
        const { json } = context.options;
        if (options.settings) {
          const settings = explainSettings(context, tree, config);
          context.print(
            json
              ? JSON.stringify({ root: tree.root, settings })
              : table(
                  settings.map(({ name, value, from, over }) => [
                    name,
                    value,
                    from,
                    over ? `over ${over}` : '',
                  ]),
                ),
          );
          return 0;
        }
        if (what.length === 0) {
          const facts = treeFacts(tree);
          context.print(
            json
              ? JSON.stringify(Object.fromEntries(facts.map(([name, ...rest]) => [name, rest])))
              : table(facts),
          );
          return 0;
        }
        const targets = unwrap(
          resolveTargets(tree, what, diskLookup(context.host, tree), context.host.environment),
        );
        const explained = targets.map((target) => ({ target, facts: targetFacts(tree, target) }));
        context.print(
          json
            ? JSON.stringify({
                root: tree.root,
                targets: explained.map(({ target, facts }) => ({ ...target, ...Object.fromEntries(facts) })),
              })
            : explained.map(({ target, facts }) => `${target.name}\n${table(facts, '  ')}`).join('\n\n'),
        );
        return 0;
      }),
    );
}

/** What the tree says about itself, each with its place. */
function treeFacts(tree: Tree): [string, string, string][] {
  const { flags } = tree;
  const evidence = tree.evidence.map(place).join(', ');
  const stamping = tree.stamping.packages;
  const generated = tree.generatedFiles.map((file): [string, string, string] => [
    'generated, not committed',
    file.path,
    file.command.join(' '),
  ]);
  return [
    ['tree', tree.label, tree.root],
    ['recognised by', evidence, ''],
    ['packages are found by', tree.goMode, tree.goPackage],
    ...fact('least Go', tree.minimumGo),
    ...fact('pinned Go', tree.pinnedGo),
    ...fact('Go of the cross image', tree.crossImageGo),
    ['static binaries', tree.staticBinaries.value.join(', ') || '(none)', place(tree.staticBinaries.where)],
    ['version goes into', stamping.value.join(', ') || '(nothing)', place(stamping.where)],
    ['build tags', flags.tags.join(',') || '(none)', ''],
    ['symbols are stripped', flags.strip, ''],
    ['paths are trimmed', flags.trim, ''],
    [
      'debug flags',
      flags.debug,
      flags.debug === 'always' ? 'the test on DBG is switched off in this tree' : '',
    ],
    ...generated,
  ];
}

function fact(name: string, known: Tree['minimumGo']): [string, string, string][] {
  return known ? [[name, known.value, place(known.where)]] : [];
}

function targetFacts(tree: Tree, target: Target): [string, string][] {
  const groups = tree.groups.filter((group) => target.groups.includes(group.name));
  const platforms = [...new Set(groups.flatMap((group) => group.platforms.value))];
  const statics = tree.staticBinaries;
  const linked = {
    static: `static, without cgo: ${target.binary} is on the list at ${place(statics.where)}, or in KUBE_STATIC_OVERRIDES`,
    dynamic: `dynamic, with cgo where there is a C compiler: ${target.binary} is not on the list at ${place(statics.where)}`,
    test: 'a test binary: go test -c',
  }[target.class];
  return [
    ['go package', target.goPackage],
    ['directory', target.directory],
    ['binary', target.binary],
    ['linked', linked],
    ['groups', groups.map((group) => `${group.name} (${place(group.targets.where)})`).join(', ') || '(none)'],
    ['platforms', platforms.join(' ') || 'those of the request'],
    ['needs first', tree.generatedFiles.map((file) => file.path).join(', ') || '(nothing generated)'],
    ['command line', `kubewright build ${target.name} --dry-run`],
  ];
}
