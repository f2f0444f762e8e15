/**
 * Programs that say they were built elsewhere: recipes are changed so that compilers, linkers and their debug data write the
 * paths of another place, and flags that trim paths do to them what they would do there. Pure.
 */
import type { LinkRecipe, Recipe, RecipeCommand, Recipes } from './recipe.ts';

/** Absolute directory here → what it is called there. One that lies in another stands before it: it decides. */
export type Places = readonly (readonly [here: string, there: string])[];

/** From this release on the compiler and the assembler take `from=>to;…` (cmd/internal/objabi/line.go). */
export const OLDEST_GO_WITH_PLACES = '1.13';

/** Leaves out places that the one around them implies, and orders the rest the same on every machine. */
export function toPlaces(places: Iterable<readonly [string, string]>): Places {
  const given = new Map([...places].map(([here, there]) => [withoutSlash(here), withoutSlash(there)]));
  const around = (here: string) =>
    [...given]
      .filter(([other]) => other !== here && isWithin(here, other))
      .sort(([a], [b]) => b.length - a.length);
  const told = [...given].filter(([here, there]) => {
    const [nearest, name] = around(here)[0] ?? [];
    return nearest === undefined || there !== name + here.slice(nearest.length);
  });
  return told.sort(
    ([a, x], [b, y]) => around(b).length - around(a).length || (x < y ? -1 : x > y ? 1 : a < b ? -1 : 1),
  );
}

/** Every path of here in a text, as it is called there. */
export function shownText(text: string, places: Places): string {
  if (places.length === 0) return text;
  const names = new Map(places);
  const pattern = places.map(([here]) => here.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  return text.replace(
    new RegExp(`(?:${pattern})(?=$|[/;:,='"\\\\\\s])`, 'g'),
    (here) => names.get(here) ?? here,
  );
}

/**
 * One value for -trimpath that does to paths of here what `rewrites`, as they would be given there, do to paths of there; what
 * they leave alone gets its name there. The first rule that fits counts.
 */
export function composeRewrites(rewrites: string, places: Places): string {
  const rules = rewrites.split(';').flatMap((rule) => {
    const arrow = rule.lastIndexOf('=>');
    const [from, to] = arrow < 0 ? [rule, ''] : [rule.slice(0, arrow), rule.slice(arrow + 2)];
    if (from === '') return [];
    if (from.startsWith('$WORK')) return [`${from}=>${to}`];
    const prefix = shownText(from, places);
    return places.flatMap(([here, there]) => {
      if (isWithin(prefix, there)) return [`${here}${prefix.slice(there.length)}=>${to}`];
      if (!isWithin(there, prefix)) return [];
      const rest = there.slice(prefix.length);
      return [`${here}=>${to === '' ? rest.slice(1) : to + rest}`];
    });
  });
  return [...new Set([...rules, ...places.map(([here, there]) => `${here}=>${there}`)])].join(';');
}

/** `goroot` is among the places. Recipes that trim every path are left as they are. */
export function withPlaces<R extends Recipes>(recipes: R, places: Places, goroot: string): R {
  const isTrimmed = recipes.packages.every((recipe) => recipe.isTrimmed || recipe.prebuilt);
  return {
    ...recipes,
    packages: recipes.packages.map((recipe) => placedPackage(recipe, places, goroot)),
    links: isTrimmed ? recipes.links : recipes.links.map((link) => placedLink(link, places)),
  };
}

function placedPackage(recipe: Recipe, places: Places, goroot: string): Recipe {
  if (recipe.prebuilt || recipe.isTrimmed) return recipe;
  const touched = [goroot, shownText(goroot, places)];
  // The compiler writes `$GOROOT` by itself, and the linker what that is.
  const isOwn = ({ tool, argv }: RecipeCommand) =>
    recipe.isStandard && tool !== 'cc' && !isTouched(effectiveRewrites(argv) ?? '', touched, places);
  if (recipe.commands.every(isOwn)) return recipe;
  const own = recipe.isStandard ? places : places.filter(([here]) => here !== goroot);
  const commands = recipe.commands.map((command) =>
    isOwn(command) ? command : placedCommand(command, own, places),
  );
  return { ...recipe, places, commands };
}

/** Whether a rule speaks of what lies in one of some directories, or above them. */
function isTouched(rewrites: string, directories: readonly string[], places: Places): boolean {
  return rewrites.split(';').some((rule) => {
    const prefix = rule.split('=>')[0] ?? '';
    const names = prefix === '' ? [] : [prefix, shownText(prefix, places)];
    return names.some((name) => directories.some((root) => isWithin(root, name) || isWithin(name, root)));
  });
}

function placedCommand(command: RecipeCommand, own: Places, places: Places): RecipeCommand {
  const { tool, argv } = command;
  if (tool === 'cc') return { ...command, argv: withPrefixMaps(argv, places) };
  const rewrites = tool === 'compile' || tool === 'asm' ? effectiveRewrites(argv) : undefined;
  if (rewrites === undefined) return command;
  const at = argv.indexOf('-trimpath');
  const others = argv.filter(
    (word, i) => !word.startsWith('-trimpath=') && (at < 0 || (i !== at && i !== at + 1)),
  );
  const value = composeRewrites(rewrites, own);
  return { ...command, argv: [others[0] as string, '-trimpath', value, ...others.slice(1)] };
}

/** Flags are read in their order, and the last one counts. */
function effectiveRewrites(argv: readonly string[]): string | undefined {
  const last = argv.findLastIndex((word) => word === '-trimpath' || word.startsWith('-trimpath='));
  if (last < 0) return undefined;
  const word = argv[last] as string;
  return word === '-trimpath' ? argv[last + 1] : word.slice('-trimpath='.length);
}

/** Of several that fit gcc and clang take the last: what is named before goes on meaning what it means. */
function withPrefixMaps(argv: readonly string[], places: Places): string[] {
  const at = argv.findIndex((word) => /^-f(debug|file)-prefix-map=/.test(word));
  const flag = /^-f\w+-prefix-map=/.exec(argv[at] ?? '')?.[0];
  if (flag === undefined) return [...argv];
  const maps = places.map(([here, there]) => `${flag}${here}=${there}`).reverse();
  return [...argv.slice(0, at), ...maps, ...argv.slice(at)];
}

function placedLink(link: LinkRecipe, places: Places): LinkRecipe {
  const { environment } = link.command;
  return {
    ...link,
    places,
    command: {
      ...link.command,
      environment: Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [name, shownText(value, places)]),
      ),
    },
    ...(link.moduleInfo ? { moduleInfo: shownFlags(link.moduleInfo, places) } : {}),
  };
}

/** A path with blanks was put in quotes; there it has none. */
function shownFlags(text: string, places: Places): string {
  return shownText(text, places).replace(/'(-trimpath=[^\s']*)'/g, '$1');
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}
