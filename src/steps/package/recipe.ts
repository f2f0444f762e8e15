/**
 * How one Go package is compiled, or one program linked, as data: go's own tool calls made independent of where
 * they run. `$WORK` stands for a scratch directory of the Step's own. Pure.
 */
import type { Places } from './places.ts';
import { type Script, type ScriptCommand, type ScriptPart, toolOf } from './script.ts';

export interface RecipeCommand {
  readonly tool: string;
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
}

export interface Recipe {
  /** Import path that importers use; a main package has its own, not `main`. */
  readonly importPath: string;
  /** Scratch directory in go's script: unique in a group of builds. */
  readonly id: string;
  /** Archive that comes with the toolchain and that go takes as it is (the standard library, before Go 1.20). */
  readonly prebuilt?: string;
  /** Where the sources lie, as go sees it; `$WORK` for a generated main of tests. */
  readonly directory: string;
  readonly commands: readonly RecipeCommand[];
  /** Files to lay into the scratch directory first, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** Import path in the source → import path of the package, where they differ. */
  readonly importMap: readonly (readonly [string, string])[];
  /** Import path and recipe id of what the compiler may read. */
  readonly imports: readonly (readonly [string, string])[];
  /** Absolute paths of all files of the tree or the toolchain that the commands name. */
  readonly sources: readonly string[];
  /** Whether assembler or C takes part, so that header files beside the sources are inputs too. */
  readonly readsHeaders: boolean;
  /** Whether paths are rewritten, so that the place of tree and toolchain leaves no trace. */
  readonly isTrimmed: boolean;
  readonly isStandard: boolean;
  /** Paths that its output holds as those of another place. */
  readonly places?: Places;
}

export interface LinkRecipe {
  readonly importPath: string;
  readonly main: string;
  readonly command: RecipeCommand;
  /** Import path and recipe id of everything that is linked. */
  readonly packages: readonly (readonly [string, string])[];
  /** The `modinfo` line of Go 1.18 and later. */
  readonly moduleInfo?: string;
  readonly places?: Places;
}

export interface Recipes {
  readonly packages: readonly Recipe[];
  readonly links: readonly LinkRecipe[];
}

/** A script that calls a tool we do not know: the build falls back on go. */
export class UnknownTool extends Error {}

/** What we do ourselves instead of starting a program for it. */
export const OWN_TOOLS: ReadonlySet<string> = new Set(['pack', 'cp', 'references']);
const TOOLS = new Set(['compile', 'asm', 'cgo', ...OWN_TOOLS]);
const C_TOOLS = /(^|-)(gcc|g\+\+|cc|c\+\+|clang|clang\+\+|gfortran)(-[\d.]+)?$/;
const SOURCE = /\.(go|h|s|S|sx|c|cc|cpp|cxx|m|mm|f|F|for|f90|syso)$/;

/** What go has the C compiler write in the place of the scratch directory. */
const SHOWN_WORK = '/tmp/go-build';

export interface RecipeContext {
  readonly goroot: string;
  /** C compilers named by CC and CXX, whatever they are called. */
  readonly cCompilers: readonly string[];
  /** Those of `triedCompilerFlags` that the C compiler takes. */
  readonly compilerFlags: readonly string[];
}

/** Turns go's script into recipes. Throws `UnknownTool`. */
export function toRecipes(script: Script, context: RecipeContext): Recipes {
  const configurations = [
    ...[...script.links.values()].map((part) => part.files.get('importcfg.link') ?? ''),
    ...[...script.packages.values()].map((part) => part.files.get('importcfg') ?? ''),
  ];
  const names = new Map(configurations.flatMap(packageFiles).map(([path, id]) => [id, path]));
  const prebuilt = [...names].filter(([id]) => id.startsWith('/')).map(([id, path]) => toPrebuilt(id, path));
  const packages = [...script.packages]
    .filter(([, part]) => part.commands.length > 0)
    .map(([id, part]) => toRecipe(id, names.get(id) ?? '', part, context));
  const links = [...script.links].flatMap(([id, part]) => {
    const command = part.commands.find((found) => toolOf(found) === 'link');
    return command ? [toLinkRecipe(id, names.get(id) ?? '', command, part)] : [];
  });
  return { packages: [...prebuilt, ...packages], links };
}

function toPrebuilt(path: string, importPath: string): Recipe {
  return {
    ...{
      importPath,
      id: path,
      prebuilt: path,
      directory: '',
      commands: [],
      files: {},
      importMap: [],
      imports: [],
    },
    ...{ sources: [path], readsHeaders: false, isTrimmed: false, isStandard: true },
  };
}

function toRecipe(id: string, importPath: string, part: ScriptPart, context: RecipeContext): Recipe {
  const compile = part.commands.find((command) => toolOf(command) === 'compile');
  const commands = part.commands.map((command) => toCommand(id, command, context));
  const configuration = part.files.get('importcfg') ?? '';
  const embedded = embeddedFiles(part.files.get('embedcfg'));
  const sources = [...new Set([...part.commands.flatMap((command) => sourcesOf(command)), ...embedded])];
  const directory = directoryOf(part, id, sources);
  const name = argumentOf(compile?.argv ?? [], '-p') ?? '';
  return {
    importPath: importPath || name,
    id,
    directory,
    commands,
    files: Object.fromEntries(
      [...part.files]
        .filter(([file]) => file !== 'importcfg')
        .map(([file, text]) => [file, text.replaceAll(`$WORK/${id}`, '$WORK')]),
    ),
    importMap: [...configuration.matchAll(/^importmap (\S+?)=(\S+)$/gm)].map(([, from, to]) => [
      from as string,
      to as string,
    ]),
    imports: packageFiles(configuration),
    sources,
    readsHeaders: commands.some((command) => command.tool === 'asm' || command.tool === 'cgo'),
    isTrimmed: (argumentOf(compile?.argv ?? [], '-trimpath') ?? '').includes(`${directory}=>`),
    isStandard: directory.startsWith(`${context.goroot}/src/`),
  };
}

/** Where go compiles: cgo's and the assembler's working directory, else where the first source lies. */
function directoryOf(part: ScriptPart, id: string, sources: readonly string[]): string {
  const own = part.commands.find((command) => ['cgo', 'asm'].includes(toolOf(command)));
  if (own && !own.workingDirectory.startsWith('$WORK')) return own.workingDirectory;
  const first = sources.find((source) => source.endsWith('.go'));
  return first ? first.slice(0, first.lastIndexOf('/')) : `$WORK/${id}`;
}

function toCommand(id: string, given: ScriptCommand, context: RecipeContext): RecipeCommand {
  const command = { ...given, argv: referencesFilter(given.argv) ?? given.argv };
  const tool = toolOf(command);
  const isC =
    C_TOOLS.test(tool) || context.cCompilers.includes(command.argv[0] ?? '') || command.argv.includes('-xc');
  if (!TOOLS.has(tool) && !isC) throw new UnknownTool(tool);
  // A profile is an input that no list of sources names.
  if (command.argv.some((word) => word.startsWith('-pgoprofile')))
    throw new UnknownTool(`${tool} -pgoprofile`);
  // Go 1.13 prints scratch paths behind the directory of the package.
  const own = (word: string) =>
    word.replace(/^(\/[^;=]*|\.\/)(?=\$WORK\/)/, '').replaceAll(`$WORK/${id}`, '$WORK');
  let argv = command.argv.map(own);
  if (tool === 'compile') argv = withoutScratchPaths(splitCompile(argv));
  else if (tool === 'pack') argv = [...argv.slice(0, 2), '$WORK/p.a', ...argv.slice(3)];
  else if (isC) argv = withCompilerFlags(argv, context);
  return {
    tool: isC ? 'cc' : tool,
    workingDirectory: own(command.workingDirectory).replace(/^\$WORK\/$/, '$WORK'),
    environment: command.environment,
    argv,
  };
}

/**
 * `references FROM TO`, for what Go 1.12 prints where the standard library is compiled too: the symbols of other packages
 * that assembler refers to are appended to those of the package (cmd/go/internal/work/gc.go: symabis).
 */
function referencesFilter(argv: readonly string[]): readonly string[] | undefined {
  const [from, to] =
    /^grep \^ref <(\S+) \| grep -v \^ref\\s\*""\\\. >>(\S+)$/.exec(argv.join(' '))?.slice(1) ?? [];
  return from && to ? ['references', from, to] : undefined;
}

/** One call that makes the interface for importers (p.x) and the object for the linker (p.a). */
function splitCompile(argv: readonly string[]): string[] {
  const replaced: Readonly<Record<string, readonly string[]>> = {
    '-o': ['-o', '$WORK/p.x', '-linkobj', '$WORK/p.a'],
    '-buildid': ['-buildid', 'redacted'],
    '-importcfg': ['-importcfg', '$WORK/importcfg'],
    '-installsuffix': [],
  };
  return argv.flatMap((word, i) => {
    const before = argv[i - 1];
    if (before !== undefined && replaced[before] && argv[i - 2] !== '-D') return [];
    return replaced[word] ?? (/^-c=\d+$/.test(word) ? [] : [word]);
  });
}

/**
 * A user's -trimpath takes the place of go's, so that what lies in the scratch directory (the main package of tests, what cgo
 * writes) would keep its path, another one in every build. Since Go 1.13 the flag takes both, and the first that fits counts (cmd/internal/objabi/line.go):
 * a scratch directory may lie in the tree.
 */
function withoutScratchPaths(argv: readonly string[]): string[] {
  const own = argv.indexOf('-trimpath') + 1;
  const takesMany = argv[own]?.includes('=>');
  return argv.map((word, i) =>
    takesMany && i > own && word.startsWith('-trimpath=') ? word.replace('=', '=$WORK=>;') : word,
  );
}

/**
 * `go build -n` leaves out what it would have found the C compiler to understand (exec.go of cmd/go:
 * compilerCmd, and from Go 1.18 on ccompile for the standard library).
 */
function withCompilerFlags(argv: readonly string[], { compilerFlags, goroot }: RecipeContext): string[] {
  const words = [...argv];
  const map = compilerFlags.find((flag) => flag.endsWith('-prefix-map=a=b'))?.replace('a=b', '');
  const at = words.indexOf('-fmessage-length=0');
  const others = compilerFlags.filter((flag) => !flag.endsWith('-prefix-map=a=b'));
  if (at >= 0) words.splice(at + 1, 0, ...(map ? [`${map}$WORK=${SHOWN_WORK}`] : []), ...others);
  const output = words.indexOf('-o');
  const isStandard = argv.some((word) => word.startsWith(`${goroot}/src/`));
  if (map?.startsWith('-ffile') && isStandard && words.includes('-c') && output >= 0)
    words.splice(output, 0, `${map}${goroot}=/_/GOROOT`);
  return words;
}

function toLinkRecipe(id: string, importPath: string, command: ScriptCommand, part: ScriptPart): LinkRecipe {
  const configuration = part.files.get('importcfg.link') ?? '';
  const moduleInfo = /^modinfo .*$/m.exec(configuration)?.[0];
  const argv = command.argv.map((word) => word.replaceAll(`$WORK/${id}`, '$WORK'));
  return {
    importPath,
    main: id,
    command: {
      tool: 'link',
      workingDirectory: '$WORK',
      environment: command.environment,
      argv: argv.map((word, i) => {
        if (argv[i - 1] === '-o') return '$WORK/linked';
        if (argv[i - 1] === '-importcfg') return '$WORK/importcfg';
        if (i === argv.findIndex((found) => found.startsWith('-buildid='))) return '-buildid=$KEY';
        return i === argv.length - 1 ? '$WORK/main.a' : word;
      }),
    },
    packages: packageFiles(configuration),
    ...(moduleInfo ? { moduleInfo } : {}),
  };
}

/** Import path and recipe id; what lies compiled in the toolchain has its path as its id. */
function packageFiles(configuration: string): [string, string][] {
  return [...configuration.matchAll(/^packagefile (\S+?)=(?:\$WORK\/(b\d+)\/.*|(\/.*))$/gm)].map(
    ([, path, id, prebuilt]) => [path as string, (id ?? prebuilt) as string],
  );
}

function embeddedFiles(configuration: string | undefined): string[] {
  if (!configuration) return [];
  const { Files = {} } = JSON.parse(configuration) as { Files?: Record<string, string> };
  return Object.values(Files);
}

function sourcesOf({ argv, workingDirectory }: ScriptCommand): string[] {
  return argv.flatMap((word, i) => {
    if (word.startsWith('-') || word.includes('$WORK') || !SOURCE.test(word) || argv[i - 1] === '-o')
      return [];
    if (word.startsWith('/')) return [word];
    if (workingDirectory.startsWith('$WORK')) return [];
    return [`${workingDirectory}/${word.replace(/^\.\//, '')}`];
  });
}

/** The word behind a flag that takes its value apart. */
export function argumentOf(argv: readonly string[], flag: string): string | undefined {
  const at = argv.indexOf(flag);
  return at < 0 ? undefined : argv[at + 1];
}
