/** The name of a package's or a program's work: a remote Action made of its recipe and its inputs. Pure. */
import type { Digest } from '../../formats/digest.ts';
import { actionDigest, type Blob } from '../../formats/remoteaction.ts';
import { type Places, shownText } from './places.ts';
import type { LinkRecipe, Recipe, RecipeCommand } from './recipe.ts';

export interface ActionContext {
  /** GOOS, GOARCH and their like: what the tools read of the environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly goroot: string;
  /** Tool name → the tool itself. */
  readonly tools: Readonly<Record<string, Blob>>;
  /** What proves the C compiler, where one takes part. */
  readonly cCompiler?: string;
}

/** `sources`: absolute path → content. `imports`: import path → interface of the package. */
export function packageKey(
  recipe: Recipe,
  sources: ReadonlyMap<string, Blob>,
  imports: ReadonlyMap<string, Blob>,
  context: ActionContext,
): Digest {
  const { directory, places = [] } = recipe;
  const inputs = new Map<string, Blob>();
  for (const [path, blob] of sources) {
    inputs.set(
      path.startsWith(`${directory}/`)
        ? `src/${path.slice(directory.length + 1)}`
        : `root${shownText(path, places)}`,
      blob,
    );
  }
  for (const [path, blob] of imports) inputs.set(interfacePath(path), blob);
  const canonical = canonicalizer(recipe.isTrimmed ? [directory, context.goroot] : [], places);
  const words = recipe.commands
    .flatMap((command) => {
      const place = recipe.isTrimmed ? placeOf(command, directory) : command.workingDirectory;
      return [...commandWords(command, canonical, place), '&&'];
    })
    .slice(0, -1);
  const configuration = [
    ...recipe.importMap.map(([from, to]) => `importmap ${from}=${to}`),
    ...[...imports.keys()].sort().map((path) => `packagefile ${path}=${interfacePath(path)}`),
    ...Object.entries(recipe.files).flatMap(([name, text]) => [`file ${name}`, canonical(text)]),
  ];
  addTools(inputs, recipe.commands, context);
  return actionDigest(
    {
      arguments: [...words, '--', ...configuration],
      environment: toolEnvironment(recipe, recipe.commands, context),
      outputPaths: ['p.a', 'p.x'],
    },
    inputs,
  );
}

/** `objects`: import path → what is linked. */
export function linkKey(
  recipe: LinkRecipe,
  objects: ReadonlyMap<string, Blob>,
  context: ActionContext,
  isTrimmed: boolean,
): Digest {
  const inputs = new Map<string, Blob>();
  for (const [path, blob] of objects) inputs.set(`objects/${encodeURIComponent(path)}.a`, blob);
  addTools(inputs, [recipe.command], context);
  const canonical = canonicalizer(isTrimmed ? [context.goroot] : [], recipe.places);
  return actionDigest(
    {
      arguments: [...commandWords(recipe.command, canonical), '--', recipe.moduleInfo ?? ''],
      environment: toolEnvironment({ ...recipe, isTrimmed }, [recipe.command], context),
      outputPaths: ['linked'],
    },
    inputs,
  );
}

function interfacePath(importPath: string): string {
  return `imports/${encodeURIComponent(importPath)}.x`;
}

function commandWords(
  command: RecipeCommand,
  canonical: (text: string) => string,
  place = command.workingDirectory,
): string[] {
  const environment = Object.entries(command.environment).map(
    ([name, value]) => `${name}=${canonical(value)}`,
  );
  return [canonical(place), ...environment, ...command.argv.map(canonical)];
}

/** Newer releases compile in the directory that go was called in, with absolute names: it is of no consequence. */
function placeOf(command: RecipeCommand, directory: string): string {
  const { workingDirectory } = command;
  return workingDirectory === directory || workingDirectory.startsWith('$WORK') ? workingDirectory : '$ROOT';
}

/** Replaces places by names that mean the same everywhere. */
function canonicalizer(hidden: readonly string[], places: Places = []): (text: string) => string {
  const [directory, goroot] = hidden.length === 2 ? hidden : [undefined, hidden[0]];
  return (text) => {
    let canonical = shownText(text, places);
    if (directory) canonical = canonical.replaceAll(directory, '$SRC');
    if (goroot) canonical = canonical.replaceAll(goroot, '$GOROOT');
    return canonical;
  };
}

/** A tool is an input; where it lies is none. */
function addTools(
  inputs: Map<string, Blob>,
  commands: readonly RecipeCommand[],
  context: ActionContext,
): void {
  for (const { tool } of commands) {
    const blob = context.tools[tool];
    if (blob) inputs.set(`tools/${tool}`, blob);
  }
}

function toolEnvironment(
  { isTrimmed, places = [] }: { readonly isTrimmed: boolean; readonly places?: Places },
  commands: readonly RecipeCommand[],
  context: ActionContext,
): Record<string, string> {
  const usesC = commands.some(
    ({ tool, argv }) => tool === 'cc' || argv.some((word) => word.startsWith('-extld')),
  );
  return {
    ...context.environment,
    ...(isTrimmed ? {} : { GOROOT: shownText(context.goroot, places) }),
    ...(usesC && context.cCompiler ? { 'C compiler': context.cCompiler } : {}),
  };
}
