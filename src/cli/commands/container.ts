/** `kubewright container`: the tree's own commands in a container of its build image, at any engine. */
import type { Command } from 'commander';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Start } from '../commands.ts';
import { addBuildImageOptions, readBuildImageRequest } from '../container/buildimage/request.ts';
import { addContainerOptions, addEngineOption, readContainerRequest } from '../container/request.ts';
import type { Parts } from '../container/run.ts';
import type { CommandContext } from '../request.ts';
import { openSession } from '../session.ts';

export function configure(command: Command, start: Start): void {
  // What stands behind the command's own first word is the command's.
  command.enablePositionalOptions();
  const run = (words: readonly string[], values: Record<string, unknown>, copies: boolean) =>
    start((context) => inContainer(context, words, values, copies, 'all'));
  addBuildImageOptions(
    command
      .command('image')
      .description('make the image that the tree is built in: fetched, or from Debian packages and Go alone'),
  ).action((values: Record<string, unknown>) =>
    start(async (context) => {
      const session = await openSession(context);
      const { makeBuildImage } = await import('../container/buildimage/make.ts');
      return makeBuildImage(session, readBuildImageRequest(values));
    }),
  );
  addContainerOptions(
    command
      .command('run <words...>')
      .description('run a command of the tree in a container, and bring what it made here')
      .passThroughOptions(),
  )
    .option('--no-copy-output', 'leave results where they are')
    .option('--always', 'run a build although nothing changed since it was done')
    .option('--generated', 'bring generated sources back too, where they differ')
    .action((words: string[], values: Record<string, unknown>) => run(words, withDefault(values), true));
  addContainerOptions(
    command
      .command('make [words...]')
      .description('run make in a container: goals and NAME=value as upstream’s make takes them')
      .passThroughOptions()
      .allowUnknownOption(),
  )
    .option('--no-copy-output', 'leave results where they are')
    .option('--always', 'run a build although nothing changed since it was done')
    .option('--generated', 'bring generated sources back too, where they differ')
    .action((words: string[], values: Record<string, unknown>) =>
      run(['make', ...words], withDefault(values), true),
    );
  addContainerOptions(
    command
      .command('shell [words...]')
      .description('a shell in a container, among the sources and caches of this checkout')
      .passThroughOptions(),
  )
    .option('--copy-output', 'bring what was made here')
    .action((words: string[], values: Record<string, unknown>) =>
      run(words.length > 0 ? words : ['bash'], values, false),
    );
  addContainerOptions(
    command.command('copy-output').description('bring here what was made in containers, running nothing'),
  )
    .option('--generated', 'bring generated sources back too, where they differ')
    .action((values: Record<string, unknown>) =>
      start((context) => inContainer(context, ['true'], values, true, 'results')),
    );
  addEngineOption(
    command
      .command('clean')
      .description('remove what this checkout has at the engine: containers, volumes, images, networks'),
  )
    .option('--all', 'what every checkout has there')
    .action((values: Record<string, unknown>) =>
      start(async (context) => {
        const session = await openSession(context);
        const { cleanEngine } = await import('../container/clean.ts');
        const engine = typeof values['engine'] === 'string' ? values['engine'] : undefined;
        return cleanEngine(session, { engine, all: values['all'] === true });
      }),
    );
}

/** `--no-…` options are true by default, which would hide KUBE_RUN_COPY_OUTPUT. */
function withDefault(values: Record<string, unknown>): Record<string, unknown> {
  const { copyOutput, ...others } = values;
  return copyOutput === false ? values : others;
}

async function inContainer(
  context: CommandContext,
  words: readonly string[],
  values: Record<string, unknown>,
  copies: boolean,
  parts: Parts,
): Promise<number> {
  if (words[0] === '') {
    throw new Failure(
      error('request/invalid', {
        what: 'the command to run is empty',
        help: 'name a program of the image or the tree: kubewright container run make WHAT=cmd/kubectl',
      }),
    );
  }
  const session = await openSession(context);
  const request = readContainerRequest(context.host, words, values, copies);
  const { runInContainer } = await import('../container/run.ts');
  return runInContainer(session, request, parts);
}
