/** `kubewright version`: the version that the tree's binaries would carry, and where it comes from. */
import type { Command } from 'commander';
import { unwrap } from '../../diagnostic/diagnostic.ts';
import type { Tree } from '../../tree/tree.ts';
import { readTreeVersion, type TreeVersion } from '../../tree/version.ts';
import type { Start } from '../commands.ts';
import { openRequestedTree } from '../opentree.ts';
import { place, table } from '../table.ts';

interface Options {
  readonly versionString?: string;
  readonly buildDate?: string;
}

export function configure(command: Command, start: Start): void {
  command
    .option('--version-string <v>', 'the version to stamp, as it is: v1.30.0+vendor.2')
    .option('--build-date <time>', 'the build date to stamp (default: SOURCE_DATE_EPOCH, else the commit)')
    .action((options: Options) =>
      start(async (context) => {
        const { tree } = await openRequestedTree(context);
        const read = await readTreeVersion(context.host, tree, {
          ...(options.versionString === undefined ? {} : { versionString: options.versionString }),
          ...(options.buildDate === undefined ? {} : { buildDate: options.buildDate }),
          signal: context.signal,
        });
        const version = unwrap(read);
        for (const diagnostic of read.diagnostics) context.report(diagnostic);
        context.print(
          context.options.json ? JSON.stringify({ root: tree.root, ...version }) : asText(tree, version),
        );
        return 0;
      }),
    );
}

function asText(tree: Tree, version: TreeVersion): string {
  const source = typeof version.source === 'string' ? version.source : place(version.source);
  const rows = [
    ['version', version.gitVersion ?? '(none)', source],
    ['commit', version.gitCommit ?? '(none)', ''],
    ['tree state', version.gitTreeState ?? '(none)', ''],
    ['major, minor', version.gitMajor ? `${version.gitMajor}, ${version.gitMinor}` : '(none)', ''],
    ['build date', version.buildDate, version.buildDateSource],
  ];
  const packages = tree.stamping.packages.value;
  const stamped =
    packages.length === 0
      ? 'stamped into no package: the tree names none (version.packages in kubewright.yaml)'
      : `stamped into (${place(tree.stamping.packages.where)})\n${packages.map((name) => `  ${name}`).join('\n')}`;
  return `${table(rows)}\n${stamped}`;
}
