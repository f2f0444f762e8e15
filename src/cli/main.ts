/** argv → Request → exit code. The only place where the real Host is made. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { CODES, exitCodeOf } from '../diagnostic/codes.ts';
import { type Diagnostic, error, Failure } from '../diagnostic/diagnostic.ts';
import { printDiagnostic } from '../diagnostic/printer.ts';
import { type Host, hasColor, realHost } from '../host/host.ts';
import { COMMANDS, type Start } from './commands.ts';
import type { CommandContext, GlobalOptions } from './request.ts';
import { StillMemory } from './still/memory.ts';
import type { Asked } from './still/question.ts';
import { VERSION } from './version.ts';

/** Runs a command line and sets the exit code of this process. `asked`: where the answer of a run with nothing to do is kept. */
export async function main(argv: readonly string[], asked?: Asked): Promise<void> {
  const host = realHost();
  const cancel = cancelOnSignals(host);
  process.stdout.on('error', (problem: NodeJS.ErrnoException) => {
    if (problem.code !== 'EPIPE') throw problem;
    cancel.abort();
  });
  const still = asked && new StillMemory(host, asked);
  process.exitCode = await runCommandLine(argv, host, cancel.signal, still);
}

/** Runs one command line on a Host; returns the exit code of the product page. Never throws. */
export async function runCommandLine(
  argv: readonly string[],
  host: Host,
  signal: AbortSignal,
  still?: StillMemory,
): Promise<number> {
  let exitCode = 0;
  let options = readGlobalOptions({});
  try {
    const program = newProgram(host);
    const asked = argv.find((word) => COMMANDS.some((entry) => entry.name === word));
    for (const entry of COMMANDS) {
      const command = program.command(entry.name).summary(entry.summary).description(entry.summary);
      if (entry.name !== asked) continue;
      let invoked = command;
      command.hook('preAction', (_, action) => {
        invoked = action;
      });
      const start: Start = async (work) => {
        // `--no-…` options have a default, and the program's would hide what the command was given.
        const evaluates = [invoked, command, program].every((one) => one.opts()['eval'] !== false);
        options = readGlobalOptions({ ...invoked.optsWithGlobals(), eval: evaluates });
        exitCode = await work(contextOf(host, options, signal, still));
        if (exitCode === 0 && !options.json && !options.verbose) still?.keep();
      };
      (await entry.load()).configure(command, start);
      // Behind the command's own, which a reader of its help came for.
      for (const one of [command, ...command.commands]) addGlobalOptions(one);
    }
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (problem) {
    return explain(problem, contextOf(host, options, signal));
  }
}

function newProgram(host: Host): Command {
  const program = addGlobalOptions(new Command('kubewright'))
    .description(
      'Builds, packages and releases Kubernetes, its forks, and any Go monorepo built the Kubernetes way.',
    )
    .version(VERSION, '--version', 'print the version of kubewright')
    .showHelpAfterError('(kubewright --help lists the commands)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      writeErr: (text) => void host.stderr.write(text),
    });
  program.enablePositionalOptions();
  program.action(() => program.help());
  return program;
}

function addGlobalOptions(command: Command): Command {
  return command
    .optionsGroup('Options of every command:')
    .option('-C, --tree <dir>', 'the tree, or a directory in it (default: the enclosing tree)')
    .option('--config <file>', 'another file than kubewright.yaml at the root of the tree')
    .option('--json', 'one JSON event a line on stdout')
    .option('--plain', 'plain lines instead of the live view')
    .option('-q, --quiet', 'only problems and results')
    .option('-v, --verbose', 'commands and their output too')
    .addOption(
      new Option('-j, --jobs <n>', 'how many things at once (default: cores)').argParser(positiveInteger),
    )
    .option('--offline', 'fail instead of asking the network for anything')
    .option('--dry-run', 'print the plan: every step and its exact command lines')
    .option('--out <dir>', 'output directory (default: _output in the tree)')
    .option('--no-eval', 'read the lists of the tree by parsing; run nothing of it')
    .optionsGroup('Options:');
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number from 1 up.');
  return value;
}

function readGlobalOptions(values: Record<string, unknown>): GlobalOptions {
  const text = (name: string) => (typeof values[name] === 'string' ? { [name]: values[name] as string } : {});
  return {
    ...text('tree'),
    ...text('config'),
    ...text('out'),
    ...(typeof values['jobs'] === 'number' ? { jobs: values['jobs'] } : {}),
    json: values['json'] === true,
    plain: values['plain'] === true,
    quiet: values['quiet'] === true,
    verbose: values['verbose'] === true,
    offline: values['offline'] === true,
    dryRun: values['dryRun'] === true,
    noEval: values['eval'] === false,
  };
}

function contextOf(
  host: Host,
  options: GlobalOptions,
  signal: AbortSignal,
  still?: StillMemory,
): CommandContext {
  const color = hasColor(host);
  return {
    host,
    options,
    signal,
    print: (text) => void host.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    report: (diagnostic) => {
      host.stderr.write(`${printDiagnostic(diagnostic, color)}\n`);
      still?.noted(diagnostic);
    },
    ...(still ? { still } : {}),
  };
}

/** Prints what ended the run and returns its exit code. */
function explain(problem: unknown, context: CommandContext): number {
  if (problem instanceof CommanderError) return problem.exitCode === 0 ? 0 : 2;
  if (problem instanceof Failure) {
    for (const diagnostic of problem.diagnostics) context.report(diagnostic);
    return exitCodeOf(problem.diagnostics.filter((d) => d.severity === 'error').map((d) => d.code));
  }
  if (context.signal.aborted) {
    context.report(cancelled());
    return CODES['run/cancelled'].exit;
  }
  const stack = problem instanceof Error ? problem.stack : String(problem);
  context.host.stderr.write(
    `${stack}\nThis is a bug in kubewright ${VERSION}. Please report it with the lines above and the command.\n`,
  );
  return 70;
}

/** The Diagnostic of a run that a signal ended. */
export function cancelled(): Diagnostic {
  return error('run/cancelled', {
    what: 'the run was cancelled',
    help: 'run the same command again: finished work is kept, and nothing half-written was left',
  });
}

/** First signal: cancel in good order. Second: end the children and leave at once. */
function cancelOnSignals(host: Host): AbortController {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) {
      host.processes.killAll();
      process.exit(CODES['run/cancelled'].exit);
    }
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return controller;
}
