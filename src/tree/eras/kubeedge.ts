/** The kubeedge family: `binary:path` pairs in hack/lib/golang.sh, one flat output directory (spec local-build 14.1). */
import { bad, error, ok, type Result } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import type { Platform } from '../../target/platform.ts';
import type { TreeReader } from '../reader.ts';
import { liveText } from '../shell/source.ts';
import type { Fact, Tree } from '../tree.ts';
import { goModVersion, pinnedGo, versionFact } from './goversions.ts';
import { type EraOptions, LISTS } from './kubernetes.ts';
import { readLists } from './lists.ts';
import { pairsOf } from './pairs.ts';
import { readStamping } from './stamping.ts';

/** Whether a directory is a kubeedge tree: its library defines kubeedge::golang:: functions. */
export function isKubeedge(reader: TreeReader): boolean {
  return reader.kind(LISTS) === 'file' && /\bkubeedge::golang::/.test(reader.text(LISTS) ?? '');
}

export async function readKubeedge(
  host: Host,
  reader: TreeReader,
  options: EraOptions,
): Promise<Result<Tree>> {
  const request = {
    script: 'hack/lib/init.sh',
    visible: reader
      .list('hack/lib')
      .filter((name) => name.endsWith('.sh'))
      .map((name) => `hack/lib/${name}`),
    prefixes: ['KUBEEDGE_', 'ALL_'],
    lists: LISTS,
    timeoutMilliseconds: options.timeoutMilliseconds,
    ...(options.signal ? { signal: options.signal } : {}),
  };
  const read = await readLists(host, reader, request, options.noEval);
  if (!read.ok) return read;
  const pairs = read.value.fact('ALL_BINARIES_AND_TARGETS');
  if (!pairs || pairs.value.length === 0) {
    return bad(
      error('tree/list-missing', {
        what: `the list ALL_BINARIES_AND_TARGETS was not found in ${LISTS}`,
        where: [{ file: LISTS }],
        why: 'it names every binary and its directory',
        help: 'restore the list, or name groups and targets in kubewright.yaml (kubewright init writes one)',
      }),
    );
  }
  const { targets, binaryNames } = pairsOf(pairs.value, ':');
  const goPackage =
    read.value.variables.get('KUBEEDGE_GO_PACKAGE')?.[0] ||
    moduleOf(reader) ||
    'github.com/kubeedge/kubeedge';
  const allTargets: Fact<readonly string[]> = { ...pairs, value: targets };
  const small = read.value.fact('KUBEEDGE_ALL_SMALL_BINARIES');
  const byBinary = new Map(targets.map((target) => [binaryNames[target] ?? last(target), target]));
  const compilers = compilersOf(liveText(reader, LISTS));
  const platforms: Fact<readonly Platform[]> = {
    value: ['linux/amd64', ...(Object.keys(compilers) as Platform[])],
    where: reader.find(LISTS, /(KUBEEDGE_ALL_CROSS_GOARMS)=/) ?? { file: LISTS },
    source: 'parsed',
  };
  const minimum = versionFact(reader, LISTS, /-lt (\d+) \].*then/);
  const second = reader.find(LISTS, /\$Y\b.*-lt (\d+)/, 'required here');
  const minor = second?.text?.match(/-lt (\d+)/)?.[1];
  const pinned = pinnedGo(reader);
  const least: Fact<string> | undefined =
    goModVersion(reader) ??
    (second && minor ? { value: `1.${minor}`, where: second, source: 'parsed' } : minimum);
  const tree: Tree = {
    root: reader.root,
    family: 'kubeedge',
    label: 'kubeedge (hack/lib/golang.sh with binary:path pairs)',
    evidence: [reader.find(LISTS, /(kubeedge::golang::\w+)/) ?? { file: LISTS }],
    goMode: 'modules',
    vendored: reader.has('vendor'),
    goPackage,
    groups: [
      { name: 'all', targets: allTargets, platforms },
      ...(small
        ? [
            {
              name: 'small',
              targets: { ...small, value: small.value.flatMap((name) => byBinary.get(name) ?? []) },
              platforms,
            },
          ]
        : []),
    ],
    allTargets,
    binaryNames,
    staticBinaries: { value: [], where: { file: LISTS }, source: 'default' },
    ...(least ? { minimumGo: least } : {}),
    ...(pinned ? { pinnedGo: pinned } : {}),
    flags: {
      installSuffix: 'none',
      tags: [],
      strip: 'unless-set',
      trim: 'never',
      debug: 'never',
      userLdflags: 'before-stamps',
      ldflagsForAll: false,
      stampForm: 'plain',
    },
    stamping: readStamping(reader, LISTS, { KUBEEDGE_GO_PACKAGE: goPackage }, read.value.source),
    generatedFiles: [],
    crossCompilers: { when: 'target-differs', byPlatform: compilers },
    readFiles: reader.filesRead,
    outputLayout: 'flat',
  };
  return ok(tree, read.diagnostics);
}

/** `GOARCH=arm64 GOOS="linux" … CC=aarch64-linux-gnu-gcc go build`: one line per cross platform. */
function compilersOf(text: string): Record<Platform, string> {
  const found: Record<Platform, string> = {};
  for (const line of text.split('\n')) {
    const arch = line.match(/\bGOARCH="?(\w+)/)?.[1];
    const os = line.match(/\bGOOS="?(\w+)/)?.[1];
    const compiler = line.match(/\bCC="?([\w.+-]+)/)?.[1];
    if (arch && os && compiler) found[`${os}/${arch}`] ??= compiler;
  }
  return found;
}

function moduleOf(reader: TreeReader): string | undefined {
  return reader.text('go.mod')?.match(/^module\s+(\S+)/m)?.[1];
}

function last(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
