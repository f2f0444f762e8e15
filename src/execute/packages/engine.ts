/**
 * Builds Steps package by package instead of by `go build`: asks for the recipes of a batch, puts their packages on
 * the one queue of the run, and tells how each program came out. What it cannot do, go does.
 */
import { type Diagnostic, error, type Location, warning } from '../../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../../formats/digest.ts';
import { atLeast } from '../../formats/goversion.ts';
import type { Blob } from '../../formats/remoteaction.ts';
import type { GoBuildAction, Step, StepId } from '../../plan/step.ts';
import { isPackageName, readGoErrors } from '../../steps/compile/errors.ts';
import { withPlaces } from '../../steps/package/places.ts';
import { type Recipe, UnknownTool } from '../../steps/package/recipe.ts';
import type { ToolFailure } from '../../steps/package/run.ts';
import { type Sentinel, withValues } from '../../steps/stamp/sentinels.ts';
import type { Platform } from '../../target/platform.ts';
import type { Closure } from '../../tree/packages/graph.ts';
import type { PackageRunContext } from './context.ts';
import { NodeInputs } from './inputs.ts';
import { type Group, type LinkOutcome, makeNodes, type Node } from './nodes.ts';
import { shortOfDisk } from './outlook.ts';
import { GoRefused, type GroupRecipes, type RecipeBook } from './recipes.ts';
import { pathsImpossible, refusalOf } from './refusal.ts';
import { PackageRun } from './run.ts';

export interface EngineContext extends Omit<PackageRunContext, 'explain' | 'inputs' | 'onSettled'> {
  /** Root of the tree. */
  readonly root: string;
  readonly book: RecipeBook;
  readonly goVersion: string;
  readonly closures: ReadonlyMap<Step, Closure>;
  /** Titles of the targets that hold a package. */
  readonly targetsOf: (importPath: string) => readonly string[];
  readonly onCommand: (
    steps: readonly Step[],
    argv: readonly string[],
    action: GoBuildAction,
    pid: number,
  ) => number;
}

const LEAST_FREE = 4 * 1024 ** 2;

/** Variables that the compiler, the assembler, cgo and the linker read. */
const TARGET_VARIABLES =
  /^(GOOS|GOARCH|GO386|GOAMD64|GOARM|GOARM64|GOMIPS|GOMIPS64|GOPPC64|GORISCV64|GOWASM|GOEXPERIMENT)$/;
const TOOL_VARIABLES = /^(PATH|HOME|LC_ALL|GOROOT|GOGC|CC|CXX|CGO_\w+|PKG_CONFIG\w*)$/;

/** End of the name of an entry that holds the test files of a package. */
const TESTS = ' (tests)';

export class PackageEngine {
  readonly #x: EngineContext;
  readonly #run: PackageRun;
  readonly #inputs: NodeInputs;
  #asked = 0;
  #asking = 0;
  #isForecast = false;

  constructor(context: EngineContext) {
    this.#x = context;
    this.#inputs = new NodeInputs(context.index, context.store, context.root);
    const explain = (node: Node, failure: ToolFailure) => this.#explain(node, failure);
    const onSettled = () => this.#tellForecast();
    this.#run = new PackageRun({ ...context, inputs: this.#inputs, explain, onSettled });
  }

  /** A file that changed while it was compiled, if any did. */
  get movedFile(): string | undefined {
    return [...this.#run.movedFiles][0];
  }

  get progress(): PackageRun['progress'] {
    return this.#run.progress;
  }

  /** Once, when go has answered for every batch and what is kept already has been found. */
  #tellForecast(): void {
    if (this.#isForecast || this.#asking > 0) return;
    this.#isForecast = true;
    const forecast = this.#run.outlook.forecast();
    if (!forecast) return;
    const { host, scratch, emit } = this.#x;
    emit(forecast);
    const short = shortOfDisk(forecast.diskBytes, host.files.freeBytes(scratch), scratch);
    if (short) emit({ type: 'diagnostic', diagnostic: short });
  }

  /** Resolves when no process of a build runs any more. */
  drained(): Promise<void> {
    return this.#run.drained();
  }

  /**
   * Makes the programs of a batch and tells each outcome as it comes; false when the batch is one for go. Problems are
   * emitted.
   */
  async build(
    steps: readonly Step[],
    onOutcome: (step: Step, outcome: LinkOutcome) => void,
  ): Promise<boolean> {
    const action = steps[0]?.action as GoBuildAction;
    const refusal = refusalOf(action, this.#x.goVersion);
    const leave = (reason: string) => {
      if (!action.places) return this.#leaveToGo(reason);
      this.#x.emit({ type: 'diagnostic', diagnostic: pathsImpossible(reason) });
      for (const step of steps) onOutcome(step, { kind: 'failed' });
      return true;
    };
    if (refusal) return leave(refusal);
    try {
      // One `go test -c` makes one program; `go build` makes all that share their flags, from 1.13 on.
      const isOneByOne = action.verb === 'test' || !atLeast(this.#x.goVersion, '1.13');
      const parts = isOneByOne ? steps.map((step) => [step]) : [steps];
      await Promise.all(parts.map((part) => this.#buildPart(part, onOutcome)));
      return true;
    } catch (problem) {
      if (problem instanceof UnknownTool) return leave(`go calls ${problem.message}, which we leave to it`);
      throw problem;
    }
  }

  async #buildPart(
    steps: readonly Step[],
    onOutcome: (step: Step, outcome: LinkOutcome) => void,
  ): Promise<void> {
    const { book, goVersion, signal, emit } = this.#x;
    const action = steps[0]?.action as GoBuildAction;
    const cCompiler =
      action.environment['CGO_ENABLED'] === '1' ? steps[0]?.keyParts['C compiler'] : undefined;
    const request = {
      ...{ steps, goVersion, cCompiler, shape: this.#shapeOf(steps) },
      stage: `${this.#x.scratch}/script-${this.#asked++}`,
    };
    let recipes: GroupRecipes;
    this.#asking++;
    try {
      recipes = await book.recipes(request, (argv) => this.#ask(steps, argv, action));
    } catch (problem) {
      if (!(problem instanceof GoRefused)) throw problem;
      signal.throwIfAborted();
      for (const diagnostic of this.#readErrors(problem.output, action.workingDirectory))
        emit({ type: 'diagnostic', diagnostic });
      for (const step of steps) onOutcome(step, { kind: 'failed' });
      return;
    } finally {
      this.#asking--;
    }
    const group = toGroup(steps[0] as Step, action, recipes, cCompiler);
    const byId = new Map(steps.map((step) => [step.id, step]));
    await new Promise<void>((resolve) => {
      const settle = (id: StepId, outcome: LinkOutcome) => {
        const step = byId.get(id);
        byId.delete(id);
        if (step) onOutcome(step, outcome);
        if (byId.size === 0) resolve();
      };
      const sourceBytes = (recipe: Recipe) => this.#inputs.sourceBytes(recipe, group);
      this.#run.add(makeNodes(group, this.#x.ledger, sourceBytes, settle));
    });
  }

  async #ask(steps: readonly Step[], argv: readonly string[], action: GoBuildAction): Promise<string> {
    const { host, signal, emit, onCommand } = this.#x;
    const outputFile = `${this.#x.scratch}/asked-${this.#asked++}`;
    // With a cache of its own go names every package, but for those that come compiled with the toolchain.
    const asking = { ...action, environment: { ...action.environment, GOCACHE: `${outputFile}-cache` } };
    let command = 0;
    const { exitCode, milliseconds } = await host.processes.run({
      ...{ argv, environment: asking.environment, workingDirectory: action.workingDirectory, signal },
      outputFile,
      onStart: (pid) => {
        command = onCommand(steps, argv, asking, pid);
      },
    });
    emit({ type: 'command-finished', id: command, exitCode, milliseconds });
    signal.throwIfAborted();
    const output = host.files.readText(outputFile);
    if (exitCode !== 0) throw new GoRefused(output);
    return output;
  }

  /** Headers, names and module files of everything that the Steps are made of. */
  #shapeOf(steps: readonly Step[]): string {
    const parts = new Set<string>();
    for (const step of steps) {
      const closure = this.#x.closures.get(step);
      const names = new Set<string>();
      for (const { name, directory, shape } of closure?.entries ?? []) {
        names.add(name);
        // The main package of tests lists their functions, which stand in no header.
        const tests = name.endsWith(TESTS) ? closure?.packages.get(name) : '';
        parts.add(`${name} ${directory} ${shape} ${tests}`);
      }
      for (const [name, digest] of closure?.packages ?? [])
        if (!names.has(name)) parts.add(`${name} ${digest}`);
    }
    return digestOfBytes([...parts].sort().join('\n'));
  }

  #leaveToGo(reason: string): false {
    this.#x.emit({
      type: 'diagnostic',
      diagnostic: warning('build/engine-go', {
        what: `go build is used instead of our own graph: ${reason}`,
        why: 'its packages are not shared with other builds through the store',
        help: 'nothing is needed; --engine go says so from the start',
      }),
    });
    return false;
  }

  #explain(node: Node, failure: ToolFailure): readonly Diagnostic[] {
    const full = this.#fullDisk(node, failure);
    if (full) return [full];
    const name = node.kind === 'package' ? node.name : node.recipe.importPath;
    const found = this.#readErrors(`# ${name}\n${failure.output}`, node.group.workingDirectory);
    if (found.length > 0) return found;
    return this.#readErrors(`# ${name}\n${endOf(failure)}`, node.group.workingDirectory);
  }

  /** A tool on a full disk says so, or cannot even say that. */
  #fullDisk({ name, outputBytes }: Node, { output }: ToolFailure): Diagnostic | undefined {
    const { host, scratch } = this.#x;
    const isTold = /no space left on device/i.test(output);
    const isSmall =
      (host.files.freeBytes(scratch) ?? Number.POSITIVE_INFINITY) < 2 * outputBytes + LEAST_FREE;
    if (!isTold && (output !== '' || !isSmall)) return undefined;
    return error('disk/full', {
      what: `no space is left below ${scratch} for ${name}`,
      why: 'the file system is full',
      help: 'free space there (kubewright cache prune), or choose another place with KUBEWRIGHT_CACHE; finished work is kept and a rerun resumes',
    });
  }

  #readErrors(output: string, workingDirectory: string): Diagnostic[] {
    const lines = output.split('\n').filter((line) => !isPackageName(line));
    return readGoErrors(lines.join('\n'), {
      targetsOf: this.#x.targetsOf,
      locate: (path, line) => this.#locate(path, line, workingDirectory),
    });
  }

  #locate(path: string, line: number, base: string): Location & { file: string; text?: string } {
    const { host, root } = this.#x;
    const absolute = path.startsWith('/') ? path : `${base}/${path.replace(/^\.\//, '')}`;
    if (!host.files.isFile(absolute)) return { file: path };
    const real = host.files.realPath(absolute);
    const text = host.files.readText(real).split('\n')[line - 1];
    const file = real.startsWith(`${root}/`) ? real.slice(root.length + 1) : real;
    return text === undefined ? { file } : { file, text };
  }
}

function toGroup(
  step: Step,
  action: GoBuildAction,
  recipes: GroupRecipes,
  cCompiler: string | undefined,
): Group {
  const pick = (names: RegExp) =>
    Object.fromEntries(Object.entries(action.environment).filter(([name]) => names.test(name)));
  const target = pick(TARGET_VARIABLES);
  const goroot = action.environment['GOROOT'] ?? '';
  const placed = action.places ? withPlaces(recipes, action.places, goroot) : recipes;
  return {
    recipes: action.lateStamps?.atLink ? linkedWith(placed, action.lateStamps.sentinels) : placed,
    ...{ platform: step.platform as Platform, workingDirectory: action.workingDirectory },
    environment: { ...pick(TOOL_VARIABLES), ...target },
    context: {
      environment: target,
      goroot,
      tools: recipes.tools as Record<string, Blob>,
      ...(cCompiler ? { cCompiler } : {}),
    },
  };
}

/** Recipes are asked for with sentinels, so that they outlive a commit; here the values take their place. */
function linkedWith(recipes: GroupRecipes, sentinels: readonly Sentinel[]): GroupRecipes {
  const links = recipes.links.map((link) => ({
    ...link,
    command: { ...link.command, argv: link.command.argv.map((word) => withValues(word, sentinels)) },
    ...(link.moduleInfo ? { moduleInfo: withValues(link.moduleInfo, sentinels) } : {}),
  }));
  return { ...recipes, links };
}

function endOf({ argv, exitCode, signal }: ToolFailure): string {
  const tool = argv[0]?.slice(argv[0].lastIndexOf('/') + 1);
  if (signal === 'SIGKILL') return `${tool} was killed: out of memory is the usual reason`;
  return signal
    ? `${tool} was ended by ${signal}`
    : `${tool} ended with exit code ${exitCode} and no message`;
}
