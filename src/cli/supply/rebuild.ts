/** Does again what provenance recorded: the same commands and settings, in a place of its own, with nothing from the store. */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Provenance, RecordedCommand } from '../../formats/intoto/statement.ts';
import { cacheDirectory, type Host } from '../../host/host.ts';
import { isBuildSetting } from '../recordedrun.ts';
import type { Session } from '../session.ts';
import { redirected } from './places.ts';

/** Where the outputs of a rebuild lie, for those that stood at `<out>`. */
export interface Rebuilt {
  readonly out: string;
}

/** Options whose places are ours to choose. */
const PLACES = /^(--out|--tree|-C|--config-dir)$/;
/** Options of every command that take the next word, and may stand before the command. */
const VALUED = /^(--config|--jobs|-j)$/;
const PRINTING = /^(--json|--plain|--quiet|-q|--verbose|-v)$/;

/** Commands that make artifacts. Provenance of others may not have us publish, sign or remove. */
const MAKERS = new Set(['build', 'generate', 'image', 'make', 'package', 'release', 'sbom']);

/** Runs every recorded command again below `scratch`; a command that fails is a Failure. */
export async function rebuild(session: Session, provenance: Provenance, scratch: string): Promise<Rebuilt> {
  const { host, signal, options } = session.context;
  const out = `${scratch}/out`;
  const cache = `${scratch}/cache`;
  // Programs and packages must not come from the store that may have given the release; the toolchains are checked.
  host.files.makeDirectory(cache);
  host.files.publishLink(`${cacheDirectory(host)}/toolchains`, `${cache}/toolchains`);
  const { runCommandLine } = await import('../main.ts');
  const { externalParameters, internalParameters } = provenance.buildDefinition;
  const { commands, toolchain } = externalParameters;
  // A GOROOT that was named by its path stands for the Go in it.
  const version = toolchain.replace(/^go/, '');
  const expand = (word: string) => expandPlaces(session, word).replaceAll('<go>', version);
  // What is recorded was written by others: only what makes things is done again.
  const foreign = commands.find((command) => !MAKERS.has(nameOf(wordsOf(command))));
  if (foreign) throw new Failure(notAMaker(foreign.argv));
  for (const [runs, command] of distinct(commands)) {
    const outputs = internalParameters.steps
      .filter(({ run }) => runs.includes(run))
      .flatMap((step) => step.outputs.map(({ name }) => name));
    const expanded = wordsOf(command).map(expand);
    const argv = [...redirected(expanded, outputs, out), '--plain', '--out', out, '-C', session.tree.root];
    const quiet = { ...host.stdout, write: () => true };
    const own: Host = {
      ...host,
      environment: environmentOf(session, command, cache, expand),
      stdout: quiet,
      stderr: options.quiet || options.json ? quiet : host.stderr,
    };
    const exitCode = await runCommandLine(argv, own, signal);
    if (exitCode !== 0) throw new Failure(failed(argv, exitCode));
  }
  return { out };
}

/** Each command once, with the runs that recorded it: what a release builds and what it packs are two runs of one. */
function distinct(commands: readonly RecordedCommand[]): (readonly [string[], RecordedCommand])[] {
  const found = new Map<string, readonly [string[], RecordedCommand]>();
  for (const command of commands) {
    const what = JSON.stringify([command.argv, command.environment]);
    const known = found.get(what);
    if (known) known[0].push(command.run);
    else found.set(what, [[command.run], command]);
  }
  return [...found.values()];
}

/** The words behind the program's name, without those that say where things lie and how they are printed. */
function wordsOf({ argv }: RecordedCommand): string[] {
  const words: string[] = [];
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i] as string;
    if (PLACES.test(word)) i++;
    else if (!PRINTING.test(word) && !/^--(out|tree)=/.test(word)) words.push(word);
  }
  return words;
}

/** The command among the words; what cannot be told is no command that we run. */
function nameOf(words: readonly string[]): string {
  let at = 0;
  while (words[at]?.startsWith('-')) at += VALUED.test(words[at] as string) ? 2 : 1;
  return words[at] ?? '';
}

function environmentOf(
  session: Session,
  command: RecordedCommand,
  cache: string,
  expand: (value: string) => string,
): Host['environment'] {
  const { host } = session.context;
  const kept = Object.entries(host.environment).filter(([name]) => !isBuildSetting(name));
  const recorded = Object.entries(command.environment).map(([name, value]) => [name, expand(value)]);
  return {
    ...Object.fromEntries(kept),
    // Trees of the GOPATH eras leave the place of the link tree in what they build.
    KUBE_GOPATH: session.layout.gopath,
    ...Object.fromEntries(recorded),
    KUBEWRIGHT_CACHE: cache,
  };
}

/** Places of this machine for those that stand in a record. */
function expandPlaces({ context, own, layout, tree }: Session, value: string): string {
  return value
    .replaceAll('<kubewright>', own)
    .replaceAll('<out>', layout.out)
    .replaceAll('<tree>', tree.root)
    .replaceAll('<home>', context.host.homeDirectory ?? '');
}

function failed(argv: readonly string[], exitCode: number) {
  return error('verify/rebuild-failed', {
    what: `kubewright ${argv.join(' ')} ended with exit code ${exitCode}`,
    why: 'a release is verified by doing again what its provenance recorded, and its messages stand above',
    help: 'run the recorded command in this tree and mend what it says; nothing is said about the release yet',
  });
}

function notAMaker(argv: readonly string[]) {
  return error('verify/rebuild-failed', {
    what: `the provenance records ${argv.join(' ')}, which is not run`,
    why: `only commands that make artifacts are run again: ${[...MAKERS].join(', ')}`,
    help: 'ask those who released it what this provenance is; do not trust it meanwhile',
  });
}
