/**
 * What a tree's build function gives to the compiler, read off the lines of hack/lib/golang.sh that run
 * (spec local-build 6). Labels lie and forks patch: a commented-out test counts as absent.
 */
import type { TreeReader } from '../reader.ts';
import { liveText } from '../shell/source.ts';
import type { FlagDialect, GoMode } from '../tree.ts';

/** Flags of the Kubernetes family. */
export function kubernetesFlags(reader: TreeReader, goMode: GoMode): FlagDialect {
  const build = liveText(reader, 'hack/lib/golang.sh');
  const version = liveText(reader, 'hack/lib/version.sh');
  const ldflags = assignments(build, 'goldflags');
  const gcflags = assignments(build, 'gogcflags');
  const first = ldflags[0] ?? '';
  const userFirst = first.indexOf('LDFLAGS') < first.indexOf('version::ldflags');
  return {
    installSuffix: suffixOf(build),
    tags: build.match(/gotags="?([\w,]+),\$/)?.[1]?.split(',') ?? [],
    strip: stripOf(ldflags),
    trim: trimOf(build, gcflags),
    debug: debugOf(gcflags, build),
    userLdflags: userFirst ? 'before-stamps' : 'after-stamps',
    ldflagsForAll: first.startsWith('all='),
    stampForm: /-X '/.test(version) ? 'quoted' : goMode === 'godeps' ? 'pair' : 'plain',
  };
}

/** Right-hand sides of all assignments to a variable, in order, quotes off. */
function assignments(text: string, name: string): string[] {
  const pattern = new RegExp(`^\\s*(?:local )?${name}="?(.*?)"?\\s*$`, 'gm');
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

function suffixOf(build: string): FlagDialect['installSuffix'] {
  const suffix = build.match(/-installsuffix[ =](\w+)/)?.[1];
  return suffix === 'cgo' || suffix === 'static' ? suffix : 'none';
}

function stripOf(ldflags: readonly string[]): FlagDialect['strip'] {
  const [first = '', ...later] = ldflags;
  if (/LDFLAGS=-s -w/.test(first)) return 'unless-set';
  if (/-s -w/.test(first)) return 'always';
  return later.some((value) => /-s -w/.test(value)) ? 'unless-debug' : 'never';
}

function trimOf(build: string, gcflags: readonly string[]): FlagDialect['trim'] {
  if (/(^|[\s("'])-trimpath($|[\s)"'])/m.test(build)) return 'go';
  const text = [...gcflags, ...assignments(build, 'goasmflags')].join('\n');
  if (/all=-trimpath=/.test(text)) return 'all-cwd';
  return /-trimpath=/.test(text) ? 'root' : 'never';
}

/** The debug form stands in an `if` on DBG, or behind a commented-out one, where it always wins. */
function debugOf(gcflags: readonly string[], build: string): FlagDialect['debug'] {
  if (!gcflags.some((value) => /all=-N -l/.test(value))) return 'never';
  return /if \[\[ "?\$\{DBG:-\}"? == 1 \]\]/.test(build) ? 'on-request' : 'always';
}
