/**
 * What a system package is made of, before anything is looked up on a disk: read from a tree, from kubewright.yaml, or
 * out of our own tables. One definition serves one format, because trees say different things for each.
 */
import type { Location } from '../../diagnostic/diagnostic.ts';
import type { Platform } from '../../target/platform.ts';

export type PackageFormat = 'deb' | 'rpm';

export const PACKAGE_FORMATS: readonly PackageFormat[] = ['deb', 'rpm'];

/** What a file of a package holds. */
export type FileContent =
  | { readonly kind: 'text'; readonly text: string }
  /** A file of the tree, relative to its root. */
  | { readonly kind: 'tree'; readonly path: string }
  /** A program of the tree for the package's platform, by its name. */
  | { readonly kind: 'program'; readonly name: string }
  /** A file of a part that somebody else built; `all`: each of its files, below the path. */
  | { readonly kind: 'part'; readonly part: string; readonly file: string | 'all' };

/** `config`: the user's changes are kept; the others are shown by rpm -qd and -qL. */
export type FileRole = 'config' | 'documentation' | 'licence';

export interface DefinedFile {
  /** Absolute, where it is installed. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Absent: 0755 for what is executable where it comes from, else 0644. */
  readonly mode?: number;
  readonly role?: FileRole;
  /** Of a file. */
  readonly content?: FileContent;
  /** Of a symbolic link. */
  readonly target?: string;
}

/** When a script runs; its first argument means what dpkg or rpm give it. */
export type ScriptMoment = 'beforeInstall' | 'afterInstall' | 'beforeRemove' | 'afterRemove';

export type RelationKind =
  | 'depends'
  | 'recommends'
  | 'suggests'
  | 'conflicts'
  | 'replaces'
  | 'provides'
  | 'breaks';

/** A systemd unit that a package brings. */
export interface DefinedUnit {
  readonly name: string;
  /** Enabled and started when the package is installed, as far as the distribution's presets allow. */
  readonly starts: boolean;
}

export interface PackageDefinition {
  readonly name: string;
  readonly format: PackageFormat;
  readonly summary: string;
  /** More than the summary; may be empty. */
  readonly description: string;
  readonly maintainer: string;
  readonly licence: string;
  readonly homepage?: string;
  /** Debian's section, rpm's group. */
  readonly section: string;
  readonly revision: string;
  /** A version of its own; absent: that of the tree, or of its part. */
  readonly version?: string;
  /** Name of the part that all of it comes from. */
  readonly part?: string;
  readonly files: readonly DefinedFile[];
  /** As they are written in a control file (`kubelet (>= 1.19.0)`) or a spec (`kubelet >= 1.19.0`). */
  readonly relations: Readonly<Partial<Record<RelationKind, readonly string[]>>>;
  readonly scripts: Readonly<Partial<Record<ScriptMoment, string>>>;
  readonly units: readonly DefinedUnit[];
  /** Linux platforms that it is made for; absent: all. */
  readonly platforms?: readonly Platform[];
  /** Left out unless a person names it: its tree has it for other uses. */
  readonly onlyByName?: boolean;
  /** Where it is defined. */
  readonly where: Location;
  /** Where its relations and the files that it names are written, by their text. */
  readonly places?: Readonly<Record<string, Location>>;
}
