/**
 * Go's own tool calls for a group of Steps: asked with `-n` and an empty build cache once, remembered until the package
 * graph, the flags or the toolchain change. An edit inside a function asks nothing.
 */
import { digestOfRecord } from '../../formats/digest.ts';
import { atLeast } from '../../formats/goversion.ts';
import type { Blob } from '../../formats/remoteaction.ts';
import type { Host } from '../../host/host.ts';
import type { GoBuildAction, Step, StepId } from '../../plan/step.ts';
import { OWN_TOOLS, type Recipe, type Recipes, toRecipes } from '../../steps/package/recipe.ts';
import { parseScript, type Script } from '../../steps/package/script.ts';
import { readVersioned, writeVersioned } from '../state.ts';

/** What a group of Steps is made by. */
export interface GroupRecipes extends Recipes {
  readonly tools: Readonly<Record<string, Blob>>;
  /** Sources of the standard library: they change with the toolchain only. */
  readonly standardSources: Readonly<Record<string, Blob>>;
  /** Recipe id → header and other files beside sources that assembler or C may include. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Step → index in `links`. */
  readonly targets: Readonly<Record<StepId, number>>;
}

export interface GroupRequest {
  /** Steps of one batch, or one Step that compiles tests. */
  readonly steps: readonly Step[];
  /** Digest of everything that decides which packages exist and from which files. */
  readonly shape: string;
  readonly goVersion: string;
  readonly cCompiler: string | undefined;
  /** Empty directory for go to think it writes to. */
  readonly stage: string;
}

/** Go ended with an error: its output tells why. */
export class GoRefused extends Error {
  readonly output: string;
  constructor(output: string) {
    super('go -n failed');
    this.output = output;
  }
}

type Saved = Record<string, GroupRecipes>;

const SCHEMA = 4;
const KEPT_GROUPS = 12;
const INCLUDED = /\.(h|hh|hpp|hxx|inc|c|cc|cpp|cxx|s|S|syso)$/;

export class RecipeBook {
  readonly #host: Host;
  readonly #path: string;
  #saved: Saved | undefined;
  #changed = false;

  /** Reads nothing yet. */
  constructor(host: Host, path: string) {
    this.#host = host;
    this.#path = path;
  }

  /** Throws `GoRefused`, and `UnknownTool` when the recipes cannot be ours. */
  async recipes(
    request: GroupRequest,
    ask: (argv: readonly string[]) => Promise<string>,
  ): Promise<GroupRecipes> {
    const key = groupKey(request);
    const saved = this.#load();
    const known = saved[key];
    if (known) {
      // Used last stands last.
      delete saved[key];
      saved[key] = known;
      return known;
    }
    const made = await this.#make(request, ask);
    saved[key] = made;
    this.#changed = true;
    return made;
  }

  save(): void {
    if (!this.#changed) return;
    const kept = Object.entries(this.#load()).slice(-KEPT_GROUPS);
    writeVersioned(this.#host, this.#path, SCHEMA, Object.fromEntries(kept));
    this.#changed = false;
  }

  #load(): Saved {
    this.#saved ??= readVersioned<Saved>(this.#host, this.#path, SCHEMA) ?? {};
    return this.#saved;
  }

  async #make(
    request: GroupRequest,
    ask: (argv: readonly string[]) => Promise<string>,
  ): Promise<GroupRecipes> {
    const { steps, goVersion, stage } = request;
    const action = steps[0]?.action as GoBuildAction;
    const goroot = action.environment['GOROOT'] as string;
    this.#host.files.makeDirectory(stage);
    const script = parseScript(await ask(scriptCommand(steps, `${stage}/`)));
    const context = {
      goroot,
      cCompilers: [action.environment['CC'] ?? 'gcc', action.environment['CXX'] ?? 'g++'],
      compilerFlags: await this.#compilerFlags(script, goVersion, action),
    };
    let recipes = toRecipes(script, context);
    if (action.verb === 'test') recipes = await this.#withTestMain(recipes, action, ask);
    return {
      ...recipes,
      tools: this.#tools(recipes),
      standardSources: this.#standardSources(recipes.packages),
      headers: this.#headers(recipes.packages),
      targets: Object.fromEntries(steps.map((step) => [step.id, linkOf(recipes, step)])),
    };
  }

  /** The generated main package of tests is not printed by -n; `go list -test` leaves it in go's cache. */
  async #withTestMain(
    recipes: Recipes,
    action: GoBuildAction,
    ask: (argv: readonly string[]) => Promise<string>,
  ): Promise<Recipes> {
    const flags = action.flags.filter((flag) => /^-(tags|race|msan|mod|modfile)\b/.test(flag));
    const format = '{{.ImportPath}}\t{{range .GoFiles}}{{.}}{{end}}';
    const go = `${action.environment['GOROOT']}/bin/go`;
    const answer = await ask([go, 'list', '-test', '-f', format, ...flags, action.goPackage]);
    const main = answer.split('\n').find((line) => /^\S+\.test\t\//.test(line));
    const path = main?.split('\t')[1];
    if (!path) throw new GoRefused(answer);
    const text = this.#host.files.readText(path);
    return {
      ...recipes,
      packages: recipes.packages.map((recipe) =>
        recipe.id === recipes.links[0]?.main
          ? { ...recipe, files: { ...recipe.files, '_testmain.go': text } }
          : recipe,
      ),
    };
  }

  /** `-n` takes every trial of a C compiler flag for failed; here they are tried (cmd/go: gccSupportsFlag). */
  async #compilerFlags(script: Script, goVersion: string, action: GoBuildAction): Promise<string[]> {
    const usesC = [...script.packages.values()].some(({ commands }) =>
      commands.some(({ argv }) => argv[0]?.endsWith('/cgo')),
    );
    if (!usesC) return [];
    const compiler = action.environment['CC'] ?? 'gcc';
    const works = async (flag: string) => {
      const result = await this.#host.processes.run({
        argv: [compiler, flag, '-c', '-x', 'c', '-', '-o', '/dev/null'],
        environment: { PATH: action.environment['PATH'] ?? '', LC_ALL: 'C' },
        workingDirectory: '/',
        input: '',
      });
      return result.exitCode === 0;
    };
    const map =
      atLeast(goVersion, '1.21') && (await works('-ffile-prefix-map=a=b'))
        ? '-ffile-prefix-map=a=b'
        : '-fdebug-prefix-map=a=b';
    const flags = [map, '-gno-record-gcc-switches'];
    const working = await Promise.all(flags.map(works));
    return flags.filter((_, i) => working[i]);
  }

  #tools({ packages, links }: Recipes): Record<string, Blob> {
    const paths = new Map<string, string>();
    for (const { tool, argv } of [
      ...packages.flatMap((recipe) => recipe.commands),
      ...links.map((l) => l.command),
    ]) {
      if (tool !== 'cc' && !OWN_TOOLS.has(tool)) paths.set(tool, argv[0] as string);
    }
    return Object.fromEntries([...paths].map(([tool, path]) => [tool, this.#blob(path)]));
  }

  #standardSources(packages: readonly Recipe[]): Record<string, Blob> {
    const paths = packages.filter((recipe) => recipe.isStandard).flatMap((recipe) => recipe.sources);
    return Object.fromEntries([...new Set(paths)].map((path) => [path, this.#blob(path)]));
  }

  #headers(packages: readonly Recipe[]): Record<string, readonly string[]> {
    const reading = packages.filter((recipe) => recipe.readsHeaders && !recipe.isStandard);
    return Object.fromEntries(
      reading.map(({ id, directory, sources }) => {
        const names = this.#host.files.list(directory).filter((name) => INCLUDED.test(name));
        return [id, names.map((name) => `${directory}/${name}`).filter((path) => !sources.includes(path))];
      }),
    );
  }

  #blob(path: string): Blob {
    return { digest: this.#host.files.digest(path), size: this.#host.files.stat(path)?.size ?? 0 };
  }
}

function groupKey({ steps, shape, goVersion, cCompiler }: GroupRequest): string {
  const action = steps[0]?.action as GoBuildAction;
  return digestOfRecord({
    ...{ shape, goVersion, cCompiler, verb: action.verb, flags: scriptFlags(action) },
    environment: { ...action.environment, PATH: '', TMPDIR: '', GOGC: '' },
    packages: steps.map((step) => `${step.id} ${(step.action as GoBuildAction).goPackage}`),
  }).slice(0, 32);
}

/** Flags that are the same for every commit, where the version is stamped late. */
function scriptFlags(action: GoBuildAction): readonly string[] {
  return action.lateStamps?.flags ?? action.flags;
}

/** The command that prints what go would do for the Steps, from nothing. */
function scriptCommand(steps: readonly Step[], output: string): string[] {
  const action = steps[0]?.action as GoBuildAction;
  const go = `${action.environment['GOROOT']}/bin/go`;
  const flags = scriptFlags(action).filter((flag) => !/^-(v|x|n|a|work|p=.*)$/.test(flag));
  const packages = steps.map((step) => (step.action as GoBuildAction).goPackage);
  if (action.verb === 'test')
    return [go, 'test', '-c', '-n', '-vet=off', ...flags, '-o', `${output}test`, ...packages];
  return [go, 'build', '-n', ...flags, '-o', steps.length > 1 ? output : `${output}program`, ...packages];
}

function linkOf({ links }: Recipes, step: Step): number {
  const { goPackage } = step.action as GoBuildAction;
  if (links.length === 1) return 0;
  const cleaned = goPackage.replace(/^\.\//, '/').replace(/\/$/, '');
  const exact = links.findIndex((link) => link.importPath === goPackage);
  return exact >= 0 ? exact : links.findIndex((link) => link.importPath.endsWith(cleaned));
}
