/** `kubewright init`: writes kubewright.yaml for a Go monorepo from what it finds. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { CONFIG_NAME } from '../../config/load.ts';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Tree } from '../../tree/tree.ts';
import type { Start } from '../commands.ts';
import { openRequestedTree } from '../opentree.ts';

export function configure(command: Command, start: Start): void {
  command.action(() =>
    start(async (context) => {
      const { tree, config } = await openRequestedTree(context);
      const path = join(tree.root, CONFIG_NAME);
      if (config.file || context.host.files.exists(path))
        throw new Failure(exists(config.file ?? CONFIG_NAME));
      if (tree.family !== 'go-module') throw new Failure(notNeeded(tree));
      const text = describe(tree);
      if (!context.options.dryRun) context.host.files.publish(path, text);
      if (context.options.json) {
        context.print(
          JSON.stringify({ file: path, written: !context.options.dryRun, targets: tree.allTargets.value }),
        );
      } else {
        context.print(
          context.options.dryRun
            ? text
            : `wrote ${path}: ${tree.allTargets.value.length} targets\nnext: kubewright build`,
        );
      }
      return 0;
    }),
  );
}

/** The file as a person would write it. Names come from the disk, so each is quoted where YAML wants it. */
export function describe(tree: Tree): string {
  const name = tree.goPackage.slice(tree.goPackage.lastIndexOf('/') + 1);
  const clients = tree.allTargets.value.filter((target) => /(^|\/)(\w*ctl|cli)$/.test(target));
  const servers = tree.allTargets.value.filter((target) => !clients.includes(target));
  const group = (title: string, targets: readonly string[], platforms: string) =>
    targets.length === 0
      ? []
      : [
          `  ${title}:`,
          '    targets:',
          ...targets.map((target) => `      - ${quoted(target)}`),
          `    platforms: [${platforms}]`,
        ];
  const packages = tree.stamping.packages.value;
  return [
    '# What kubewright builds in this tree. Every key is optional; docs/reference/configuration.md lists them all.',
    `name: ${quoted(name)}`,
    'groups:',
    ...group('server', servers, 'linux/amd64, linux/arm64'),
    ...group('client', clients, 'linux/amd64, linux/arm64, darwin/arm64, windows/amd64'),
    'version:',
    '  tags: "v*"',
    ...(packages.length > 0
      ? ['  packages:', ...packages.map((path) => `    - ${quoted(path)}`)]
      : ['  # packages: the import paths that declare gitVersion, gitCommit, …', '  packages: []']),
    '',
  ].join('\n');
}

function quoted(word: string): string {
  return /^[A-Za-z][\w./-]*$/.test(word) && !/^(true|false|null|yes|no|on|off)$/i.test(word)
    ? word
    : JSON.stringify(word);
}

function exists(file: string) {
  return error('request/conflict', {
    what: `${file} exists already`,
    where: [{ file }],
    why: 'init writes a first configuration and never replaces one',
    help: `edit the file, or move it away and run kubewright init again`,
  });
}

function notNeeded(tree: Tree) {
  return error('request/conflict', {
    what: 'this tree needs no configuration',
    where: tree.evidence.slice(0, 1),
    why: `it is read as it is: ${tree.label}`,
    help: 'run kubewright targets to see its lists; write a kubewright.yaml by hand only to override one',
  });
}
