/**
 * kubewright.yaml as values. The schema (`schema.ts`) checks and fills it; every value remembers its line.
 * A Kubernetes tree needs no such file.
 */
import type { Location } from '../diagnostic/diagnostic.ts';
import type { Platform } from '../target/platform.ts';
import type { ConfiguredPackage } from './packages.ts';

/** One binary of a monorepo that the file describes. */
export interface ConfiguredTarget {
  /** Package directory relative to the root: `cmd/apples`. */
  readonly package: string;
  /** Binary name; default the last element of `package`. */
  readonly binary?: string | undefined;
  readonly static?: boolean | undefined;
}

/** Generators that a monorepo names at a module version. */
export interface ConfiguredGenerators {
  /** `k8s.io/code-generator@v0.32.3` */
  readonly module: string;
  /** File with the text above each generated file. */
  readonly header?: string | undefined;
  readonly kinds: {
    readonly deepcopy?: true | undefined;
    readonly defaulter?: true | undefined;
    readonly conversion?: true | undefined;
    readonly register?: true | undefined;
    readonly openapi?:
      | { readonly module: string; readonly output: string; readonly violations?: string | undefined }
      | undefined;
    /** Directory that gets clientset, listers and informers. */
    readonly client?: { readonly output: string } | undefined;
    /** Manifests of custom resources, by controller-gen. */
    readonly crd?: { readonly module: string; readonly output: string } | undefined;
  };
}

/** One image that the file describes. */
export interface ConfiguredImage {
  /** Program that it holds; default the image's name. */
  readonly binary?: string | undefined;
  /** Reference, path or `scratch`. */
  readonly base?:
    | string
    | { readonly debian: readonly string[]; readonly essential?: boolean | undefined }
    | undefined;
  readonly path?: string | undefined;
  readonly files?:
    | readonly { readonly from: string; readonly to: string; readonly mode?: string | undefined }[]
    | undefined;
  readonly entrypoint?: readonly string[] | undefined;
  readonly command?: readonly string[] | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly user?: string | undefined;
  readonly workingDirectory?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly capabilities?: string | undefined;
  readonly platforms?: readonly Platform[] | undefined;
}

/** Whose paths programs hold, where their tree leaves any in them. */
export type ConfiguredPaths =
  | 'checkout'
  | 'container'
  | {
      /** The tree there, absolute. */
      readonly tree: string;
      /** `_output/local` there, relative to the tree. */
      readonly output?: string;
      /** GOROOT there. */
      readonly go?: string;
      /** Go's module cache there. */
      readonly modules?: string;
    };

/** Settings of a tree, all optional: what is absent comes from the tree or from defaults. */
export interface Config {
  /** Absent when there is no file. */
  readonly file?: string;
  /** Location of a value by its path: `groups.server.targets.0`. */
  locate(path: string): Location;
  readonly name?: string;
  readonly groups?: Readonly<
    Record<
      string,
      { readonly targets: readonly (string | ConfiguredTarget)[]; readonly platforms?: readonly Platform[] }
    >
  >;
  readonly platforms?: readonly Platform[];
  readonly static?: readonly string[];
  readonly version?: {
    readonly packages?: readonly string[];
    readonly fields?: readonly string[];
    /** Pattern of git tags that name versions: `v*`. */
    readonly tags?: string;
    /** A fixed version, instead of git's. */
    readonly value?: string;
  };
  readonly build?: {
    readonly tags?: readonly string[];
    readonly ldflags?: string;
    readonly gcflags?: string;
    readonly strip?: boolean;
    readonly trimpath?: boolean;
    readonly reproducible?: boolean;
    readonly paths?: ConfiguredPaths;
  };
  readonly toolchain?: {
    /** Exact Go version. */
    readonly go?: string;
    /** Directories that hold GOROOTs, tried before the module proxy. */
    readonly directories?: readonly string[];
    /** As GOPROXY: URLs separated by commas or bars, `file://` allowed. */
    readonly proxy?: string;
    /** Pinned sums: `1.15.15 linux/amd64` → `h1:…`. */
    readonly sums?: Readonly<Record<string, string>>;
  };
  readonly generators?: ConfiguredGenerators;
  /** deb and rpm packages by name. */
  readonly packages?: Readonly<Record<string, ConfiguredPackage>>;
  readonly images?: Readonly<Record<string, ConfiguredImage>>;
  /** Rules `from → to` for registries and addresses. */
  readonly mirrors?: readonly { readonly from: string; readonly to: string }[];
  readonly registries?: {
    /** In front of the names of configured images: `registry.example.com/orchard`. */
    readonly name?: string;
    /** Registry → mirrors, each `HOST` or `HOST/PREFIX`, asked first. */
    readonly mirrors?: Readonly<Record<string, readonly string[]>>;
    /** Hosts that are asked over plain http. */
    readonly insecure?: readonly string[];
  };
  readonly release?: {
    /** Level of gzip, 1 to 9. */
    readonly compression?: number;
    readonly container?: boolean;
    readonly images?: boolean;
    /** Base of all images: a reference, a path of the tree, `scratch`. */
    readonly base?: string;
  };
  /** Where buckets are: addresses of their servers. */
  readonly buckets?: {
    readonly s3?:
      | { readonly endpoint?: string | undefined; readonly region?: string | undefined }
      | undefined;
    readonly gs?: { readonly endpoint?: string | undefined } | undefined;
  };
  readonly memory?: string;
  readonly out?: string;
}

/** The configuration of a tree that has none. */
export const NO_CONFIG: Config = { locate: () => ({ file: 'kubewright.yaml' }) };
