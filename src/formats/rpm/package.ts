/**
 * An rpm file: lead, signature header, main header, payload. Source: rpm 4.18, `docs/manual/format.md`. The payload is
 * compressed first, elsewhere: its digests stand in the main header, whose digests stand in front of it.
 */
import { createHash } from 'node:crypto';
import { type HeaderEntry, headerBytes } from './header.ts';
import { typeBits } from './modes.ts';
import { FILE_FLAGS, REGION_IMMUTABLE, REGION_SIGNATURES, SENSE, SIGNATURE_TAGS, TAGS } from './tags.ts';

/** What a package wants, gives or excludes. */
export interface RpmRelation {
  readonly name: string;
  readonly operator?: '<' | '<=' | '=' | '>=' | '>';
  readonly version?: string;
}

export interface RpmFile {
  /** Absolute: `/usr/bin/kubelet`. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly mode: number;
  readonly size: number;
  /** SHA-256 of a file, in hexadecimal. */
  readonly digest?: string;
  readonly target?: string;
  /** `config`: kept when the user changed it. */
  readonly role?: 'config' | 'documentation' | 'licence';
}

export type RpmMoment = 'beforeInstall' | 'afterInstall' | 'beforeRemove' | 'afterRemove';

export interface RpmMetadata {
  readonly name: string;
  readonly version: string;
  readonly release: string;
  /** `x86_64` */
  readonly architecture: string;
  readonly summary: string;
  readonly description: string;
  readonly licence: string;
  readonly group: string;
  readonly url?: string;
  readonly packager?: string;
  readonly requires: readonly RpmRelation[];
  readonly provides: readonly RpmRelation[];
  readonly conflicts: readonly RpmRelation[];
  readonly obsoletes: readonly RpmRelation[];
  readonly recommends: readonly RpmRelation[];
  readonly suggests: readonly RpmRelation[];
  /** Text for /bin/sh. */
  readonly scripts: Readonly<Partial<Record<RpmMoment, string>>>;
  readonly changelog?: { readonly author: string; readonly text: string };
  /** Sorted by path. */
  readonly files: readonly RpmFile[];
  /** Seconds since 1970, for everything. */
  readonly time: number;
}

/** What is known of the payload once it is compressed. */
export interface RpmPayload {
  /** SHA-256 of the compressed bytes, and of those before. */
  readonly digest: string;
  readonly contentDigest: string;
  readonly size: number;
  readonly contentSize: number;
}

/** Largest number that the tags for sizes hold. */
export const RPM_MOST_BYTES = 0xffffffff;

/** The main header. */
export function rpmHeader(metadata: RpmMetadata, payload: RpmPayload): Buffer {
  const { time } = metadata;
  return headerBytes(REGION_IMMUTABLE, [
    entry('i18nTable', ['C']),
    entry('name', metadata.name),
    entry('version', metadata.version),
    entry('release', metadata.release),
    entry('summary', metadata.summary),
    entry('description', metadata.description),
    entry('buildTime', [time]),
    entry('buildHost', 'localhost'),
    entry('size', [metadata.files.reduce((sum, file) => sum + file.size, 0)]),
    entry('licence', metadata.licence),
    ...(metadata.packager ? [entry('packager', metadata.packager)] : []),
    entry('group', metadata.group),
    ...(metadata.url ? [entry('url', metadata.url)] : []),
    entry('os', 'linux'),
    entry('architecture', metadata.architecture),
    ...scriptEntries(metadata.scripts),
    ...fileEntries(metadata),
    // Tells rpm that this is no source package.
    entry('sourcePackage', `${metadata.name}-${metadata.version}-${metadata.release}.src.rpm`),
    ...relationEntries('provide', [...ownProvides(metadata), ...metadata.provides.map(plain)]),
    ...relationEntries(
      'require',
      sortedRelations([...metadata.requires.map(plain), ...ownRequires(metadata)]),
    ),
    ...relationEntries('conflict', metadata.conflicts.map(plain)),
    ...relationEntries('obsolete', metadata.obsoletes.map(plain)),
    ...relationEntries('recommend', metadata.recommends.map(plain)),
    ...relationEntries('suggest', metadata.suggests.map(plain)),
    entry('rpmVersion', '4.18.0'),
    ...(metadata.changelog && time > 0
      ? [
          // rpm's own tools write noon, so that every time zone sees the same day.
          entry('changelogTimes', [time - (time % 86_400) + 43_200]),
          entry('changelogNames', [metadata.changelog.author]),
          entry('changelogTexts', [metadata.changelog.text]),
        ]
      : []),
    entry('payloadFormat', 'cpio'),
    entry('payloadCompressor', 'gzip'),
    entry('payloadFlags', '9'),
    entry('platform', `${metadata.architecture}-linux`),
    entry('encoding', 'utf-8'),
    entry('payloadDigests', [payload.digest]),
    entry('payloadDigestAlgorithm', [SHA256]),
    entry('payloadContentDigests', [payload.contentDigest]),
  ]);
}

/** All that stands in front of the main header. `md5`: of main header and payload; `signature`: by OpenPGP, binary. */
export function rpmFront(
  metadata: Pick<RpmMetadata, 'name' | 'version' | 'release'>,
  header: Uint8Array,
  payload: Pick<RpmPayload, 'size' | 'contentSize'>,
  md5: Uint8Array,
  signature?: { readonly bytes: Uint8Array; readonly byRsa: boolean },
): Buffer {
  const signatures = headerBytes(REGION_SIGNATURES, [
    ...(signature ? [signatureEntry(signature.byRsa ? 'rsa' : 'otherKey', signature.bytes)] : []),
    signatureEntry('sha1', createHash('sha1').update(header).digest('hex')),
    signatureEntry('sha256', createHash('sha256').update(header).digest('hex')),
    signatureEntry('size', [header.length + payload.size]),
    signatureEntry('md5', md5),
    signatureEntry('payloadSize', [payload.contentSize]),
  ]);
  const padding = Buffer.alloc((8 - (signatures.length % 8)) % 8);
  return Buffer.concat([lead(metadata), signatures, padding]);
}

// RFC 4880, 9.4, whose numbers rpm uses.
const SHA256 = 8;
const LEAD_BYTES = 96;

/** Readers have ignored all of it but its magic and its kind for twenty years. */
function lead({ name, version, release }: Pick<RpmMetadata, 'name' | 'version' | 'release'>): Buffer {
  const bytes = Buffer.alloc(LEAD_BYTES);
  bytes.writeUInt32BE(0xedabeedb, 0);
  bytes.writeUInt8(3, 4);
  bytes.writeUInt16BE(1, 8);
  bytes.write(`${name}-${version}-${release}`.slice(0, 65), 10, 'latin1');
  bytes.writeUInt16BE(1, 76);
  // Header-style signatures.
  bytes.writeUInt16BE(5, 78);
  return bytes;
}

function entry(tag: keyof typeof TAGS, value: HeaderEntry['value']): HeaderEntry {
  return { ...TAGS[tag], value };
}

function signatureEntry(tag: keyof typeof SIGNATURE_TAGS, value: HeaderEntry['value']): HeaderEntry {
  return { ...SIGNATURE_TAGS[tag], value };
}

const MOMENTS = ['beforeInstall', 'afterInstall', 'beforeRemove', 'afterRemove'] as const;

function scriptEntries(scripts: RpmMetadata['scripts']): HeaderEntry[] {
  return MOMENTS.flatMap((moment) => {
    const text = scripts[moment];
    return text === undefined ? [] : [entry(moment, text), entry(`${moment}Program`, SHELL)];
  });
}

const SHELL = '/bin/sh';

function fileEntries({ files, time }: RpmMetadata): HeaderEntry[] {
  if (files.length === 0) return [];
  const directories: string[] = [];
  const indexes = files.map(({ path }) => {
    const directory = path.slice(0, path.lastIndexOf('/') + 1);
    if (!directories.includes(directory)) directories.push(directory);
    return directories.indexOf(directory);
  });
  return [
    entry(
      'fileSizes',
      files.map((file) => (file.kind === 'directory' ? 0 : file.size)),
    ),
    entry(
      'fileModes',
      files.map((file) => typeBits(file.kind) | file.mode),
    ),
    entry(
      'fileDevices',
      files.map(() => 0),
    ),
    entry(
      'fileTimes',
      files.map(() => time),
    ),
    entry(
      'fileDigests',
      files.map((file) => file.digest ?? ''),
    ),
    entry(
      'fileLinkTargets',
      files.map((file) => file.target ?? ''),
    ),
    entry(
      'fileFlags',
      files.map((file) => (file.role ? ROLE_FLAGS[file.role] : 0)),
    ),
    entry(
      'fileUsers',
      files.map(() => 'root'),
    ),
    entry(
      'fileGroups',
      files.map(() => 'root'),
    ),
    entry(
      'fileVerifyFlags',
      files.map(() => -1),
    ),
    entry(
      'fileHostDevices',
      files.map(() => 1),
    ),
    entry(
      'fileInodes',
      files.map((_, i) => i + 1),
    ),
    entry(
      'fileLanguages',
      files.map(() => ''),
    ),
    entry('directoryIndexes', indexes),
    entry(
      'baseNames',
      files.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)),
    ),
    entry('directoryNames', directories),
    entry('fileDigestAlgorithm', [SHA256]),
  ];
}

const ROLE_FLAGS = {
  config: FILE_FLAGS.config | FILE_FLAGS.noReplace,
  documentation: FILE_FLAGS.documentation,
  licence: FILE_FLAGS.licence,
};

interface FlaggedRelation {
  readonly name: string;
  readonly flags: number;
  readonly version: string;
}

const OPERATOR_FLAGS = {
  '<': SENSE.less,
  '<=': SENSE.less | SENSE.equal,
  '=': SENSE.equal,
  '>=': SENSE.greater | SENSE.equal,
  '>': SENSE.greater,
};

function plain({ name, operator, version }: RpmRelation): FlaggedRelation {
  return { name, flags: operator ? OPERATOR_FLAGS[operator] : 0, version: version ?? '' };
}

/** A package gives itself, once by name and once for its word size, as rpmbuild writes it. */
function ownProvides({ name, version, release, architecture }: RpmMetadata): FlaggedRelation[] {
  const own = { flags: SENSE.equal, version: `${version}-${release}` };
  const isa = ISA_NAMES[architecture];
  return [{ name, ...own }, ...(isa ? [{ name: `${name}(${isa})`, ...own }] : [])];
}

// `%{_isa}` of rpm's platform files.
const ISA_NAMES: Readonly<Record<string, string>> = {
  x86_64: 'x86-64',
  aarch64: 'aarch-64',
  ppc64le: 'ppc-64',
  s390x: 's390-64',
  armv7hl: 'armv7hl-32',
  i686: 'x86-32',
  riscv64: 'riscv-64',
};

/** What rpm itself must be able to do, and the shell of the scripts. */
function ownRequires({ scripts, version, release }: RpmMetadata): FlaggedRelation[] {
  const library = (feature: string, since: string) => ({
    name: `rpmlib(${feature})`,
    flags: SENSE.rpmlib | SENSE.less | SENSE.equal,
    version: since,
  });
  const shells = MOMENTS.filter((moment) => scripts[moment] !== undefined).map((moment) => ({
    ...{ name: SHELL, version: '' },
    flags: SENSE.interpreter | SENSE[moment],
  }));
  return [
    ...shells,
    library('CompressedFileNames', '3.0.4-1'),
    library('FileDigests', '4.6.0-1'),
    library('PayloadFilesHavePrefix', '4.0-1'),
    ...(`${version}${release}`.includes('~') ? [library('TildeInVersions', '4.10.0-1')] : []),
    ...(`${version}${release}`.includes('^') ? [library('CaretInVersions', '4.15.0-1')] : []),
  ];
}

function sortedRelations(relations: readonly FlaggedRelation[]): FlaggedRelation[] {
  const keyOf = ({ name, version, flags }: FlaggedRelation) => `${name}\0${version}\0${flags}`;
  return [...relations].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function relationEntries(
  kind: 'provide' | 'require' | 'conflict' | 'obsolete' | 'recommend' | 'suggest',
  relations: readonly FlaggedRelation[],
): HeaderEntry[] {
  if (relations.length === 0) return [];
  return [
    entry(
      `${kind}Names`,
      relations.map(({ name }) => name),
    ),
    entry(
      `${kind}Flags`,
      relations.map(({ flags }) => flags),
    ),
    entry(
      `${kind}Versions`,
      relations.map(({ version }) => version),
    ),
  ];
}
