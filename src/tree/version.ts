/**
 * The version that a tree's binaries carry: from a version file, the marks of `git archive`, the environment
 * or git, by the rules of its era (spec versions-and-targets 9). Never from the wall clock.
 */
import { isAbsolute, join } from 'node:path';
import { bad, type Diagnostic, error, type Location, ok, type Result } from '../diagnostic/diagnostic.ts';
import type { Host } from '../host/host.ts';
import type { Tree } from './tree.ts';
import { isSemanticVersion, majorMinor, transformVersion } from './version/describe.ts';
import { askGit, type GitFacts } from './version/git.ts';
import { parseVersionFile } from './version/versionfile.ts';

export interface Stamp {
  readonly package: string;
  readonly field: string;
  readonly value: string;
}

export interface TreeVersion {
  readonly gitVersion?: string;
  readonly gitCommit?: string;
  readonly gitShortCommit?: string;
  readonly gitTreeState?: string;
  readonly gitMajor?: string;
  readonly gitMinor?: string;
  /** `2021-01-13T13:28:09Z`. */
  readonly buildDate: string;
  /** Where the version comes from: a place in a file, or words (`git describe`, `KUBE_GIT_VERSION`). */
  readonly source: Location | string;
  /** Where the build date comes from, in words. */
  readonly buildDateSource: string;
  /** One for each package and field, in the order that the tree writes them. */
  readonly stamps: readonly Stamp[];
}

export interface VersionOptions {
  /** --version-string: the version as the user wants it, taken as it is. */
  readonly versionString?: string | undefined;
  /** --build-date: an RFC 3339 time, or seconds since 1970. */
  readonly buildDate?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Parts = Omit<TreeVersion, 'buildDate' | 'buildDateSource' | 'stamps'> & { readonly time?: number };

/**
 * Reads the version. Precedence: --version-string, KUBE_GIT_VERSION_FILE, the marks of `git archive`,
 * KUBE_GIT_*, version.value of kubewright.yaml, git. What is not known stays out of the stamps.
 */
export async function readTreeVersion(
  host: Host,
  tree: Tree,
  options: VersionOptions,
): Promise<Result<TreeVersion>> {
  const parts = await readParts(host, tree, options);
  if (!parts.ok) return parts;
  const date = buildDateOf(host, options, parts.value.time);
  if (!date.ok) return date;
  const { time, ...version } = parts.value;
  const whole = { ...version, ...date.value };
  return ok({ ...whole, stamps: stampsOf(tree, whole) }, parts.diagnostics);
}

async function readParts(host: Host, tree: Tree, options: VersionOptions): Promise<Result<Parts>> {
  const { environment } = host;
  const file = environment['KUBE_GIT_VERSION_FILE'];
  if (file && options.versionString === undefined) return readFile(host, file);
  const archive = archiveMarks(host, tree);
  const own = ownVersion(environment, tree, options, archive);
  const commit = archive?.commit ?? (environment['KUBE_GIT_COMMIT'] || undefined);
  const state = archive ? 'archive' : environment['KUBE_GIT_TREE_STATE'] || undefined;
  // An unpacked archive is no checkout of the repository that happens to enclose it.
  const useGit = !archive || host.files.exists(join(tree.root, '.git'));
  const plain = tree.stamping.describeRule === 'plain';
  const git = useGit
    ? await askGit(host, tree.root, {
        ...(tree.stamping.describeMatch ? { match: tree.stamping.describeMatch } : {}),
        ...(plain ? {} : { abbreviate: 14 }),
        ...(commit ? { commit } : {}),
        wantStatus: state === undefined,
        wantDescription: own === undefined,
        ...(options.signal ? { signal: options.signal } : {}),
      })
    : ok(undefined);
  if (!git.ok) return git;
  const facts = git.value;
  const known = commit ?? facts?.commit;
  const treeState = known ? (state ?? (facts && !facts.dirty ? 'clean' : 'dirty')) : undefined;
  const version = versionOf(tree, own, facts, treeState === 'dirty');
  if (version && !isAcceptable(tree, own, version.value))
    return bad(notSemantic(tree, own, facts, version.value));
  const numbers = version ? majorMinor(tree.stamping.describeRule, version.value) : undefined;
  const shortCommit = known ? (known === facts?.commit ? facts.shortCommit : known.slice(0, 9)) : undefined;
  return ok(
    {
      ...(version ? { gitVersion: version.value } : {}),
      ...(known ? { gitCommit: known } : {}),
      ...(shortCommit ? { gitShortCommit: shortCommit } : {}),
      ...(treeState ? { gitTreeState: treeState } : {}),
      ...(numbers ? { gitMajor: numbers.major, gitMinor: numbers.minor } : {}),
      source:
        version?.source ??
        archive?.where ??
        (facts ? 'git, which knows no version tag' : 'nowhere: no git, no archive marks'),
      ...(facts ? { time: facts.time } : {}),
    },
    git.diagnostics,
  );
}

interface OwnVersion {
  readonly value: string;
  readonly source: Location | string;
  /** Taken as it is: no transformation, no -dirty. */
  readonly verbatim: boolean;
}

/** A version that somebody named, in order of precedence. */
function ownVersion(
  environment: Host['environment'],
  tree: Tree,
  options: VersionOptions,
  archive: ArchiveMarks | undefined,
): OwnVersion | undefined {
  if (options.versionString !== undefined)
    return { value: options.versionString, source: '--version-string', verbatim: true };
  if (archive?.version) return { value: archive.version, source: archive.where, verbatim: false };
  const variable = environment['KUBE_GIT_VERSION'];
  if (variable) return { value: variable, source: 'KUBE_GIT_VERSION', verbatim: false };
  const configured = tree.stamping.value;
  return configured ? { value: configured.value, source: configured.where, verbatim: true } : undefined;
}

function versionOf(
  tree: Tree,
  own: OwnVersion | undefined,
  facts: GitFacts | undefined,
  dirty: boolean,
): { readonly value: string; readonly source: Location | string } | undefined {
  if (own?.verbatim) return own;
  const rule = tree.stamping.describeRule;
  if (own) return { value: transformVersion(rule, own.value, dirty), source: own.source };
  if (!facts?.described) return undefined;
  const described = rule === 'plain' && dirty ? `${facts.described}-dirty` : facts.described;
  return { value: transformVersion(rule, described, dirty), source: 'git describe' };
}

/** Up to 1.7 a tree takes any tag; what a person names is checked everywhere. */
function isAcceptable(tree: Tree, own: OwnVersion | undefined, version: string): boolean {
  const { describeRule } = tree.stamping;
  const lenient = (describeRule === 'k8s-1.2' || describeRule === 'k8s-1.7') && !own?.verbatim;
  return lenient || isSemanticVersion(version);
}

interface ArchiveMarks {
  readonly commit: string;
  readonly version?: string;
  readonly where: Location;
}

/** What `git archive` wrote into hack/lib/version.sh, if this tree came out of one. */
function archiveMarks(host: Host, tree: Tree): ArchiveMarks | undefined {
  const file = 'hack/lib/version.sh';
  const text = host.files.readTextIfAny(join(tree.root, file));
  const lines = text?.split('\n') ?? [];
  const index = lines.findIndex((line) => /KUBE_GIT_COMMIT='[0-9a-f]{40}'/.test(line));
  const commit = lines[index]?.match(/'([0-9a-f]{40})'/)?.[1];
  if (!commit) return undefined;
  const tagged = lines.findIndex((line) => /\[\[ '.*\btag: v[^ ,']+.*' =~ /.test(line));
  const version = lines[tagged]?.match(/\btag: (v[^ ,']+)/)?.[1];
  const at = version ? tagged : index;
  const line = lines[at] ?? '';
  const word = version ?? commit;
  return {
    commit,
    ...(version ? { version } : {}),
    where: { file, line: at + 1, column: line.indexOf(word) + 1, length: word.length, text: line },
  };
}

function readFile(host: Host, named: string): Result<Parts> {
  const path = isAbsolute(named) ? named : join(host.workingDirectory, named);
  const text = host.files.readTextIfAny(path);
  if (text === undefined) {
    return bad(
      error('version/file-invalid', {
        what: `the version file ${named} does not exist`,
        where: [{ file: named }],
        why: 'KUBE_GIT_VERSION_FILE names it, and it would replace git',
        help: 'correct KUBE_GIT_VERSION_FILE, or unset it to ask git',
      }),
    );
  }
  const parsed = parseVersionFile(named, text);
  if (!parsed.ok) return parsed;
  const values = parsed.value;
  const part = (field: string, name: string) => (values[name] ? { [field]: values[name] } : {});
  return ok({
    ...part('gitVersion', 'KUBE_GIT_VERSION'),
    ...part('gitCommit', 'KUBE_GIT_COMMIT'),
    ...part('gitTreeState', 'KUBE_GIT_TREE_STATE'),
    ...part('gitMajor', 'KUBE_GIT_MAJOR'),
    ...part('gitMinor', 'KUBE_GIT_MINOR'),
    source: { file: named },
  });
}

function buildDateOf(
  host: Host,
  options: VersionOptions,
  commitTime: number | undefined,
): Result<{ readonly buildDate: string; readonly buildDateSource: string }> {
  const named = options.buildDate ?? (host.environment['SOURCE_DATE_EPOCH'] || undefined);
  const source = options.buildDate === undefined ? 'SOURCE_DATE_EPOCH' : '--build-date';
  if (named === undefined) {
    // An archive without git has no time of its own; 1970 says so, and two builds stay equal.
    const buildDateSource = commitTime === undefined ? 'no commit time is known' : 'the time of the commit';
    return ok({ buildDate: formatDate((commitTime ?? 0) * 1000), buildDateSource });
  }
  const milliseconds = /^-?\d+$/.test(named) ? Number(named) * 1000 : Date.parse(named);
  if (Number.isNaN(milliseconds) || Math.abs(milliseconds) > 8.64e15) {
    return bad(
      error('request/invalid', {
        what: `${source} holds no time: ${named}`,
        why: 'the build date is stamped into every binary',
        help: 'give seconds since 1970 (1610544489) or a time like 2021-01-13T13:28:09Z',
      }),
    );
  }
  return ok({ buildDate: formatDate(milliseconds), buildDateSource: source });
}

function formatDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

function stampsOf(tree: Tree, version: Omit<TreeVersion, 'stamps'>): Stamp[] {
  const values: Readonly<Record<string, string | undefined>> = {
    buildDate: version.buildDate,
    gitCommit: version.gitCommit,
    gitShortCommit: version.gitShortCommit,
    gitTreeState: version.gitCommit ? version.gitTreeState : undefined,
    gitVersion: version.gitVersion,
    gitMajor: version.gitMinor ? version.gitMajor : undefined,
    gitMinor: version.gitMajor ? version.gitMinor : undefined,
  };
  return tree.stamping.fields.flatMap((field) => {
    const value = values[field];
    return value ? tree.stamping.packages.value.map((name) => ({ package: name, field, value })) : [];
  });
}

/**
 * The `-X` words for the linker in the tree's own quoting and order. `goVersion` matters to trees of 1.0-1.3
 * alone: Go up to 1.4 wants the key and the value as two words.
 */
export function stampFlags(
  tree: Pick<Tree, 'flags'>,
  version: Pick<TreeVersion, 'stamps'>,
  goVersion?: string,
): string[] {
  const old = goVersion === undefined || /^1\.[0-4](\D|$)/.test(goVersion);
  const form = tree.flags.stampForm === 'pair' && !old ? 'plain' : tree.flags.stampForm;
  return version.stamps.map(({ package: name, field, value }) => {
    if (form === 'pair') return `-X ${name}.${field} ${value}`;
    return form === 'quoted' ? `-X '${name}.${field}=${value}'` : `-X ${name}.${field}=${value}`;
  });
}

function notSemantic(
  tree: Tree,
  own: OwnVersion | undefined,
  facts: GitFacts | undefined,
  version: string,
): Diagnostic {
  const from = own ? own.source : `git describe, which says ${facts?.described ?? ''}`;
  return error('version/not-semver', {
    what: `the version ${version || '(empty)'} is no semantic version`,
    where: typeof from === 'string' ? [{ file: tree.stamping.packages.where.file }] : [from],
    why: `it comes from ${typeof from === 'string' ? from : `${from.file}`}; Kubernetes and its clients compare versions as vMAJOR.MINOR.PATCH with an optional -pre-release and +build`,
    help: own
      ? 'write it like v1.30.0 or v1.30.0-rc.1+vendor.2'
      : 'tag the commit like v1.30.0 (one + at most), or name the version: --version-string v1.30.0+vendor.2',
  });
}
