/**
 * A Tree: a monorepo as we read it at one commit. This folder knows how each family and era of trees
 * writes down its targets, platforms, Go version, version packages and compiler flags, and hands them over
 * as located facts. It does not know what will be built, nor with which toolchain on this machine.
 */
import type { Location } from '../diagnostic/diagnostic.ts';
import type { Platform } from '../target/platform.ts';

/** A value and the place in the tree (or in our own tables) that it was read from. */
export interface Fact<T> {
  readonly value: T;
  readonly where: Location;
  /** `evaluated` by bash in the sandbox, `parsed` as text, `configured` in kubewright.yaml, `default` ours. */
  readonly source: 'evaluated' | 'parsed' | 'configured' | 'default';
}

export type TreeFamily = 'kubernetes' | 'kubeedge' | 'karmada' | 'configured' | 'go-module';

/**
 * How Go finds packages (spec versions-and-targets 0, local-build 5):
 * `godeps` GOPATH with Godeps/_workspace; `gopath` a link tree with vendor/; `hybrid` binaries in modules
 * mode and `go test -c` through the link tree (1.28); `workspace` go.work; `modules` plain go.mod.
 */
export type GoMode = 'godeps' | 'gopath' | 'hybrid' | 'workspace' | 'modules';

/** A named list of targets and the platforms it is built for. */
export interface Group {
  readonly name: string;
  /** Targets in the tree's own order and spelling, duplicates kept. */
  readonly targets: Fact<readonly string[]>;
  readonly platforms: Fact<readonly Platform[]>;
}

/** The compiler flags that a tree's own build function adds (spec local-build 6.1). */
export interface FlagDialect {
  /** Value of -installsuffix for static binaries. */
  readonly installSuffix: 'none' | 'cgo' | 'static';
  /** Build tags always given. */
  readonly tags: readonly string[];
  /** `never`; `always` adds -s -w; `unless-set`: "-s -w -buildid=" unless GOLDFLAGS is set (1.20); `unless-debug` (1.28+). */
  readonly strip: 'never' | 'always' | 'unless-set' | 'unless-debug';
  /** `never`; `root`: -trimpath=ROOT for the named packages (1.14, 1.20); `all-cwd`: all=-trimpath=CWD (1.28); `go`: go's own -trimpath. */
  readonly trim: 'never' | 'root' | 'all-cwd' | 'go';
  /** Whether compiler optimisation is switched off: never, by DBG=1, or always (a patched 1.28). */
  readonly debug: 'never' | 'on-request' | 'always';
  /** User's -ldflags before the version stamps (last wins), or after them. */
  readonly userLdflags: 'before-stamps' | 'after-stamps';
  /** Whether -ldflags is given as "all=…". */
  readonly ldflagsForAll: boolean;
  /** `plain`: -X pkg.k=v; `quoted`: -X 'pkg.k=v'; `pair`: -X pkg.k v (Go up to 1.4). */
  readonly stampForm: 'plain' | 'quoted' | 'pair';
}

/** The packages that carry the version, and the variables in them, in the order that the tree writes. */
export interface VersionStamping {
  readonly packages: Fact<readonly string[]>;
  /** Of buildDate gitCommit gitTreeState gitVersion gitMajor gitMinor, in this order; karmada adds gitShortCommit. */
  readonly fields: readonly string[];
  /** Whether SOURCE_DATE_EPOCH, archive markers and the semver refusal exist in this era (they do in ours, always). */
  readonly describeRule: 'k8s-1.2' | 'k8s-1.7' | 'k8s-1.14' | 'plain';
  readonly describeMatch?: string;
  /** A fixed version of kubewright.yaml, taken as it is. */
  readonly value?: Fact<string>;
}

/** A file that an era generates and does not commit, and the tree's own command that makes it. */
export interface GeneratedFile {
  readonly path: string;
  readonly command: readonly string[];
}

export interface Tree {
  /** Absolute path of the root, symbolic links resolved. */
  readonly root: string;
  readonly family: TreeFamily;
  /** For people: `Kubernetes, 1.20 era (vendor/modules.txt, generated-files makefile)`. */
  readonly label: string;
  /** Features the family and era were recognised by, each with its file. */
  readonly evidence: readonly Location[];
  readonly goMode: GoMode;
  /** Whether all dependencies lie in the tree, so that no module is ever downloaded. */
  readonly vendored: boolean;
  /** The tree's own command that brings all generated files up to date before a build (1.4 to 1.26); absent where they are committed. */
  readonly generationCommand?: readonly string[];
  /** Import path of the root: `k8s.io/kubernetes`. */
  readonly goPackage: string;
  readonly groups: readonly Group[];
  /** Targets of a build without names, in order, duplicates kept (KUBE_ALL_TARGETS). */
  readonly allTargets: Fact<readonly string[]>;
  /** Binary names that are not the last element of their target, by target (karmada, kubeedge, kubewright.yaml). */
  readonly binaryNames?: Readonly<Record<string, string>>;
  /** Base names that are linked statically. */
  readonly staticBinaries: Fact<readonly string[]>;
  readonly minimumGo?: Fact<string>;
  /** Exact Go version (`.go-version`), without the `go` prefix. */
  readonly pinnedGo?: Fact<string>;
  /** Go of the cross image: `1.15.5` out of `v1.15.5-1`. */
  readonly crossImageGo?: Fact<string>;
  readonly flags: FlagDialect;
  readonly stamping: VersionStamping;
  readonly generatedFiles: readonly GeneratedFile[];
  /** C compiler by platform for cgo cross builds, and when it applies (spec local-build 8). */
  readonly crossCompilers: {
    readonly when: 'always' | 'host-linux-amd64' | 'target-differs' | 'never';
    readonly byPlatform: Readonly<Record<Platform, string>>;
    /** Platforms whose compiler the user named (KUBE_OS_ARCH_CC, 1.28+): cgo is on there, native builds included. */
    readonly forced?: readonly Platform[];
  };
  /** Files read to learn all this, relative to the root: the tree facts are stale when one changes. */
  readonly readFiles: readonly string[];
  /** Import paths that upstream instruments for coverage (spec local-build 7.5); absent before 1.14. */
  readonly coveragePackages?: readonly string[];
  /** Where binaries go: `os-arch` is OUT/local/bin/OS/ARCH (Kubernetes), `flat` OUT/local/bin (kubeedge), `bin-os-arch` OUT/bin/OS/ARCH (karmada). */
  readonly outputLayout: 'os-arch' | 'flat' | 'bin-os-arch';
}
