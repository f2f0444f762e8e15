/**
 * Debian binary packages: an ar archive of `debian-binary`, a compressed tar of control files and one of data.
 * Source: deb(5), deb-control(5) and Debian Policy 4.6, chapters 3 to 5.
 */
import { ARCHIVE_MAGIC, archiveMemberHeader } from './ararchive.ts';

export interface DebMetadata {
  readonly name: string;
  readonly version: string;
  /** `amd64`, in Debian's words. */
  readonly architecture: string;
  readonly maintainer: string;
  readonly section: string;
  readonly homepage?: string;
  readonly summary: string;
  readonly description: string;
  /** Relations by the name of their field, each as it is written: `kubelet (>= 1.19.0)`. */
  readonly relations: Readonly<Partial<Record<DebRelationField, readonly string[]>>>;
}

/** Fields of relations, in the order in which dpkg-gencontrol writes them. */
export const DEB_RELATION_FIELDS = [
  ...([
    'Pre-Depends',
    'Depends',
    'Recommends',
    'Suggests',
    'Breaks',
    'Conflicts',
    'Replaces',
    'Provides',
  ] as const),
];
export type DebRelationField = (typeof DEB_RELATION_FIELDS)[number];

/** The control file. */
export function debControl(metadata: DebMetadata, installedKibibytes: number): string {
  const relations = DEB_RELATION_FIELDS.flatMap((field) => {
    const names = metadata.relations[field] ?? [];
    return names.length > 0 ? [[field, names.join(', ')] as const] : [];
  });
  const fields: (readonly [string, string])[] = [
    ['Package', metadata.name],
    ['Version', metadata.version],
    ['Architecture', metadata.architecture],
    ['Maintainer', metadata.maintainer],
    ['Installed-Size', String(installedKibibytes)],
    ...relations,
    ['Section', metadata.section],
    ['Priority', 'optional'],
    ...(metadata.homepage ? [['Homepage', metadata.homepage] as const] : []),
    ['Description', [metadata.summary, ...folded(metadata.description)].join('\n')],
  ];
  return fields.map(([name, value]) => `${name}: ${value}\n`).join('');
}

/** Continuation lines: an empty one is a dot, one that begins with a blank keeps it. */
function folded(text: string): string[] {
  if (text.trim() === '') return [];
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`));
}

/** Installed-Size as dpkg-gencontrol counts it: a kibibyte begun is one, and so is anything but a file. */
export function installedKibibytes(
  files: readonly { readonly kind: 'file' | 'directory' | 'symlink'; readonly size: number }[],
): number {
  return files.reduce((sum, { kind, size }) => sum + (kind === 'file' ? Math.ceil(size / 1024) : 1), 0);
}

/** All of a package but its data archive and what follows it. */
export function debFront(control: Uint8Array, dataBytes: number, time: number): Buffer {
  const version = Buffer.from('2.0\n');
  const header = (name: string, size: number) =>
    Buffer.from(archiveMemberHeader(name, size, { mode: '100644', time }));
  return Buffer.concat([
    Buffer.from(ARCHIVE_MAGIC),
    header('debian-binary', version.length),
    version,
    header('control.tar.gz', control.length),
    control,
    debPadding(control.length),
    header('data.tar.gz', dataBytes),
  ]);
}

/** A member of odd length is followed by a line feed. */
export function debPadding(bytes: number): Buffer {
  return Buffer.from(bytes % 2 === 1 ? '\n' : '');
}
