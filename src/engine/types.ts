/** What of the Docker Engine API's objects we read and write (fields as in its specification, versions 1.24 to 1.51). */

export type Labels = Readonly<Record<string, string>>;

export interface EngineVersion {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly Os: string;
  readonly Arch: string;
}

export interface EngineInfo {
  readonly ID?: string;
  readonly Name?: string;
  readonly ServerVersion?: string;
  readonly OSType?: string;
  /** As the kernel says it: `x86_64`, `aarch64`. */
  readonly Architecture?: string;
  readonly SecurityOptions?: readonly string[];
  /** Of podman, which does not say it among the options. */
  readonly Rootless?: boolean;
  readonly OperatingSystem?: string;
  readonly Driver?: string;
}

export interface ImageInspect {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  readonly Architecture: string;
  readonly Os: string;
  readonly Size: number;
  readonly Config?: {
    readonly Env?: readonly string[] | null;
    readonly User?: string;
    readonly WorkingDir?: string;
    readonly Labels?: Labels | null;
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
  } | null;
  readonly RootFS?: { readonly Layers?: readonly string[] };
}

export interface ImageSummary {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Labels?: Labels | null;
  readonly Size: number;
}

export interface Mount {
  readonly Type: 'bind' | 'volume' | 'tmpfs';
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
  readonly VolumeOptions?: { readonly Labels?: Labels; readonly NoCopy?: boolean };
  readonly TmpfsOptions?: { readonly Mode?: number };
}

export interface ContainerSpec {
  readonly Image: string;
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Env?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Hostname?: string;
  readonly Labels?: Labels;
  readonly Tty?: boolean;
  readonly OpenStdin?: boolean;
  readonly StdinOnce?: boolean;
  readonly AttachStdin?: boolean;
  readonly AttachStdout?: boolean;
  readonly AttachStderr?: boolean;
  readonly NetworkDisabled?: boolean;
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  readonly HostConfig?: {
    readonly Mounts?: readonly Mount[];
    readonly Binds?: readonly string[];
    readonly NetworkMode?: string;
    readonly PortBindings?: Readonly<Record<string, readonly { HostIp?: string; HostPort?: string }[]>>;
    readonly CgroupParent?: string;
    readonly CapDrop?: readonly string[];
    readonly CapAdd?: readonly string[];
    readonly SecurityOpt?: readonly string[];
    readonly Init?: boolean;
    readonly AutoRemove?: boolean;
    readonly UsernsMode?: string;
  };
}

export interface ContainerInspect {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly ExitCode: number;
    readonly OOMKilled?: boolean;
    readonly Error?: string;
  };
  readonly Config?: { readonly Labels?: Labels | null };
  readonly NetworkSettings?: {
    readonly IPAddress?: string;
    readonly Ports?: Readonly<Record<string, readonly { HostIp: string; HostPort: string }[] | null>>;
    readonly Networks?: Readonly<Record<string, { readonly IPAddress?: string; readonly Gateway?: string }>>;
  };
}

export interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly State: string;
  readonly Labels?: Labels | null;
}

export interface Volume {
  readonly Name: string;
  readonly Labels?: Labels | null;
}

export interface Network {
  readonly Id: string;
  readonly Name: string;
  readonly Labels?: Labels | null;
}

export interface EngineEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
  readonly time?: number;
}
