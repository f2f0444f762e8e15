/** Compiles one Go package by its recipe, in a scratch directory of its own. */
import { archiveMembers } from '../../formats/ararchive.ts';
import type { Host } from '../../host/host.ts';
import type { Recipe, RecipeCommand } from './recipe.ts';

/** What runs a tool to its end. */
export type RunTool = (
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
  workingDirectory: string,
) => Promise<Omit<ToolFailure, 'argv'>>;

export interface PackageRun {
  readonly host: Host;
  readonly recipe: Recipe;
  /** Scratch directory; made, and left for the caller to remove. */
  readonly work: string;
  /** Import path → file with the interface. */
  readonly imports: ReadonlyMap<string, string>;
  /** Environment of every tool. */
  readonly environment: Readonly<Record<string, string>>;
  /** Threads of the compiler's back end. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly tool: RunTool;
}

export interface ToolFailure {
  readonly argv: readonly string[];
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | undefined;
  /** What the tools printed. */
  readonly output: string;
}

/** Undefined when `p.x` and `p.a` stand in the scratch directory; else what went wrong. */
export async function compilePackage(run: PackageRun): Promise<ToolFailure | undefined> {
  const { host, recipe, work, imports } = run;
  for (const [name, text] of Object.entries(recipe.files))
    host.files.write(`${work}/${name}`, text.replaceAll('$WORK', work));
  const configuration = [
    '# import config',
    ...recipe.importMap.map(([from, to]) => `importmap ${from}=${to}`),
    ...[...imports].map(([path, file]) => `packagefile ${path}=${file}`),
  ];
  host.files.write(`${work}/importcfg`, `${configuration.join('\n')}\n`);
  for (const command of recipe.commands) {
    if (command.tool === 'pack') pack(host, command, work);
    else if (command.tool === 'cp') copy(host, command, work);
    else if (command.tool === 'references') appendReferences(host, command, work);
    else {
      const extra = command.tool === 'compile' ? [`-c=${run.concurrency}`] : [];
      const failure = await runTool(run, command, work, extra);
      if (failure) return failure;
    }
  }
  return undefined;
}

/** Runs one tool call of a recipe in a scratch directory. */
export async function runTool(
  run: Pick<PackageRun, 'environment' | 'signal' | 'tool'>,
  command: RecipeCommand,
  work: string,
  extraFlags: readonly string[] = [],
): Promise<ToolFailure | undefined> {
  const here = (word: string) => word.replaceAll('$WORK', work);
  const [program = '', ...words] = command.argv.map(here);
  const argv = [program, ...extraFlags, ...words];
  const workingDirectory = here(command.workingDirectory);
  const environment = { ...run.environment, ...command.environment, PWD: workingDirectory, TMPDIR: work };
  const ended = await run.tool(argv, environment, workingDirectory);
  run.signal.throwIfAborted();
  return ended.exitCode === 0 ? undefined : { argv, ...ended };
}

/** `cp FILE COPY`: headers under the name that assembler sources include. */
function copy(host: Host, command: RecipeCommand, work: string): void {
  const [from = '', to = ''] = command.argv.slice(1).map((word) => word.replaceAll('$WORK', work));
  host.files.write(to, host.files.readBytes(from));
}

/** `references FROM TO`: lines `ref NAME ABI` of one list of symbols, but of the package's own, at the end of another. */
function appendReferences(host: Host, command: RecipeCommand, work: string): void {
  const [from = '', to = ''] = command.argv.slice(1).map((word) => word.replaceAll('$WORK', work));
  const lines = host.files.readText(from).match(/^ref\s+(?!"")\S.*\n/gm) ?? [];
  if (lines.length > 0) host.files.append(to, lines.join(''));
}

/** `pack r ARCHIVE OBJECT…`, without a process. */
function pack(host: Host, command: RecipeCommand, work: string): void {
  const [archive = '', ...objects] = command.argv.slice(2).map((word) => word.replaceAll('$WORK', work));
  const members = objects.map((path) => {
    const absolute = path.startsWith('/') ? path : `${command.workingDirectory}/${path}`;
    return { name: absolute.slice(absolute.lastIndexOf('/') + 1), bytes: host.files.readBytes(absolute) };
  });
  host.files.append(archive, archiveMembers(members));
}
