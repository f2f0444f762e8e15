/** `kubewright make`: upstream's make command lines, answered by our own commands. */
import type { Command } from 'commander';
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import { nearest } from '../../diagnostic/nearest.ts';
import { prepareBuild } from '../build/prepare.ts';
import { type BuildRequest, readBuildRequest } from '../build/request.ts';
import type { Start } from '../commands.ts';
import { type MakeArguments, readMakeArguments, splitShellWords } from '../make/arguments.ts';
import { CROSS_GROUPS, commandDirectories, type Goal, knownGoals, readGoal } from '../make/goals.ts';
import { checkVariables, withAliases } from '../make/variables.ts';
import { readReleaseRequest } from '../release/request.ts';
import type { CommandContext } from '../request.ts';
import { openSession, type Session } from '../session.ts';
import { clean } from './clean.ts';

export function configure(command: Command, start: Start): void {
  command
    .argument('[arguments...]', 'goals, NAME=value, and make options: all WHAT=cmd/kubectl, cross, -n, -j8')
    .allowUnknownOption()
    .passThroughOptions()
    .action((words: string[]) => start((context) => make(context, readMakeArguments(words))));
}

async function make(given: CommandContext, args: MakeArguments): Promise<number> {
  const context = withMake(given, args);
  const problems = [...checkVariables(args.variables), ...args.unknown.map(unknownOption)];
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) throw new Failure(...errors);
  for (const problem of problems) context.report(problem);
  const session = await openSession(context);
  const commands = commandDirectories(context.host, session.tree.root);
  const ginkgo = session.tree.allTargets.value.find((target) => /(^|\/)ginkgo$/.test(target));
  const names = args.goals.length > 0 ? args.goals : ['all'];
  const goals = names.map(
    (name) => readGoal(name, commands, ginkgo) ?? unknownGoal(name, knownGoals(commands, ginkgo)),
  );
  const refused = goals.flatMap((goal, i) =>
    'severity' in goal ? [goal] : goal.kind === 'elsewhere' ? [elsewhere(names[i] ?? '', goal.use)] : [],
  );
  if (refused.length > 0) throw new Failure(...refused);
  if (args.variables['PRINT_HELP'] === 'y') return printHelp(context, names, commands, ginkgo);
  for (const goal of goals as readonly Goal[]) {
    const exitCode = await runGoal(session, goal, args, commands, ginkgo);
    if (exitCode !== 0) return exitCode;
  }
  return 0;
}

async function runGoal(
  session: Session,
  goal: Goal,
  args: MakeArguments,
  commands: readonly string[],
  ginkgo: string | undefined,
): Promise<number> {
  const { context } = session;
  switch (goal.kind) {
    case 'help':
      return printHelp(context, knownGoals(commands, ginkgo), commands, ginkgo);
    case 'clean':
      return clean(context);
    case 'build':
      return build(session, goal.words.length > 0 ? goal.words : wordsOf(session, args), {});
    case 'cross': {
      const groups = CROSS_GROUPS.filter((name) => session.tree.groups.some((group) => group.name === name));
      return build(session, groups, { platforms: ['all'] });
    }
    case 'release': {
      const { host } = context;
      if (
        /^[yY]/.test(
          args.variables['KUBE_RELEASE_RUN_TESTS'] ?? host.environment['KUBE_RELEASE_RUN_TESTS'] ?? '',
        )
      )
        throw new Failure(testsNotRun());
      const values = {
        ...{ fromLocal: goal.isPackagingOnly, container: goal.isLocal ? false : 'upstream' },
        ...(goal.isImagesOnly ? { only: 'images' } : {}),
      };
      return (await import('../release/start.ts')).startRelease(
        context,
        readReleaseRequest(goal.mode, values, host),
      );
    }
    case 'elsewhere':
      throw new Failure(elsewhere('', goal.use));
  }
}

function testsNotRun(): Diagnostic {
  return error('make/goal-unsupported', {
    what: 'a release here runs no tests, and KUBE_RELEASE_RUN_TESTS asks for them',
    why: 'tests are the tree’s own; kubewright builds and packs what they test',
    help: 'run them first: make test && make test-integration; then leave KUBE_RELEASE_RUN_TESTS out',
  });
}

async function build(
  session: Session,
  what: readonly string[],
  changes: Partial<BuildRequest>,
): Promise<number> {
  const { context, config } = session;
  const request = { ...readBuildRequest(what, {}, context.host, config), ...changes };
  const prepared = await prepareBuild(session, request);
  if (context.options.dryRun) return (await import('../build/dryrun.ts')).printPlan(prepared);
  return (await import('../build/run.ts')).runBuild(prepared);
}

/** The variables become environment, and the options of make become ours. */
function withMake(context: CommandContext, args: MakeArguments): CommandContext {
  const variables = withAliases(args.variables);
  const verbose = Number(variables['KUBE_VERBOSE'] ?? 1) >= 2;
  return {
    ...context,
    host: { ...context.host, environment: { ...context.host.environment, ...variables } },
    options: {
      ...context.options,
      dryRun: context.options.dryRun || args.dryRun,
      quiet: context.options.quiet || args.silent,
      verbose: context.options.verbose || verbose,
      ...(args.jobs ? { jobs: args.jobs } : {}),
      ...(args.directory ? { tree: args.directory } : {}),
      ...(variables['OUT_DIR'] ? { out: variables['OUT_DIR'] } : {}),
    },
  };
}

/** WHAT as make's shell would split it; `cmd/*` expands to directories only, which upstream's does not manage. */
function wordsOf({ context, tree }: Session, args: MakeArguments): string[] {
  const what = args.variables['WHAT'] ?? context.host.environment['WHAT'] ?? '';
  return splitShellWords(what).flatMap((word) => {
    const match = /^(?:\.\/)?(.+)\/\*$/.exec(word);
    if (!match?.[1]) return [word];
    const directory = `${tree.root}/${match[1]}`;
    if (!context.host.files.isDirectory(directory)) return [word];
    const names = context.host.files.list(directory).filter((name) => name.endsWith('/'));
    return names.map((name) => `${match[1]}/${name.slice(0, -1)}`);
  });
}

function printHelp(
  context: CommandContext,
  names: readonly string[],
  commands: readonly string[],
  ginkgo: string | undefined,
): number {
  for (const name of names) {
    const goal = readGoal(name, commands, ginkgo);
    if (goal) context.print(`${name.padEnd(24)} ${describe(goal)}`);
  }
  return 0;
}

function describe(goal: Goal): string {
  switch (goal.kind) {
    case 'build':
      return goal.words.length > 0 ? `kubewright build ${goal.words.join(' ')}` : 'kubewright build [WHAT…]';
    case 'cross':
      return `kubewright build ${CROSS_GROUPS.map((group) => `-g ${group}`).join(' ')} -p all`;
    case 'clean':
      return 'kubewright clean';
    case 'release':
      return `kubewright release ${goal.mode}${goal.isPackagingOnly ? ' --from-local' : ''}${goal.isImagesOnly ? ' --only images' : ''}`;
    case 'help':
      return 'this list';
    case 'elsewhere':
      return goal.use;
  }
}

function unknownGoal(name: string, known: readonly string[]): Diagnostic {
  const guesses = nearest(name, known);
  return error('make/goal-unknown', {
    what: `there is no goal ${name}`,
    why: 'neither the makefile of this tree nor a directory of cmd/ has that name',
    help: `${guesses.length > 0 ? `did you mean ${guesses.join(' or ')}? ` : ''}kubewright make help lists the goals, kubewright --help our commands`,
  });
}

function elsewhere(name: string, use: string): Diagnostic {
  return error('make/goal-unsupported', {
    what: `the goal ${name} is not ours yet`,
    why: 'kubewright make answers the build goals: all, cross, clean, help, ginkgo and one per directory of cmd/',
    help: use,
  });
}

function unknownOption(option: string): Diagnostic {
  return error('request/invalid', {
    what: `make's option ${option} is not known here`,
    help: 'known are -n, -k, -s, -j and -C; kubewright build --help lists our own',
  });
}
