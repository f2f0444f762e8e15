/** Kubernetes and its forks, from 1.0 to today: everything is read from hack/lib (spec versions-and-targets 1-8). */
import { bad, error, type Location, ok, type Result } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import type { Platform } from '../../target/platform.ts';
import type { TreeReader } from '../reader.ts';
import { liveText } from '../shell/source.ts';
import type { Fact, GoMode, Group, Tree } from '../tree.ts';
import { kubernetesCrossCompilers } from './crosscompilers.ts';
import { kubernetesFlags } from './flags.ts';
import { generatedFiles, generationCommand } from './generated.ts';
import { crossImageGo, minimumGo, pinnedGo } from './goversions.ts';
import { type Lists, readLists } from './lists.ts';
import { readStamping } from './stamping.ts';

export const LISTS = 'hack/lib/golang.sh';
/** Time that a list script may take. Real ones need a tenth of a second. */
export const TIME_LIMIT_MILLISECONDS = 10_000;

export interface EraOptions {
  readonly noEval: boolean;
  readonly timeoutMilliseconds: number;
  readonly signal?: AbortSignal;
}

/** Whether a directory is a Kubernetes tree: its own list library, which defines kube:: functions. */
export function isKubernetes(reader: TreeReader): boolean {
  return reader.kind(LISTS) === 'file' && /\bkube::golang::/.test(reader.text(LISTS) ?? '');
}

export async function readKubernetes(
  host: Host,
  reader: TreeReader,
  options: EraOptions,
): Promise<Result<Tree>> {
  const request = {
    script: 'hack/lib/init.sh',
    visible: scripts(reader),
    prefixes: ['KUBE_'],
    lists: LISTS,
    timeoutMilliseconds: options.timeoutMilliseconds,
    ...(options.signal ? { signal: options.signal } : {}),
  };
  const read = await readLists(host, reader, request, options.noEval);
  if (!read.ok) return read;
  const lists = read.value;
  const goMode = goModeOf(reader);
  const era = eraOf(reader, goMode);
  const allTargets = lists.fact('KUBE_ALL_TARGETS');
  const staticBinaries = lists.fact('KUBE_STATIC_BINARIES') ?? lists.fact('KUBE_STATIC_LIBRARIES');
  if (!allTargets || !staticBinaries) {
    return bad(
      missing(allTargets ? 'KUBE_STATIC_LIBRARIES' : 'KUBE_ALL_TARGETS', lists),
      ...read.diagnostics,
    );
  }
  const goPackage = lists.variables.get('KUBE_GO_PACKAGE')?.[0] ?? 'k8s.io/kubernetes';
  const minimum = minimumGo(reader);
  const pinned = pinnedGo(reader);
  const crossImage = crossImageGo(reader);
  const generation = generationCommand(reader);
  const tree: Tree = {
    root: reader.root,
    family: 'kubernetes',
    label: `Kubernetes, ${era.name} era (${era.because})`,
    evidence: era.evidence,
    goMode,
    vendored:
      goMode === 'godeps' || goMode === 'gopath' || reader.has('vendor/modules.txt') || reader.has('vendor'),
    ...(generation ? { generationCommand: generation } : {}),
    goPackage,
    groups: groupsOf(reader, lists),
    allTargets,
    staticBinaries,
    ...(minimum ? { minimumGo: minimum } : {}),
    ...(pinned ? { pinnedGo: pinned } : {}),
    ...(crossImage ? { crossImageGo: crossImage } : {}),
    flags: kubernetesFlags(reader, goMode),
    coveragePackages: lists.variables.get('KUBE_COVERAGE_INSTRUMENTED_PACKAGES') ?? [],
    stamping: readStamping(reader, 'hack/lib/version.sh', { KUBE_GO_PACKAGE: goPackage }, lists.source),
    generatedFiles: generatedFiles(reader),
    crossCompilers: kubernetesCrossCompilers(reader, host.environment),
    readFiles: reader.filesRead,
    outputLayout: 'os-arch',
  };
  return ok(tree, read.diagnostics);
}

/** What the list script may source: its library, and 1.2's contrib hooks. */
function scripts(reader: TreeReader): string[] {
  const library = reader.list('hack/lib').filter((name) => name.endsWith('.sh'));
  const contrib = /KUBERNETES_CONTRIB/.test(reader.text(LISTS) ?? '')
    ? reader
        .list('contrib')
        .filter((name) => name.endsWith('/'))
        .map((name) => `contrib/${name}target.sh`)
    : [];
  return [...library.map((name) => `hack/lib/${name}`), ...contrib];
}

function goModeOf(reader: TreeReader): GoMode {
  if (reader.has('go.work')) return 'workspace';
  if (reader.kind('Godeps/_workspace') === 'directory') return 'godeps';
  // From 1.27 on binaries are built as modules, and tests through the link tree.
  if (/GO111MODULE=on\b[^\n]*\bgo install "\$\{build_args/.test(liveText(reader, LISTS))) return 'hybrid';
  return 'gopath';
}

interface Era {
  readonly name: string;
  readonly because: string;
  readonly evidence: readonly Location[];
}

/** Names the era by what is there (spec versions-and-targets 1); labels and changelogs are not asked. */
function eraOf(reader: TreeReader, goMode: GoMode): Era {
  const seen = (...files: readonly string[]): Location[] =>
    [LISTS, ...files].filter((file) => reader.has(file)).map((file) => ({ file }));
  if (goMode === 'workspace') return { name: '1.30+', because: 'go.work', evidence: seen('go.work') };
  if (goMode === 'godeps') {
    return {
      name: '1.0-1.3',
      because: 'Godeps/_workspace',
      evidence: seen('Godeps/_workspace', 'hack/build-go.sh'),
    };
  }
  if (!reader.has('Makefile.generated_files')) {
    const old = !reader.has('go.mod');
    return old
      ? {
          name: '1.3',
          because: 'vendor, no generated-files makefile, no go.mod',
          evidence: seen('vendor', 'hack/build-go.sh'),
        }
      : { name: '1.27-1.29', because: 'go.mod, no generated-files makefile', evidence: seen('go.mod') };
  }
  if (reader.has('go.mod')) {
    return {
      name: '1.15-1.26',
      because: 'go.mod and vendor, generated-files makefile',
      evidence: seen('go.mod', 'vendor/modules.txt', 'Makefile.generated_files'),
    };
  }
  return reader.has('cmd/libs/go2idl')
    ? {
        name: '1.4-1.7',
        because: 'cmd/libs/go2idl',
        evidence: seen('cmd/libs/go2idl', 'Makefile.generated_files'),
      }
    : {
        name: '1.8-1.14',
        because: 'generated-files makefile, no go.mod',
        evidence: seen('Makefile.generated_files'),
      };
}

/** Group, its list, the function that prints the list, and the group whose platforms it is built for. */
const GROUPS = [
  ['server', 'SERVER', 'server_targets', 'SERVER'],
  ['client', 'CLIENT', 'client_targets', 'CLIENT'],
  ['node', 'NODE', 'node_targets', 'NODE'],
  ['test', 'TEST', 'test_targets', 'TEST'],
  ['test-server', 'TEST_SERVER', 'server_test_targets', 'TEST_SERVER'],
  ['server-image', 'SERVER_IMAGE', 'server_image_targets', 'SERVER'],
  ['conformance-image', 'CONFORMANCE_IMAGE', 'conformance_image_targets', 'SERVER'],
  ['server-windows-image', 'SERVER_WINDOWS_IMAGE', 'server_image_targets', 'NODE'],
] as const;

function groupsOf(reader: TreeReader, lists: Lists): Group[] {
  return GROUPS.flatMap(([name, list, printer, platformsOf]) => {
    const targets = lists.fact(`KUBE_${list}_TARGETS`, `kube::golang::${printer}`);
    if (!targets) return [];
    const platforms = platformsFact(reader, lists, platformsOf);
    const windows = name === 'server-windows-image';
    const value = windows
      ? platforms.value.filter((platform) => platform.startsWith('windows/'))
      : platforms.value;
    return [{ name, targets, platforms: { ...platforms, value } }];
  });
}

function platformsFact(reader: TreeReader, lists: Lists, group: string): Fact<readonly Platform[]> {
  const names = [`KUBE_${group}_PLATFORMS`, `KUBE_SUPPORTED_${group}_PLATFORMS`];
  if (group === 'TEST_SERVER') names.push('KUBE_SERVER_PLATFORMS', 'KUBE_SUPPORTED_SERVER_PLATFORMS');
  const found = names.map((name) => lists.fact(name)).find((fact) => fact !== undefined);
  if (!found) return { value: [], where: { file: LISTS }, source: lists.source };
  // The supported list is where a person adds a platform; the other is computed from it.
  const written = reader.find(LISTS, new RegExp(`^readonly (KUBE_SUPPORTED_${group}_PLATFORMS)=\\(`));
  return { ...found, value: found.value as readonly Platform[], where: written ?? found.where };
}

function missing(name: string, lists: Lists) {
  return error('tree/list-missing', {
    what: `the list ${name} was not found in ${LISTS}`,
    where: [{ file: LISTS }],
    why: 'this list says what a build without names builds, and how it is linked',
    help:
      lists.source === 'parsed'
        ? 'read the lists by running the script: leave out --no-eval; or name groups and targets in kubewright.yaml'
        : `restore ${name} in ${LISTS}, or name groups and targets in kubewright.yaml (kubewright init writes one)`,
  });
}
