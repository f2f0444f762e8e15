/**
 * The metadata of a yum repository: primary, filelists, other, and repomd.xml, which names them. What stands in them is
 * what createrepo_c 0.17 writes.
 */
import { BEFORE_INSTALL, type ReadRelation, type ReadRpm } from './read.ts';
import { SENSE } from './tags.ts';

export interface IndexedRpm {
  /** Relative to the repository: `x86_64/kubelet-1.30.0-1.x86_64.rpm`. */
  readonly path: string;
  readonly size: number;
  /** SHA-256 in hexadecimal. */
  readonly digest: string;
  readonly rpm: ReadRpm;
}

export interface RepositoryFile {
  readonly type: 'primary' | 'filelists' | 'other';
  readonly digest: string;
  readonly size: number;
  /** Of the text before compression. */
  readonly openDigest: string;
  readonly openSize: number;
}

const PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n';
const LINUX = 'http://linux.duke.edu/metadata';

/** The three lists, sorted as the packages are given. */
export function repositoryLists(rpms: readonly IndexedRpm[]): Record<RepositoryFile['type'], string> {
  const list = (root: string, names: string, packages: (one: IndexedRpm) => string) =>
    `${PROLOGUE}<${root} ${names} packages="${rpms.length}">\n${rpms.map(packages).join('')}</${root}>\n`;
  return {
    primary: list(
      'metadata',
      `xmlns="${LINUX}/common" xmlns:rpm="${LINUX}/rpm"`,
      (one) => `<package type="rpm">\n${primaryOf(one)}</package>\n`,
    ),
    filelists: list('filelists', `xmlns="${LINUX}/filelists"`, (one) =>
      listed(one, one.rpm.files.map(fileElement)),
    ),
    other: list('otherdata', `xmlns="${LINUX}/other"`, (one) =>
      listed(
        one,
        one.rpm.changelog.map(
          ({ author, time, text }) =>
            `  <changelog author="${escaped(author)}" date="${time}">${escaped(text)}</changelog>\n`,
        ),
      ),
    ),
  };
}

/** The file that clients ask for first. `revision`: seconds since 1970, for all times in it. */
export function repositoryIndex(files: readonly RepositoryFile[], revision: number): string {
  const data = files.map(({ type, digest, size, openDigest, openSize }) =>
    [
      `  <data type="${type}">`,
      `    <checksum type="sha256">${digest}</checksum>`,
      `    <open-checksum type="sha256">${openDigest}</open-checksum>`,
      `    <location href="repodata/${type}.xml.gz"/>`,
      `    <timestamp>${revision}</timestamp>`,
      `    <size>${size}</size>`,
      `    <open-size>${openSize}</open-size>`,
      '  </data>\n',
    ].join('\n'),
  );
  const names = `xmlns="${LINUX}/repo" xmlns:rpm="${LINUX}/rpm"`;
  return `${PROLOGUE}<repomd ${names}>\n  <revision>${revision}</revision>\n${data.join('')}</repomd>\n`;
}

function primaryOf({ path, size, digest, rpm }: IndexedRpm): string {
  const element = (name: string, text: string) =>
    text === '' ? `<${name}/>` : `<${name}>${escaped(text)}</${name}>`;
  const times = rpm.number('buildTime');
  return [
    `  ${element('name', rpm.text('name'))}`,
    `  ${element('arch', rpm.text('architecture'))}`,
    `  ${versionElement(rpm)}`,
    `  <checksum type="sha256" pkgid="YES">${digest}</checksum>`,
    `  ${element('summary', rpm.text('summary'))}`,
    `  ${element('description', rpm.text('description'))}`,
    `  ${element('packager', rpm.text('packager'))}`,
    `  ${element('url', rpm.text('url'))}`,
    `  <time file="${times}" build="${times}"/>`,
    `  <size package="${size}" installed="${rpm.number('size')}" archive="${rpm.payloadSize}"/>`,
    `  <location href="${escaped(path)}"/>`,
    '  <format>',
    `    ${element('rpm:license', rpm.text('licence'))}`,
    `    ${element('rpm:vendor', rpm.text('vendor'))}`,
    `    ${element('rpm:group', rpm.text('group'))}`,
    `    ${element('rpm:buildhost', rpm.text('buildHost'))}`,
    `    ${element('rpm:sourcerpm', rpm.text('sourcePackage'))}`,
    `    <rpm:header-range start="${rpm.headerStart}" end="${rpm.headerEnd}"/>`,
    ...relationElements(rpm),
    ...rpm.files.filter(isPrimary).map((file) => `  ${fileElement(file).trimEnd()}`),
    '  </format>\n',
  ].join('\n');
}

const KINDS = ['provide', 'require', 'conflict', 'obsolete', 'suggest', 'recommend'] as const;

function relationElements(rpm: ReadRpm): string[] {
  return KINDS.flatMap((kind) => {
    const seen = new Set<string>();
    const entries = rpm
      .relations(kind)
      // What rpm itself must be able to do is no package's business.
      .filter(({ name }) => !name.startsWith('rpmlib('))
      .map((relation) => relationElement(relation, kind))
      .filter((entry) => !seen.has(entry) && seen.add(entry));
    if (entries.length === 0) return [];
    return [`    <rpm:${kind}s>`, ...entries.map((entry) => `      ${entry}`), `    </rpm:${kind}s>`];
  });
}

const COMPARISONS: Readonly<Record<number, string>> = {
  [SENSE.less]: 'LT',
  [SENSE.greater]: 'GT',
  [SENSE.equal]: 'EQ',
  [SENSE.less | SENSE.equal]: 'LE',
  [SENSE.greater | SENSE.equal]: 'GE',
};

function relationElement({ name, flags, version }: ReadRelation, kind: (typeof KINDS)[number]): string {
  const comparison = COMPARISONS[flags & (SENSE.less | SENSE.greater | SENSE.equal)];
  const [, epoch = '0', upstream = '', release] = /^(?:(\d+):)?([^-]*)(?:-(.*))?$/.exec(version) ?? [];
  const range =
    comparison && version !== ''
      ? ` flags="${comparison}" epoch="${epoch}" ver="${escaped(upstream)}"${release === undefined ? '' : ` rel="${escaped(release)}"`}`
      : '';
  const early = kind === 'require' && (flags & BEFORE_INSTALL) !== 0 ? ' pre="1"' : '';
  return `<rpm:entry name="${escaped(name)}"${range}${early}/>`;
}

function versionElement(rpm: ReadRpm): string {
  return `<version epoch="0" ver="${escaped(rpm.text('version'))}" rel="${escaped(rpm.text('release'))}"/>`;
}

/** Paths that clients look up without the long list. */
function isPrimary({ path }: { readonly path: string }): boolean {
  return path.startsWith('/etc/') || path.includes('bin/') || path === '/usr/lib/sendmail';
}

function fileElement({ path, isDirectory }: ReadRpm['files'][number]): string {
  return `  <file${isDirectory ? ' type="dir"' : ''}>${escaped(path)}</file>\n`;
}

function listed({ digest, rpm }: IndexedRpm, content: readonly string[]): string {
  const name = `pkgid="${digest}" name="${escaped(rpm.text('name'))}" arch="${escaped(rpm.text('architecture'))}"`;
  return `<package ${name}>\n  ${versionElement(rpm)}\n${content.join('')}</package>\n`;
}

/** XML 1.0; characters that it forbids are left out. */
function escaped(text: string): string {
  const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (sign) => named[sign] ?? '').replace(/[^\t\n\r\x20-\ufffd]/g, '');
}
