/**
 * The karmada family: `name=path` pairs in hack/util.sh, cgo always off (spec local-build 14.2). The script
 * runs go while it is sourced, so it is never evaluated: its list is literal.
 */
import { bad, error, ok, type Result } from '../../diagnostic/diagnostic.ts';
import type { Platform } from '../../target/platform.ts';
import type { TreeReader } from '../reader.ts';
import { parseLists } from '../shell/parse.ts';
import { liveText, locateDefinition } from '../shell/source.ts';
import type { Fact, Tree } from '../tree.ts';
import { goModVersion, pinnedGo, versionFact } from './goversions.ts';
import { pairsOf } from './pairs.ts';

const UTIL = 'hack/util.sh';
const NAME = 'KARMADA_TARGET_SOURCE';
const PLATFORMS: readonly Platform[] = ['linux/amd64', 'linux/arm64', 'darwin/amd64', 'darwin/arm64'];

/** Whether a directory is a karmada tree: an array of `name=path` strings in hack/util.sh. */
export function isKarmada(reader: TreeReader): boolean {
  return reader.kind(UTIL) === 'file' && liveText(reader, UTIL).includes(`${NAME}=(`);
}

export function readKarmada(reader: TreeReader): Result<Tree> {
  const pairs = parseLists(reader.text(UTIL) ?? '', 'linux-gnu').get(NAME) ?? [];
  const where = locateDefinition(reader, UTIL, NAME);
  if (pairs.length === 0) {
    return bad(
      error('tree/list-missing', {
        what: `the list ${NAME} in ${UTIL} holds no literal name=path pair`,
        where: [where],
        why: 'it names every binary and its directory, and is read as text',
        help: 'write the pairs literally, or name groups and targets in kubewright.yaml (kubewright init writes one)',
      }),
    );
  }
  const { targets, binaryNames } = pairsOf(pairs, '=');
  const allTargets: Fact<readonly string[]> = { value: targets, where, source: 'parsed' };
  const platforms: Fact<readonly Platform[]> = {
    value: PLATFORMS,
    where: { file: 'Makefile' },
    source: 'default',
  };
  const goPackage = reader.text('go.mod')?.match(/^module\s+(\S+)/m)?.[1] ?? 'github.com/karmada-io/karmada';
  const minimum = versionFact(reader, UTIL, /^\s*MIN_Go_VERSION=go(\d[\d.]*)/) ?? goModVersion(reader);
  const pinned = pinnedGo(reader);
  const ctl = targets.filter((target) => /karmadactl|kubectl-karmada/.test(target));
  const script = liveText(reader, UTIL);
  const stamped = script.match(/-X ([\w./-]+|\$\{?\w+\}?[\w./-]*)\.git/)?.[1] ?? `${goPackage}/pkg/version`;
  const fields = [
    ...new Set([...script.matchAll(/-X [^\s"]+\.(git\w+|buildDate)=/g)].map((match) => match[1] ?? '')),
  ];
  const tree: Tree = {
    root: reader.root,
    family: 'karmada',
    label: `karmada (${UTIL} with name=path pairs)`,
    evidence: [where],
    goMode: reader.has('go.work') ? 'workspace' : 'modules',
    vendored: reader.has('vendor'),
    goPackage,
    groups: [
      { name: 'all', targets: allTargets, platforms },
      ...(ctl.length > 0 ? [{ name: 'client', targets: { ...allTargets, value: ctl }, platforms }] : []),
    ],
    allTargets,
    binaryNames,
    // hack/build.sh switches cgo off for everything.
    staticBinaries: {
      value: targets.map((target) => binaryNames[target] ?? target.slice(target.lastIndexOf('/') + 1)),
      where: reader.find('hack/build.sh', /(CGO_ENABLED=0)/) ?? { file: 'hack/build.sh' },
      source: 'parsed',
    },
    ...(minimum ? { minimumGo: minimum } : {}),
    ...(pinned ? { pinnedGo: pinned } : {}),
    flags: {
      installSuffix: 'none',
      tags: [],
      strip: 'never',
      trim: 'never',
      debug: 'never',
      userLdflags: 'after-stamps',
      ldflagsForAll: false,
      stampForm: 'plain',
    },
    stamping: {
      packages: {
        value: [stamped.replace(/\$\{?\w+\}?/, goPackage)],
        where: reader.find(UTIL, /-X (\S+)\.git/) ?? { file: UTIL },
        source: 'parsed',
      },
      fields: fields.length > 0 ? fields : ['gitVersion', 'gitCommit', 'gitTreeState', 'buildDate'],
      describeRule: 'plain',
    },
    generatedFiles: [],
    crossCompilers: { when: 'never', byPlatform: {} },
    readFiles: reader.filesRead,
    outputLayout: 'bin-os-arch',
  };
  return ok(tree);
}
