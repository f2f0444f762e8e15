/**
 * How a tree's own scripts build in a container (spec container-build 1 to 7): read from `build/common.sh` and the files
 * of `build/build-image`. Other trees have no scripts of the kind; theirs is the newest way, a bind mount.
 */
import type { Location } from '../../diagnostic/diagnostic.ts';
import { type FilterRule, parseFilterRule } from '../../formats/rsyncfilter.ts';
import type { Host } from '../../host/host.ts';
import { TreeReader } from '../reader.ts';
import type { Tree } from '../tree.ts';

/**
 * How sources get into the container upstream: `image` they are in the image (up to 1.6), `volume` rsync brings them into
 * a volume (1.7 to 1.34), `bind` the checkout itself is mounted (1.35).
 */
export type ContainerEra = 'image' | 'volume' | 'bind';

/** A variable of the caller that the build container gets. */
export interface PassedVariable {
  readonly name: string;
  /** The caller's variable; usually the same name. */
  readonly from: string;
  readonly fallback: string;
  /** Left out when the caller has not set it. */
  readonly onlyIfSet: boolean;
}

export interface ContainerBuild {
  readonly era: ContainerEra;
  /** The tree inside: `/go/src/k8s.io/kubernetes`. */
  readonly remoteRoot: string;
  /** Where outputs of a build inside go: `/go/src/k8s.io/kubernetes/_output/dockerized`. */
  readonly remoteOutput: string;
  /** What names of containers hash (spec container-build 4). */
  readonly hashes: 'path' | 'host-path' | 'host-path-branch';
  /** Behind the hash in names: `-5-v1.15.5-1`; empty in 1.2. */
  readonly suffix: string;
  /** Version of the kube-cross image: `v1.15.5-1`. */
  readonly crossVersion?: string;
  /** Its name without the version, as the tree has it. */
  readonly crossImage?: string;
  /** Rules by which sources are chosen. */
  readonly send: readonly FilterRule[];
  /** Rules of upstream's copying back, in rsync's words. */
  readonly receive: readonly string[];
  /** Further directories that are kept between runs. */
  readonly kept: readonly string[];
  readonly variables: readonly PassedVariable[];
  readonly where: Location;
}

/** GOROOT of kube-cross of every era, of the images that it is made from, and of the build images that we make. */
export const REMOTE_GOROOT = '/usr/local/go';

const COMMON = 'build/common.sh';
/** KUBE_OUTPUT_SUBPATH of the build image. */
const OUTPUT = '_output/dockerized';
const OUTPUTS: readonly string[] = ['H /.git', '- /_tmp/', '- /_output/', '- /'];
const RECEIVE: readonly string[] = ['+ /_output/dockerized/bin/**', '+ */', '- /**'];
const VARIABLES = [
  ...['GOFLAGS', 'GOGCFLAGS', 'GOLDFLAGS', 'GOPROXY', 'GOTOOLCHAIN', 'SOURCE_DATE_EPOCH'],
  ...['KUBE_BUILD_PLATFORMS', 'KUBE_FASTBUILD', 'KUBE_VERBOSE'],
];

/** Reads what a tree says; `environment` overrides the version of kube-cross where the tree lets it. */
export function readContainerBuild(
  host: Host,
  tree: Pick<Tree, 'root' | 'goPackage' | 'family'>,
): ContainerBuild {
  const reader = new TreeReader(host, tree.root);
  const text = tree.family === 'kubernetes' ? reader.text(COMMON) : undefined;
  const remoteRoot = `/go/src/${tree.goPackage}`;
  if (text === undefined) return otherTree(remoteRoot, tree);
  const era = eraOf(text);
  const crossVersion = crossVersionOf(reader, text, host.environment);
  const crossImage = crossImageOf(reader, text, host.environment);
  const base = reader.text('build/build-image/VERSION')?.trim();
  const suffix = era === 'bind' ? '-6' : era === 'image' ? '' : `-${base ?? '5'}-${crossVersion ?? ''}`;
  const sendTexts = era === 'image' ? sourceFilters(text) : filtersOf(text, 'sync_to_container');
  const receive = filtersOf(text, 'copy_output');
  return {
    ...{ era, remoteRoot, suffix, hashes: hashesOf(text) },
    remoteOutput: `${remoteRoot}/${outputOf(text)}`,
    ...(crossVersion === undefined ? {} : { crossVersion }),
    ...(crossImage === undefined ? {} : { crossImage }),
    send: rulesOf(sendTexts.length > 0 ? sendTexts : OUTPUTS),
    receive: receive.length > 0 ? receive : RECEIVE,
    kept: [...text.matchAll(/--volume\s+"?(\/usr\/local\/go\/pkg\/\w+)"?/g)].map(([, path = '']) => path),
    variables: variablesOf(text, reader.text('hack/lib/logging.sh') ?? ''),
    where: { file: COMMON },
  };
}

function otherTree(remoteRoot: string, { family }: Pick<Tree, 'family'>): ContainerBuild {
  return {
    ...{ era: 'bind', remoteRoot, suffix: '', hashes: 'host-path-branch' },
    remoteOutput: `${remoteRoot}/${OUTPUT}`,
    ...{ send: rulesOf(OUTPUTS), receive: RECEIVE, kept: [] },
    variables: VARIABLES.map((name) => ({ name, from: name, fallback: '', onlyIfSet: true })),
    where: { file: family === 'kubernetes' ? COMMON : '.' },
  };
}

/** `REMOTE_OUTPUT_SUBPATH="${REMOTE_OUTPUT_ROOT}/dockerized"` */
function outputOf(text: string): string {
  const name = /^\s*(?:readonly )?REMOTE_OUTPUT_SUBPATH="?[^\s"]*\/([\w.-]+)"?\s*$/m.exec(text)?.[1];
  return name ? `_output/${name}` : OUTPUT;
}

function eraOf(text: string): ContainerEra {
  if (/\bsync_to_container\b/.test(text)) return 'volume';
  return /\bkube-source\b|source_targets\(\)/.test(text) ? 'image' : 'bind';
}

function crossVersionOf(reader: TreeReader, text: string, environment: Host['environment']) {
  const named = text.includes('KUBE_CROSS_VERSION') ? environment['KUBE_CROSS_VERSION'] : undefined;
  const constant = /KUBE_BUILD_IMAGE_CROSS_TAG="?([\w.-]+)"?\s*$/m.exec(text)?.[1];
  return named || reader.text('build/build-image/cross/VERSION')?.trim() || constant;
}

/** KUBE_CROSS_IMAGE since 1.28; before, the name stands in the Dockerfile (and in 1.2's constants). */
function crossImageOf(reader: TreeReader, text: string, environment: Host['environment']) {
  if (text.includes('KUBE_CROSS_IMAGE')) {
    const registry = /KUBE_BASE_IMAGE_REGISTRY[^\n]*:-"?([a-z0-9.\-/]+)/.exec(text)?.[1];
    const base = environment['KUBE_BASE_IMAGE_REGISTRY'] || registry || 'registry.k8s.io/build-image';
    return environment['KUBE_CROSS_IMAGE'] || `${base}/kube-cross`;
  }
  const dockerfile = reader.text('build/build-image/Dockerfile') ?? '';
  return /^FROM\s+([a-z0-9./_-]*kube-cross)/m.exec(dockerfile)?.[1];
}

function hashesOf(text: string): ContainerBuild['hashes'] {
  const hashed = /short_hash "([^"]*(?:"[^"]*"[^"]*)*?)"\)/.exec(text)?.[1] ?? '';
  if (/BRANCH/.test(hashed)) return 'host-path-branch';
  return /HOSTNAME/.test(hashed) ? 'host-path' : 'path';
}

/** The filters that a function of the script gives to rsync, in their order. */
function filtersOf(text: string, name: string): string[] {
  const start = text.search(new RegExp(`^function kube::build::${name}\\(\\)`, 'm'));
  if (start < 0) return [];
  const body = text.slice(start, text.indexOf('\n}', start));
  return [...body.matchAll(/--filter=(['"])(.*?)\1/g)].map(([, , rule = '']) => rule);
}

function rulesOf(texts: readonly string[]): FilterRule[] {
  return texts.flatMap((text) => parseFilterRule(text) ?? []);
}

/** 1.2 packs a list of names into its image: as filters, everything else is left out. */
function sourceFilters(text: string): string[] {
  const list = /source_targets\(\)\s*\{[\s\S]*?targets=\(([^)]*)\)/.exec(text)?.[1] ?? '';
  const words = list.split(/\s+/).map((word) => word.replace(/["']/g, ''));
  const names = words.filter((word) => word !== '' && !/[$*]/.test(word));
  if (names.length === 0) return [];
  const parents = new Set(
    names.flatMap((name) => {
      const parts = name.split('/').slice(0, -1);
      return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
    }),
  );
  return [
    ...[...parents].map((parent) => `+ /${parent}/`),
    // The scripts inside include the makefile of the root, which the list lacks.
    ...[...names, 'Makefile'].map((name) => `+ /${name}/***`),
    ...[...parents].map((parent) => `- /${parent}/*`),
    '- /*',
  ];
}

/** `logging`: what the script has read before, where KUBE_VERBOSE gets the value that it is passed with. */
function variablesOf(text: string, logging: string): PassedVariable[] {
  const start = text.search(/^function kube::build::run_build_command_ex\(\)/m);
  const older = text.search(/^function kube::build::run_build_command\(\)/m);
  const from = start >= 0 ? start : Math.max(0, older);
  const body = text.slice(from, text.indexOf('\n}', from));
  const passed = [...body.matchAll(/--env\s+"?(\w+)=['"]?\s*\$\{(\w+)(?:\[\*\])?(?:(:?-)([^}]*))?\}/g)];
  return passed.map(([, name = '', variable = '', , fallback = '']) => ({
    ...{ name, from: variable, fallback: fallback.replace(/["']/g, '') || defaultOf(logging, variable) },
    onlyIfSet: new RegExp(`-v ${variable} \\]`).test(body),
  }));
}

/** `NAME="${NAME:-2}"` */
function defaultOf(script: string, name: string): string {
  return new RegExp(`^\\s*${name}="?\\$\\{${name}:-(\\w+)\\}`, 'm').exec(script)?.[1] ?? '';
}
