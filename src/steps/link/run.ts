/** Links one program by its recipe, from objects where they lie. */

import { shownText } from '../package/places.ts';
import type { LinkRecipe } from '../package/recipe.ts';
import { type PackageRun, runTool, type ToolFailure } from '../package/run.ts';

export interface LinkRun extends Omit<PackageRun, 'recipe' | 'imports' | 'concurrency'> {
  readonly recipe: LinkRecipe;
  /** Import path → object. */
  readonly objects: ReadonlyMap<string, string>;
}

/** Undefined when `linked` stands in the scratch directory; else what went wrong. */
export async function linkProgram(run: LinkRun): Promise<ToolFailure | undefined> {
  const { host, recipe, work, objects } = run;
  const lines = [
    ...[...objects].map(([path, file]) => `packagefile ${path}=${file}`),
    ...(recipe.moduleInfo ? [recipe.moduleInfo] : []),
  ];
  host.files.write(`${work}/importcfg`, `${lines.join('\n')}\n`);
  const argv = recipe.command.argv.slice(0, -1);
  const main = objects.get(recipe.importPath) ?? '';
  // The linker asks GOROOT only what to write for `$GOROOT` and as the default of runtime.GOROOT (cmd/link/internal/ld).
  const goroot = shownText(run.environment['GOROOT'] ?? '', recipe.places ?? []);
  const environment = recipe.places ? { ...run.environment, GOROOT: goroot } : run.environment;
  return runTool({ ...run, environment }, { ...recipe.command, argv: [...argv, main] }, work);
}

/** Go names a binary by its own keys; ours has the key of its link, where the flags do not name one. */
export function withBuildId(recipe: LinkRecipe, key: string): LinkRecipe {
  const argv = recipe.command.argv.map((word) =>
    word === '-buildid=$KEY' ? `-buildid=${key.slice(0, 40)}` : word,
  );
  return { ...recipe, command: { ...recipe.command, argv } };
}
