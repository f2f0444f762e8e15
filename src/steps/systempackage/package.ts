/** A system package with everything looked up, as the parameters of the Step that packs it. */
import type { DebRelationField } from '../../formats/deb.ts';
import type { RpmRelation } from '../../formats/rpm/package.ts';
import type { FileRole, PackageFormat, RelationKind, ScriptMoment } from './definition.ts';
import { parseRpmRelation } from './relations.ts';

/** A file of the package. Types, not interfaces: they are handed on as JSON. */
export type PackedFile = {
  /** Absolute. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly mode: number;
  readonly role?: FileRole;
  readonly target?: string;
  readonly text?: string;
  /** Position among the inputs of the Step. */
  readonly input?: number;
  /** The content is packed with gzip, as Debian Policy 12.7 asks of a changelog. */
  readonly compressed?: boolean;
};

export type SystemPackage = {
  readonly format: PackageFormat;
  readonly name: string;
  readonly version: string;
  readonly revision: string;
  /** In the words of the format. */
  readonly architecture: string;
  readonly summary: string;
  readonly description: string;
  readonly maintainer: string;
  readonly licence: string;
  readonly homepage?: string;
  readonly section: string;
  readonly relations: Readonly<Partial<Record<RelationKind, readonly string[]>>>;
  readonly scripts: Readonly<Partial<Record<ScriptMoment, string>>>;
  /** Sorted by path, bytewise. */
  readonly files: readonly PackedFile[];
  /** Seconds since 1970, for all that the package says of times. */
  readonly time: number;
};

/** Debian's fields for relations. */
export const DEB_FIELDS: Readonly<Record<RelationKind, DebRelationField>> = {
  depends: 'Depends',
  recommends: 'Recommends',
  suggests: 'Suggests',
  conflicts: 'Conflicts',
  replaces: 'Replaces',
  provides: 'Provides',
  breaks: 'Breaks',
};

/** Names of the scripts in a deb's control archive. */
export const DEB_SCRIPTS: Readonly<Record<ScriptMoment, string>> = {
  beforeInstall: 'preinst',
  afterInstall: 'postinst',
  beforeRemove: 'prerm',
  afterRemove: 'postrm',
};

/** Relations of one kind for an rpm; those of a plan are well-formed. */
export function rpmRelations(all: SystemPackage['relations'], kind: RelationKind): RpmRelation[] {
  return (all[kind] ?? []).flatMap((text) => parseRpmRelation(text) ?? []);
}

/** Name of the package's file, as both families of distributions write it. */
export function packageFileName(
  one: Pick<SystemPackage, 'format' | 'name' | 'version' | 'revision' | 'architecture'>,
): string {
  const { name, version, revision, architecture } = one;
  return one.format === 'deb'
    ? `${name}_${version}-${revision}_${architecture}.deb`
    : `${name}-${version}-${revision}.${architecture}.rpm`;
}
