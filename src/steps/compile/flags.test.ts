import { expect, test } from 'vitest';
import type { FlagDialect, GoMode } from '../../tree/tree.ts';
import { composeFlags, type FlagContext } from './flags.ts';
import type { CompileOptions } from './options.ts';

const PLAIN: CompileOptions = {
  ...{ race: false, debug: false, coverage: false, reproducible: false, engine: 'graph', stamp: 'late' },
  ...{ goFlags: [], environmentGoFlags: '', tags: [] },
};

const K120: FlagDialect = {
  ...{
    installSuffix: 'static',
    tags: ['selinux', 'notest'],
    strip: 'unless-set',
    trim: 'root',
    debug: 'never',
  },
  ...{ userLdflags: 'before-stamps', ldflagsForAll: false, stampForm: 'quoted' },
};

const ERAS: Record<string, { flags: FlagDialect; goMode: GoMode; goVersion: string }> = {
  '1.2': {
    flags: { ...K120, installSuffix: 'cgo', tags: [], strip: 'never', trim: 'never' },
    ...{ goMode: 'godeps', goVersion: '1.4.3' },
  },
  '1.14': { flags: { ...K120, tags: [], strip: 'always' }, goMode: 'gopath', goVersion: '1.13.1' },
  '1.20': { flags: K120, goMode: 'gopath', goVersion: '1.15.15' },
  '1.28': {
    flags: {
      ...K120,
      strip: 'unless-debug',
      trim: 'all-cwd',
      debug: 'on-request',
      userLdflags: 'after-stamps',
      ldflagsForAll: true,
    },
    ...{ goMode: 'hybrid', goVersion: '1.21.13' },
  },
  '1.31': {
    flags: {
      ...K120,
      strip: 'unless-debug',
      trim: 'go',
      debug: 'on-request',
      userLdflags: 'after-stamps',
      ldflagsForAll: true,
    },
    ...{ goMode: 'workspace', goVersion: '1.23.0' },
  },
};

function compose(
  era: string,
  options: Partial<CompileOptions> = {},
  targetClass: 'static' | 'dynamic' | 'test' = 'static',
) {
  const { flags, goMode, goVersion } = ERAS[era] as (typeof ERAS)[string];
  const context: FlagContext = {
    tree: { root: '/src/k', flags, goMode },
    options: { ...PLAIN, ...options },
    stamps: ["-X 'p.v=1'"],
    goVersion,
    workingDirectory: '/out/go/src/k8s.io/kubernetes',
  };
  return composeFlags(context, targetClass);
}

test('each era gives go what its own build function gives', () => {
  expect(Object.fromEntries(Object.keys(ERAS).map((era) => [era, compose(era)]))).toEqual({
    '1.2': ['-installsuffix=cgo', "-ldflags=-X 'p.v=1'"],
    '1.14': [
      ...['-installsuffix=static', '-gcflags= -trimpath=/src/k', '-asmflags=-trimpath=/src/k'],
      "-ldflags=-s -w -X 'p.v=1'",
    ],
    '1.20': [
      ...['-installsuffix=static', '-gcflags= -trimpath=/src/k', '-asmflags=-trimpath=/src/k'],
      ...["-ldflags=-s -w -buildid= -X 'p.v=1'", '-tags=selinux,notest'],
    ],
    '1.28': [
      ...['-installsuffix=static', '-gcflags=all=-trimpath=/out/go/src/k8s.io/kubernetes '],
      ...['-asmflags=all=-trimpath=/out/go/src/k8s.io/kubernetes', "-ldflags=all=-X 'p.v=1' -s -w"],
      ...['-tags=selinux,notest', '-buildvcs=false'],
    ],
    '1.31': [
      ...['-installsuffix=static', '-trimpath', "-ldflags=all=-X 'p.v=1' -s -w"],
      ...['-tags=selinux,notest', '-buildvcs=false'],
    ],
  });
});

test('GOLDFLAGS set to empty keeps the symbols in 1.20, and unset strips them', () => {
  expect(compose('1.20', { ldflags: '' })).toContain("-ldflags=-X 'p.v=1'");
  expect(compose('1.20', {})).toContain("-ldflags=-s -w -buildid= -X 'p.v=1'");
});

test('debug drops optimisation, trimming and stripping', () => {
  expect(compose('1.28', { debug: true })).toEqual([
    ...['-installsuffix=static', '-gcflags= all=-N -l', "-ldflags=all=-X 'p.v=1'"],
    ...['-tags=selinux,notest', '-buildvcs=false'],
  ]);
  expect(compose('1.31', { debug: true })).not.toContain('-trimpath');
});

test('a user’s compiler flag does not swallow all= in debug mode, which it does upstream', () => {
  expect(compose('1.28', { debug: true, gcflags: '-m' })).toContain('-gcflags=all=-N -l -m');
});

test('tags of GOFLAGS join the tree’s own instead of vanishing', () => {
  const flags = compose('1.20', { environmentGoFlags: '-v -tags=foo,bar -race', tags: ['baz'] });
  expect(flags).toContain('-tags=selinux,notest,foo,bar,baz');
});

test('reproducible builds hold no path of the checkout', () => {
  for (const era of ['1.14', '1.20', '1.28', '1.31']) {
    expect(compose(era, { reproducible: true }).join(' ')).not.toMatch(/\/src\/k|\/out\/go/);
  }
});

test('a tree whose path has a blank is quoted for go', () => {
  const { flags } = ERAS['1.20'] as (typeof ERAS)[string];
  const composed = composeFlags(
    {
      tree: { root: '/my src/k', flags, goMode: 'gopath' },
      ...{ options: PLAIN, stamps: [], goVersion: '1.15.15', workingDirectory: '/w' },
    },
    'dynamic',
  );
  expect(composed).toContain("-asmflags='-trimpath=/my src/k'");
});
