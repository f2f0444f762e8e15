/** Asks git about a tree with a closed set of options: it runs no hook, filter, pager or helper of the tree. */
import { join } from 'node:path';
import { bad, type Diagnostic, error, ok, type Result } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import type { ProcessRequest, ProcessResult } from '../../host/processes.ts';

export interface GitFacts {
  readonly commit: string;
  readonly shortCommit: string;
  /** Commit time, seconds since 1970. */
  readonly time: number;
  readonly dirty: boolean;
  /** What `git describe` says; undefined without a tag. */
  readonly described: string | undefined;
}

export interface GitQuestion {
  /** Pattern of tags that name versions. */
  readonly match?: string;
  /** Digits of the hash behind the distance; git's own default when absent. */
  readonly abbreviate?: number;
  /** Describe this commit instead of HEAD. */
  readonly commit?: string;
  readonly wantStatus: boolean;
  readonly wantDescription: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Facts about HEAD, three calls at once; undefined where there is no repository, no commit or no git.
 * A repository that git refuses to open (another owner) is a Diagnostic with git's own words.
 */
export async function askGit(
  host: Host,
  root: string,
  question: GitQuestion,
): Promise<Result<GitFacts | undefined>> {
  const program = host.processes.find('git');
  if (!program) return ok(undefined, host.files.exists(join(root, '.git')) ? [missing(root)] : []);
  const run = (...words: readonly string[]) => runGit(host, root, words, question);
  const describe = [
    ...['describe', '--tags'],
    ...(question.match ? [`--match=${question.match}`] : []),
    ...(question.abbreviate === undefined ? [] : [`--abbrev=${question.abbreviate}`]),
    `${question.commit ?? 'HEAD'}^{commit}`,
  ];
  const [log, status, description] = await Promise.all([
    run('log', '-1', '--no-show-signature', '--format=%H %h %ct', 'HEAD'),
    question.wantStatus ? run('status', '--porcelain') : undefined,
    question.wantDescription ? run(...describe) : undefined,
  ]);
  question.signal?.throwIfAborted();
  const [commit = '', shortCommit = '', time = ''] = log.stdout.trim().split(' ');
  if (log.exitCode !== 0 || commit === '') {
    return /dubious ownership|unsafe repository/.test(log.stderr)
      ? bad(refused(root, log.stderr))
      : ok(undefined);
  }
  return ok({
    commit,
    shortCommit,
    time: Number(time),
    // As upstream: a status that fails counts as dirty, and so do files that git does not know.
    dirty: status ? status.exitCode !== 0 || status.stdout.trim() !== '' : false,
    described: description?.exitCode === 0 ? description.stdout.trim() || undefined : undefined,
  });
}

/** One call of git in a tree, with nothing of the tree's own that would run. */
export function runGit(
  host: Host,
  root: string,
  words: readonly string[],
  { signal, input, isSettled = false }: Pick<ProcessRequest, 'signal' | 'input' | 'isSettled'>,
): Promise<ProcessResult> {
  return host.processes.run({
    argv: ['git', ...CLOSED, ...withoutFilters(host, root), ...words],
    environment: environmentOf(host),
    workingDirectory: root,
    timeoutMilliseconds: 120_000,
    ...{ isSettled, isQuestion: !isSettled },
    ...(signal ? { signal } : {}),
    ...(input === undefined ? {} : { input }),
  });
}

const CLOSED = [
  ...['--no-pager', '--no-optional-locks', '--no-replace-objects', '-c', 'core.fsmonitor=false'],
  ...['-c', 'core.hooksPath=/dev/null', '-c', 'protocol.allow=never', '-c', 'log.showSignature=false'],
];

/** A filter in the repository's own configuration would be a program of whoever packed it. */
function withoutFilters(host: Host, root: string): string[] {
  const text = host.files.readTextIfAny(join(root, '.git', 'config')) ?? '';
  return [...text.matchAll(/^\s*\[filter "([^"\n]+)"\]/gm)].flatMap((match) =>
    ['clean=', 'smudge=', 'process=', 'required=false'].flatMap((setting) => [
      '-c',
      `filter.${match[1]}.${setting}`,
    ]),
  );
}

/** HOME stays: the user's own safe.directory lines are theirs to give. */
function environmentOf(host: Host): Record<string, string> {
  return {
    PATH: host.processes.searchPath(),
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    ...(host.homeDirectory ? { HOME: host.homeDirectory } : {}),
  };
}

function refused(root: string, said: string): Diagnostic {
  return error('version/git-failed', {
    what: `git refuses to read the repository of ${root}`,
    where: [{ file: root }],
    why: said.trim().split('\n')[0] ?? '',
    help: `allow it once: git config --global --add safe.directory ${root}\nor name the version yourself: --version-string v1.2.3`,
  });
}

function missing(root: string): Diagnostic {
  return {
    ...error('version/git-failed', {
      what: 'the program git was not found, so no version is stamped',
      where: [{ file: join(root, '.git') }],
      why: 'commit, tag and tree state of a git checkout are read with git',
      help: 'install git, or name the version yourself: --version-string v1.2.3',
    }),
    severity: 'warning',
  };
}
