/** The environment of a go process, made on purpose: nothing of the user's leaks in unnamed. */
import { type Platform, splitPlatform } from '../../target/platform.ts';
import type { TargetClass } from '../../target/target.ts';
import type { Toolchain } from '../../toolchain/toolchain.ts';
import type { Tree } from '../../tree/tree.ts';
import { isGopath } from './flags.ts';

/** What the machine and the user contribute. */
export interface MachineFacts {
  readonly hostPlatform: Platform;
  /** PATH behind the toolchain's own directory. */
  readonly searchPath: string;
  readonly home: string;
  readonly temporaryDirectory: string;
  /** GOCACHE, shared by all checkouts. */
  readonly goCache: string;
  /** The user's C compiler (CC), if set. */
  readonly cCompiler?: string;
  /** CGO_* and pkg-config variables of the user, handed to cgo builds. */
  readonly cgoVariables: Readonly<Record<string, string>>;
  /** Settings for trees without vendor directory: GOPROXY, GOMODCACHE, proxies. */
  readonly moduleVariables: Readonly<Record<string, string>>;
  /** KUBE_EXTRA_GOPATH. */
  readonly extraGopath?: string;
}

export interface Layout {
  /** Absolute output directory: `ROOT/_output`. */
  readonly out: string;
  /** `OUT/local`, or KUBE_OUTPUT_SUBPATH. */
  readonly local: string;
  /** Absolute directory of the link tree and Go's own files: `OUT/local/go`. */
  readonly gopath: string;
}

/** Variables that change no byte of an output, and so stay out of keys. */
export const VOLATILE_VARIABLES: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'TMPDIR', 'GOCACHE', 'GOGC', 'PWD', 'GOPROXY', 'GOMODCACHE', 'GOSUMDB', 'LC_ALL'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
]);

/** Where go runs: inside the link tree wherever packages are found through GOPATH (spec local-build 5). */
export function workingDirectoryOf(
  tree: Pick<Tree, 'root' | 'goMode' | 'goPackage'>,
  layout: Layout,
): string {
  return tree.goMode === 'modules' || tree.goMode === 'workspace'
    ? tree.root
    : `${layout.gopath}/src/${tree.goPackage}`;
}

/** Environment of `go build`, `go test -c` and `go list` for one platform and class. */
export function goEnvironment(
  tree: Pick<Tree, 'root' | 'goMode' | 'goPackage' | 'crossCompilers' | 'vendored'>,
  layout: Layout,
  toolchain: Toolchain,
  machine: MachineFacts,
  unit: {
    readonly platform: Platform;
    readonly class: TargetClass;
    readonly environmentGoFlags: string;
    readonly race?: boolean;
  },
): Record<string, string> {
  const { os, arch } = splitPlatform(unit.platform);
  const cgo = cgoOf(tree, machine, unit);
  const gopath = isGopath(tree.goMode, unit.class);
  return {
    PATH: `${toolchain.root}/bin:${machine.searchPath}`,
    HOME: machine.home,
    TMPDIR: machine.temporaryDirectory,
    LC_ALL: 'C',
    PWD: workingDirectoryOf(tree, layout),
    GOROOT: toolchain.root,
    GOTOOLCHAIN: 'local',
    GOENV: 'off',
    GOCACHE: machine.goCache,
    GOPATH: gopathOf(tree, layout, machine),
    GO111MODULE: gopath ? 'off' : 'on',
    GOOS: os,
    GOARCH: arch,
    // More garbage-collector headroom: about a sixth less CPU, the same bytes.
    GOGC: '400',
    ...(unit.environmentGoFlags ? { GOFLAGS: unit.environmentGoFlags } : {}),
    ...(gopath || tree.vendored ? { GOPROXY: 'off' } : machine.moduleVariables),
    ...(cgo.enabled ? { CGO_ENABLED: '1', ...machine.cgoVariables } : { CGO_ENABLED: '0' }),
    ...(cgo.enabled && cgo.compiler ? { CC: cgo.compiler } : {}),
  };
}

/** Whether cgo is on, and with which C compiler (spec local-build 8). */
export function cgoOf(
  tree: Pick<Tree, 'crossCompilers'>,
  machine: Pick<MachineFacts, 'hostPlatform' | 'cCompiler'>,
  unit: { readonly platform: Platform; readonly class: TargetClass; readonly race?: boolean },
): { readonly enabled: boolean; readonly compiler?: string } {
  if (unit.class === 'static' && !unit.race) return { enabled: false };
  const cross = unit.platform !== machine.hostPlatform;
  const { when, byPlatform, forced } = tree.crossCompilers;
  const applies =
    forced?.includes(unit.platform) ||
    when === 'always' ||
    (when === 'host-linux-amd64' && machine.hostPlatform === 'linux/amd64') ||
    (when === 'target-differs' && cross);
  const compiler = applies ? byPlatform[unit.platform] : undefined;
  if (compiler) return { enabled: true, compiler };
  if (cross) return { enabled: false };
  return machine.cCompiler ? { enabled: true, compiler: machine.cCompiler } : { enabled: true };
}

function gopathOf(
  tree: Pick<Tree, 'root' | 'goMode'>,
  layout: Layout,
  machine: Pick<MachineFacts, 'extraGopath' | 'moduleVariables'>,
): string {
  const paths = [layout.gopath];
  if (tree.goMode === 'modules' || tree.goMode === 'workspace') {
    return machine.moduleVariables['GOPATH'] ?? layout.gopath;
  }
  if (machine.extraGopath) paths.push(machine.extraGopath);
  if (tree.goMode === 'godeps') paths.push(`${tree.root}/Godeps/_workspace`);
  return paths.join(':');
}
