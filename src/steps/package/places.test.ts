import { expect, test } from 'vitest';
import type { Blob } from '../../formats/remoteaction.ts';
import { packageKey } from './action.ts';
import { composeRewrites, shownText, toPlaces, withPlaces } from './places.ts';
import { toRecipes } from './recipe.ts';
import { parseScript } from './script.ts';

const places = (root = '/home/me/k8s', goroot = '/opt/go1.15') =>
  toPlaces([
    [root, '/go/src/k8s.io/kubernetes'],
    [`${root}/_output/local`, '/go/src/k8s.io/kubernetes/_output/dockerized'],
    [`${root}/_output/local/go`, '/go/src/k8s.io/kubernetes/_output/dockerized/go'],
    [goroot, '/usr/local/go'],
  ]);
const PLACES = places();

/** As cmd/internal/objabi/line.go of Go does it. */
function rewritten(path: string, rewrites: string): string {
  for (const rule of rewrites.split(';')) {
    const arrow = rule.lastIndexOf('=>');
    const [from, to] = arrow < 0 ? [rule, ''] : [rule.slice(0, arrow), rule.slice(arrow + 2)];
    if (from === '' || (path !== from && !path.startsWith(`${from}/`))) continue;
    const rest = path.slice(from.length);
    return to === '' ? rest.slice(1) : to + rest;
  }
  return path;
}

test('the innermost place decides, and one that another implies is left out', () => {
  expect(PLACES.map(([here]) => here)).toEqual(['/home/me/k8s/_output/local', '/home/me/k8s', '/opt/go1.15']);
  expect(shownText('-I/home/me/k8s/_output/local/go:/home/me/k8s2:/home/me/k8s', PLACES)).toBe(
    '-I/go/src/k8s.io/kubernetes/_output/dockerized/go:/home/me/k8s2:/go/src/k8s.io/kubernetes',
  );
});

test.each([
  ['nothing', ''],
  ['what go trims by itself', '$WORK=>'],
  ['a prefix that is the tree: 1.14 to 1.20', '$WORK=>;/home/me/k8s'],
  ['the working directory: 1.28', '$WORK=>;/home/me/k8s/_output/local/go/src/k8s.io/kubernetes'],
  ['directories above the place there', '/go/src=>src;/go'],
  ['what has a name of its own', '/home/me/k8s/pkg=>pkg;/home/me/k8s=>tree'],
])('what flags trim there is trimmed here: %s', (_, rewrites) => {
  const value = composeRewrites(rewrites, PLACES);
  const there = shownText(rewrites, PLACES);
  for (const path of [
    ...[
      '/home/me/k8s/pkg/a.go',
      '/home/me/k8s/_output/local/go/src/k8s.io/kubernetes/cmd/kubectl/kubectl.go',
    ],
    ...['/home/me/k8s', '/home/me/k8s-other/b.go', '/opt/go1.15/src/net/net.go', '/elsewhere/c.go'],
  ])
    expect(rewritten(path, value)).toBe(rewritten(shownText(path, PLACES), there));
  expect(rewritten('$WORK/_testmain.go', value)).toBe(rewritten('$WORK/_testmain.go', there));
});

const recipesOf = (root: string, goroot: string, flags = '') =>
  toRecipes(
    parseScript(`
cd ${goroot}/src/errors
${goroot}/tool/compile -o $WORK/b003/_pkg_.a -trimpath "$WORK/b003=>" -p errors -std -buildid A -importcfg $WORK/b003/importcfg -pack ${flags} ${goroot}/src/errors/errors.go
cd ${root}/fruit
TERM='dumb' gcc -I . -fmessage-length=0 -o $WORK/b002/_x001.o -c _cgo_export.c
${goroot}/tool/compile -o $WORK/b002/_pkg_.a -trimpath "$WORK/b002=>" -p example.dev/fruit -buildid A -importcfg $WORK/b002/importcfg -pack ${flags} ${root}/fruit/fruit.go
cat >$WORK/b002/importcfg.link << 'EOF' # internal
packagefile example.dev/fruit=$WORK/b002/_pkg_.a
packagefile errors=$WORK/b003/_pkg_.a
modinfo "build\\t-gcflags=all='-trimpath=${root}'\\n"
EOF
GOROOT='${goroot}' ${goroot}/tool/link -o $WORK/b002/exe/a.out -importcfg $WORK/b002/importcfg.link -buildid=A $WORK/b002/_pkg_.a
`),
    { goroot, cCompilers: ['gcc'], compilerFlags: ['-fdebug-prefix-map=a=b'] },
  );

test('compilers write the paths of there, the linker the GOROOT of there', () => {
  const { packages, links } = withPlaces(recipesOf('/home/me/k8s', '/opt/go1.15'), PLACES, '/opt/go1.15');
  const [, fruit] = packages;
  expect(fruit?.commands[0]?.argv.filter((word) => word.startsWith('-fdebug'))).toEqual([
    '-fdebug-prefix-map=/opt/go1.15=/usr/local/go',
    '-fdebug-prefix-map=/home/me/k8s=/go/src/k8s.io/kubernetes',
    '-fdebug-prefix-map=/home/me/k8s/_output/local=/go/src/k8s.io/kubernetes/_output/dockerized',
    '-fdebug-prefix-map=$WORK=/tmp/go-build',
  ]);
  expect(fruit?.commands[1]?.argv.slice(1, 3)).toEqual([
    '-trimpath',
    '$WORK=>;/home/me/k8s/_output/local=>/go/src/k8s.io/kubernetes/_output/dockerized;/home/me/k8s=>/go/src/k8s.io/kubernetes',
  ]);
  expect(links[0]?.command.environment).toEqual({ GOROOT: '/usr/local/go' });
  expect(links[0]?.moduleInfo).toContain('-gcflags=all=-trimpath=/go/src/k8s.io/kubernetes\\n');
});

test('the standard library is shared with builds that keep their own paths', () => {
  const own = recipesOf('/home/me/k8s', '/opt/go1.15');
  expect(withPlaces(own, PLACES, '/opt/go1.15').packages[0]).toBe(own.packages[0]);
  // A flag that trims where the toolchain lies means another place there.
  const flagged = recipesOf('/home/me/k8s', '/opt/go1.15', '-trimpath=/opt');
  const [errors] = withPlaces(flagged, PLACES, '/opt/go1.15').packages;
  expect(errors?.commands[0]?.argv[2]).toContain('/opt/go1.15=>/usr/local/go');
});

test('what go trims by itself is left as it is', () => {
  const script = parseScript(`
cd /t/fruit
/g/tool/compile -o $WORK/b002/_pkg_.a -trimpath "$WORK/b002=>;/t/fruit=>example.dev/fruit" -p example.dev/fruit -importcfg $WORK/b002/importcfg -pack ./fruit.go
cat >$WORK/b002/importcfg.link << 'EOF' # internal
packagefile example.dev/fruit=$WORK/b002/_pkg_.a
EOF
/g/tool/link -o $WORK/b002/exe/a.out -importcfg $WORK/b002/importcfg.link -buildid=A $WORK/b002/_pkg_.a
`);
  const own = toRecipes(script, { goroot: '/g', cCompilers: ['gcc'], compilerFlags: [] });
  expect(
    withPlaces(
      own,
      toPlaces([
        ['/t', '/u'],
        ['/g', '/h'],
      ]),
      '/g',
    ),
  ).toEqual(own);
});

test('wherever checkout and toolchain lie, a package that is said to lie elsewhere is one and the same', () => {
  const blob: Blob = { digest: 'f'.repeat(64), size: 1 };
  const keyAt = (root: string, goroot: string, isPlaced: boolean) => {
    const own = recipesOf(root, goroot);
    const { packages } = isPlaced ? withPlaces(own, places(root, goroot), goroot) : own;
    const recipe = packages[1];
    if (!recipe) throw new Error('no recipe');
    const sources = new Map([[`${root}/fruit/fruit.go`, blob]]);
    return packageKey(recipe, sources, new Map(), { environment: {}, goroot, tools: { compile: blob } });
  };
  expect(keyAt('/a', '/opt/go', true)).toBe(keyAt('/b/c', '/home/me/go1.15', true));
  expect(keyAt('/a', '/opt/go', true)).toBe(keyAt('/quite/a/long/way', '/g', true));
  expect(keyAt('/a', '/opt/go', false)).not.toBe(keyAt('/a', '/opt/go', true));
});
