import { expect, test } from 'vitest';
import type { Blob } from '../../formats/remoteaction.ts';
import { packageKey } from './action.ts';
import { type Recipe, toRecipes, UnknownTool } from './recipe.ts';
import { parseScript } from './script.ts';

const script = (root: string, goroot = '/go', extra = '') => `
mkdir -p $WORK/b002/
cat >$WORK/b002/importcfg << 'EOF' # internal
# import config
importmap example.dev/seed=example.dev/tree/vendor/example.dev/seed
packagefile example.dev/tree/vendor/example.dev/seed=$WORK/b003/_pkg_.a
EOF
cd ${root}/fruit
${goroot}/tool/asm -p example.dev/fruit -trimpath "$WORK/b002=>;${root}/fruit=>example.dev/fruit" -I ${goroot}/include -gensymabis -o $WORK/b002/symabis ./a.s
${goroot}/tool/compile -o $WORK/b002/_pkg_.a -trimpath "$WORK/b002=>;${root}/fruit=>example.dev/fruit" -p example.dev/fruit -installsuffix static -buildid AbC/dEf -importcfg $WORK/b002/importcfg -pack -c=2 ./fruit.go
${extra}
${goroot}/tool/pack r $WORK/b002/_pkg_.a $WORK/b002/a.o # internal
cat >$WORK/b002/importcfg.link << 'EOF' # internal
packagefile example.dev/fruit=$WORK/b002/_pkg_.a
EOF
${goroot}/tool/link -o $WORK/b002/exe/a.out -importcfg $WORK/b002/importcfg.link -buildid=AbC/dEf -X a.b=c $WORK/b002/_pkg_.a
`;
const context = (goroot = '/go') => ({ goroot, cCompilers: ['gcc'], compilerFlags: [] });
const blob = (text: string): Blob => ({ digest: text.padEnd(64, '0'), size: text.length });

function recipeOf(root: string, goroot?: string): Recipe {
  return toRecipes(parseScript(script(root, goroot)), context(goroot)).packages[0] as Recipe;
}

test('one call makes interface and object, whatever go called them', () => {
  const recipe = recipeOf('/tree');
  expect(recipe.commands.map(({ tool }) => tool)).toEqual(['asm', 'compile', 'pack']);
  const [, compile, pack] = recipe.commands;
  expect(compile?.argv.slice(1, 5)).toEqual(['-o', '$WORK/p.x', '-linkobj', '$WORK/p.a']);
  expect(compile?.argv).not.toContain('-installsuffix');
  expect(compile?.argv).not.toContain('static');
  expect(compile?.argv).not.toContain('-c=2');
  expect(pack?.argv.slice(1)).toEqual(['r', '$WORK/p.a', '$WORK/a.o']);
});

test('knows what a package is made of', () => {
  const recipe = recipeOf('/tree');
  expect(recipe).toMatchObject({
    importPath: 'example.dev/fruit',
    directory: '/tree/fruit',
    isTrimmed: true,
  });
  expect(recipe.sources).toEqual(['/tree/fruit/a.s', '/tree/fruit/fruit.go']);
  expect(recipe.imports).toEqual([['example.dev/tree/vendor/example.dev/seed', 'b003']]);
  expect(recipe.importMap).toEqual([['example.dev/seed', 'example.dev/tree/vendor/example.dev/seed']]);
});

test('the build ID of a program is its own key, unless the flags name one', () => {
  const [link] = toRecipes(parseScript(script('/tree')), context()).links;
  expect(link?.command.argv).toContain('-buildid=$KEY');
  expect(link?.command.argv.at(-1)).toBe('$WORK/main.a');
});

test('a -trimpath of the user drops the scratch directory too, where the flag can', () => {
  const trims = (own: string) => {
    const text = script('/tree').replaceAll(/-trimpath \S+( -p \S+ -installsuffix)/g, `-trimpath ${own}$1`);
    const given = text.replace('-pack ', '-pack -trimpath=/tree ');
    const [recipe] = toRecipes(parseScript(given), context()).packages;
    return recipe?.commands
      .find(({ tool }) => tool === 'compile')
      ?.argv.find((word) => /^-trimpath=/.test(word));
  };
  expect(trims('"$WORK/b002=>"')).toBe('-trimpath=$WORK=>;/tree');
  // Go 1.12 drops one prefix.
  expect(trims('$WORK/b002')).toBe('-trimpath=/tree');
});

test('Go 1.12 has references of other packages appended to the symbols of one', () => {
  const line = `grep '^ref' <$WORK/b002/symabis2 | grep -v '^ref\\s*""\\.' >>$WORK/b002/symabis`;
  const [recipe] = toRecipes(parseScript(script('/tree', '/go', line)), context()).packages;
  expect(recipe?.commands.map(({ argv }) => argv)).toContainEqual([
    ...['references', '$WORK/symabis2', '$WORK/symabis'],
  ]);
});

test('a tool that nobody knows is told by name', () => {
  const unknown = script('/tree', '/go', '/go/tool/newtool -o $WORK/b002/x ./fruit.go');
  expect(() => toRecipes(parseScript(unknown), context())).toThrow(new UnknownTool('newtool'));
  const profiled = script('/tree').replace('-pack', '-pgoprofile=/tree/default.pgo -pack');
  expect(() => toRecipes(parseScript(profiled), context())).toThrow('compile -pgoprofile');
});

const keyOf = (root: string, goroot = '/go', source = 'fruit', seed = 'seed') => {
  const recipe = recipeOf(root, goroot);
  const sources = new Map(recipe.sources.map((path) => [path, blob(path.endsWith('.go') ? source : 's')]));
  return packageKey(recipe, sources, new Map([['example.dev/tree/vendor/example.dev/seed', blob(seed)]]), {
    ...{ environment: { GOOS: 'linux' }, goroot, tools: { compile: blob('compiler') } },
  });
};

test('with paths trimmed a key tells nothing of where tree and toolchain lie', () => {
  expect(keyOf('/elsewhere/tree', '/opt/go')).toBe(keyOf('/tree'));
});

test('a key changes with a source and with an interface', () => {
  expect(keyOf('/tree', '/go', 'other')).not.toBe(keyOf('/tree'));
  expect(keyOf('/tree', '/go', 'fruit', 'other')).not.toBe(keyOf('/tree'));
});
