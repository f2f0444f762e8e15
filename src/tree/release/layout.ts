/**
 * Which archives a release of a tree has and what lies in each: read from the tree's own packaging script, whatever its
 * era; a tree without one is packed group by group. Nothing is run, and nothing but names, modes and sizes is read.
 */
import { type Diagnostic, type Location, warning } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import { arranged, type Member, PARTS, type Part, type Tarball } from '../../release/member.ts';
import { executableName, type Platform } from '../../target/platform.ts';
import { TreeReader } from '../reader.ts';
import { parseLists } from '../shell/parse.ts';
import { escapeRegExp } from '../shell/source.ts';
import type { Group, Tree } from '../tree.ts';
import { copiedMembers, type Places, tarballOf } from './members.ts';
import { readPackagingScript } from './script.ts';
import { readSource, SOURCE_TARBALL } from './source.ts';

export interface LayoutRequest {
  readonly host: Host;
  readonly tree: Tree;
  readonly version: { readonly gitVersion?: string; readonly gitTreeState?: string };
  /** Absolute path of a program that was built. */
  readonly program: Places['program'];
  /** Absolute directory of finished archives. */
  readonly tarballs: string;
  /** Platforms that are wanted; undefined: those of each group. */
  readonly platforms?: readonly Platform[];
  readonly signal?: AbortSignal;
}

export interface ReleaseLayout {
  readonly tarballs: readonly Tarball[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Where the packaging functions stand: from 1.5 on, in 1.5, before. */
const SCRIPTS = ['build/lib/release.sh', 'build-tools/common.sh', 'build/common.sh'];

export async function readReleaseLayout(request: LayoutRequest): Promise<ReleaseLayout> {
  const { host, tree } = request;
  const reader = new TreeReader(host, tree.root);
  const script = SCRIPTS.find((path) => /::package_\w+_tarball/.test(reader.text(path) ?? ''));
  const source = await readSource(host, tree.root, {
    isClean: request.version.gitTreeState === 'clean',
    prefix: sourcePrefix(script === undefined ? undefined : reader.text(script)),
    ...(request.signal ? { signal: request.signal } : {}),
  });
  return script === undefined ? groupLayout(request, source) : scriptLayout(request, reader, script, source);
}

/** From 1.20 on the paths of a tree that is no clean checkout are moved below `kubernetes`. */
function sourcePrefix(script: string | undefined): string {
  return script === undefined || /czf[^\n]*--transform[^\n]*kubernetes/.test(script) ? 'kubernetes' : '.';
}

function scriptLayout(
  request: LayoutRequest,
  reader: TreeReader,
  script: string,
  source: Tarball,
): ReleaseLayout {
  const { host, tree, version, program, tarballs } = request;
  const lists = new Map([
    ...groupLists(request),
    ...[...parseLists(reader.text('hack/lib/golang.sh') ?? '', 'linux-gnu')].filter(
      ([name]) => name === 'KUBE_TEST_PORTABLE',
    ),
  ]);
  const settings = { ...switches(host), KUBE_GIT_VERSION: version.gitVersion ?? '' };
  const reading = readPackagingScript(script, reader.text(script) ?? '', lists, settings);
  const names = [SOURCE_TARBALL, ...reading.tarballs.map(({ name }) => name)];
  const places = { host, root: tree.root, program, tarballs, names };
  const read = reading.tarballs.map((scripted) => tarballOf(scripted, places));
  const missing = [...new Set(read.flatMap((one) => one.missing))];
  return {
    tarballs: [source, ...read.map(({ tarball }) => tarball)],
    diagnostics: [
      ...(missing.length > 0 ? [membersMissing(reader, script, missing)] : []),
      ...(reading.unknown.length > 0 ? [linesUnknown(reading.unknown)] : []),
    ],
  };
}

/** Switches of the packaging scripts that decide about archives (KUBE_BUILD_HYPERKUBE, KUBE_BUILD_MONDO_TEST_TARBALL). */
function switches({ environment }: Host): Record<string, string> {
  const set = Object.entries(environment).filter(([name]) => name.startsWith('KUBE_BUILD_'));
  return Object.fromEntries(set.map(([name, value = '']) => [name, value]));
}

/** KUBE_SERVER_BINARIES, KUBE_SERVER_PLATFORMS and their kin, as the scripts name them. */
function groupLists({ tree, platforms }: LayoutRequest): [string, readonly string[]][] {
  return tree.groups.flatMap((group): [string, readonly string[]][] => {
    const name = group.name.toUpperCase().replaceAll('-', '_');
    const wanted = group.platforms.value.filter((one) => platforms === undefined || platforms.includes(one));
    const binaries = binariesOf(tree, group);
    return [
      [`KUBE_${name}_BINARIES`, binaries],
      [`KUBE_${name}_BINARIES_WIN`, binaries],
      [`KUBE_${name}_PLATFORMS`, wanted],
    ];
  });
}

/** File names of what a group builds, without `.exe`. */
export function binariesOf(tree: Tree, group: Group): string[] {
  const names = group.targets.value.map(
    (target) => tree.binaryNames?.[target] ?? target.slice(target.lastIndexOf('/') + 1),
  );
  return [...new Set(names)];
}

/** A tree without packaging script: one archive for each group and platform, and the sources. */
function groupLayout(request: LayoutRequest, source: Tarball): ReleaseLayout {
  const { host, tree, program, platforms } = request;
  const product = tree.goPackage.slice(tree.goPackage.lastIndexOf('/') + 1);
  const licenses = host.files
    .list(tree.root)
    .map((name) => name.replace(/\/$/, ''))
    .filter((name) => /^(LICEN[CS]ES?|NOTICE|COPYING)(\.(md|txt))?$/.test(name));
  const tarballs = tree.groups.flatMap((group) => {
    const wanted = group.platforms.value.filter((one) => platforms === undefined || platforms.includes(one));
    return wanted.map((platform): Tarball => {
      const programs = binariesOf(tree, group).map((name): Member => {
        const path = `${product}/bin/${executableName(name, platform)}`;
        const from = program(name, platform);
        const size = host.files.stat(from)?.size ?? 0;
        return { kind: 'file', path, from, mode: 0o755, size, program: { name, platform, path: from } };
      });
      const members = arranged([...programs, ...copiedMembers(host, tree.root, licenses, `${product}/`)]);
      const part = PARTS.find((one): one is Part => one === group.name) ?? 'final';
      return {
        name: `${product}-${group.name}-${platform.replace('/', '-')}.tar.gz`,
        part,
        platform,
        members,
        holds: [],
      };
    });
  });
  return { tarballs: [{ ...source, name: `${product}-src.tar.gz` }, ...tarballs], diagnostics: [] };
}

function membersMissing(reader: TreeReader, script: string, missing: readonly string[]): Diagnostic {
  const [first = ''] = missing;
  const name = first.slice(first.lastIndexOf('/') + 1);
  const where = reader.find(script, new RegExp(`(${escapeRegExp(name)})`), 'asked for here');
  return warning('release/members-missing', {
    what: `the tree lacks ${missing.join(', ')}`,
    where: [where ?? { file: script }],
    why: 'its own packaging script puts them into archives, which are made without them',
    help: `put them back, or take their lines out of ${script}; upstream’s script would stop there`,
  });
}

function linesUnknown(lines: readonly Location[]): Diagnostic {
  return warning('release/script-unknown', {
    what: `${lines.length === 1 ? 'a line' : `${lines.length} lines`} of the packaging script could not be read`,
    where: lines.slice(0, 5),
    why: 'archives are laid out as the tree’s own script says, and what such a line puts into one is left out',
    help: 'look at the members with kubewright release --dry-run; write the line with cp, mkdir, cat and find as the others are',
  });
}
