/** `kubewright generate`: generated code of the tree, only where something changed. */
import type { Command } from 'commander';
import type { Start } from '../commands.ts';
import { openSession } from '../session.ts';

export function configure(command: Command, start: Start): void {
  command
    .argument('[kind...]', 'deepcopy, defaulter, conversion, openapi …; none is all that the tree has')
    .option('--check', 'write nothing; exit 1 and show the differences where files are not up to date')
    .option('--list', 'every generated file: its package, tag, and whether it is fresh, with the reason')
    .option('--clean', 'remove generated files that are made again, and those that no tag asks for')
    .option(
      '--toolchain <version>',
      'another Go than the tree asks for: 1.21, 1.21.13, a GOROOT directory, path',
    )
    .option('--wait <seconds>', 'wait this long for another run in the same output directory', Number, 0)
    .action((words: string[], values: Record<string, unknown>) =>
      start(async (context) => {
        const session = await openSession(context);
        const asked = typeof values['toolchain'] === 'string' ? values['toolchain'] : undefined;
        const { chooseToolchain } = await import('../generate/toolchain.ts');
        const toolchain = await chooseToolchain(session, asked);
        const { prepareGeneration } = await import('../generate/prepare.ts');
        const prepared = await prepareGeneration(session, words, toolchain);
        if (values['list']) return (await import('../generate/list.ts')).printList(prepared);
        if (values['clean']) return (await import('../generate/clean.ts')).cleanGenerated(prepared);
        if (context.options.dryRun)
          return (await import('../generate/dryrun.ts')).printGenerationPlan(prepared);
        const { runGeneration } = await import('../generate/run.ts');
        return runGeneration(prepared, {
          words,
          check: values['check'] === true,
          waitSeconds: typeof values['wait'] === 'number' && values['wait'] >= 0 ? values['wait'] : 0,
          updateApiRules: context.host.environment['UPDATE_API_KNOWN_VIOLATIONS'] === 'true',
        });
      }),
    );
}
