/**
 * Where the files of a release lie when it is published: kubernetes/release's layout of buckets (spec release 9.1), below
 * the directory of the version. Nothing is read here.
 */

/** Lists of checksums: they come last, and their presence says that a release is whole. */
export const SUM_LISTS = ['SHA256SUMS', 'SHA512SUMS'] as const;

/** What is true of a file for ever, and what is read anew each time. */
export const CACHING = {
  file: 'max-age=3600, no-transform',
  marker: 'private, max-age=0, no-transform',
} as const;

const OWN_CHECKSUM = /\.(sha256|sha512)$/;
/** Signatures and the checksums of old. */
const PROOF = /\.(sig|cert|asc|sigstore\.json|md5|sha1)$/;

/** Whether a file of a release directory is a checksum, which is written anew for what is published. */
export function isChecksum(name: string): boolean {
  return OWN_CHECKSUM.test(name) || SUM_LISTS.some((list) => name === list);
}

/** Whether checksums are published of a file: signatures and checksums prove themselves. */
export function isSummed(name: string): boolean {
  return !isChecksum(name) && !PROOF.test(name);
}

/** An archive with programs for one platform. */
export interface ProgramArchive {
  readonly name: string;
  /** `linux/amd64` */
  readonly platform: string;
}

/** Archives whose programs are published naked too; those of servers first, they hold the most. */
export function programArchives(names: readonly string[]): ProgramArchive[] {
  const found = names.flatMap((name) => {
    const [, part, os, arch] = /^[\w.]+-([a-z][\w-]*)-([a-z0-9]+)-([a-z0-9]+)\.tar\.gz$/.exec(name) ?? [];
    return part === undefined || part === 'test' ? [] : [{ name, part, platform: `${os}/${arch}` }];
  });
  const rank = ({ part }: { part: string }) => (part === 'server' ? 0 : part === 'client' ? 1 : 2);
  return found.sort((a, b) => rank(a) - rank(b)).map(({ name, platform }) => ({ name, platform }));
}

/** Where a member of a program archive is published: `kubernetes/server/bin/kubelet` → `bin/linux/amd64/kubelet`. */
export function programPath(member: string, platform: string): string | undefined {
  const name = /^[^/]+\/(?:(?:client|node|server)\/)?bin\/([^/]+)$/.exec(member)?.[1];
  return name === undefined ? undefined : `bin/${platform}/${name}`;
}

/** Start-up scripts of Google's cloud, which get-kube.sh and kube-up.sh fetch (krel: release.stageFiles). */
const GCE: Readonly<Record<string, string>> = {
  'gci/node.yaml': 'node.yaml',
  'gci/master.yaml': 'master.yaml',
  'gci/configure.sh': 'configure.sh',
  'gci/shutdown.sh': 'shutdown.sh',
  'configure-vm.sh': 'configure-vm.sh',
  'windows/configure.ps1': 'windows/configure.ps1',
  'windows/common.psm1': 'windows/common.psm1',
  'windows/k8s-node-setup.psm1': 'windows/k8s-node-setup.psm1',
  'windows/testonly/install-ssh.psm1': 'windows/install-ssh.psm1',
  'windows/testonly/user-profile.psm1': 'windows/user-profile.psm1',
};

/** Where a member of the archive that ties a release together is published too. */
export function extraPath(member: string): string | undefined {
  const name = /^[^/]+\/cluster\/gce\/(.+)$/.exec(member)?.[1];
  const place = name === undefined ? undefined : GCE[name];
  return place === undefined ? undefined : `extra/gce/${place}`;
}

const TYPES: readonly (readonly [RegExp, string])[] = [
  [/\.(tar\.gz|tgz)$/, 'application/gzip'],
  [/\.tar$/, 'application/x-tar'],
  [/\.zip$/, 'application/zip'],
  [/\.deb$/, 'application/vnd.debian.binary-package'],
  [/\.rpm$/, 'application/x-rpm'],
  [/\.json$/, 'application/json'],
  [/\.ya?ml$/, 'application/yaml'],
  [
    /\.(txt|sha256|sha512|sig|cert|asc|pem|docker_tag|spdx|sh|ps1|psm1|md)$|(^|\/)SHA(256|512)SUMS$/,
    'text/plain; charset=utf-8',
  ],
];

/** The media type that a file is served with. Never with a content encoding: clients would unpack archives. */
export function contentTypeOf(name: string): string {
  return TYPES.find(([pattern]) => pattern.test(name))?.[1] ?? 'application/octet-stream';
}

/** Lines of `sha256sum`, sorted by name, without a final line feed. */
export function sumList(sums: ReadonlyMap<string, string>): string {
  const names = [...sums.keys()].sort((a, b) => (a < b ? -1 : 1));
  return names.map((name) => `${sums.get(name)}  ${name}`).join('\n');
}

/** Name → digest of a list of sums; lines that are none are left out. */
export function parseSumList(text: string): Map<string, string> {
  const lines = text.split('\n').map((line) => /^([0-9a-f]{64}|[0-9a-f]{128}) [ *](.+)$/.exec(line));
  return new Map(lines.flatMap((line) => (line ? [[line[2] as string, line[1] as string]] : [])));
}
