/** The archive of the tree itself: of a clean checkout what its commit holds, of any other tree what lies there. */
import { join } from 'node:path';
import type { Host } from '../../host/host.ts';
import { arranged, type Member, type Tarball } from '../../release/member.ts';
import { runGit } from '../version/git.ts';
import { copiedMembers } from './members.ts';

export const SOURCE_TARBALL = 'kubernetes-src.tar.gz';

export interface SourceRequest {
  /** Whether the checkout is exactly its commit. */
  readonly isClean: boolean;
  /** What stands before the paths of a tree that is not: `kubernetes` from 1.20 on, `.` before. */
  readonly prefix: string;
  readonly signal?: AbortSignal;
}

export async function readSource(host: Host, root: string, request: SourceRequest): Promise<Tarball> {
  const committed = request.isClean ? await committedMembers(host, root, request.signal) : undefined;
  const members = committed ?? unpackedMembers(host, root, request.prefix);
  return { name: SOURCE_TARBALL, part: 'src', members, holds: [] };
}

/** As upstream's find: every entry of the root but outputs and what belongs to git, its own directory left out. */
function unpackedMembers(host: Host, root: string, prefix: string): Member[] {
  const names = host.files.list(root).map((name) => name.replace(/\/$/, ''));
  const wanted = names.filter((name) => !/^(_|\.git|\.config|\.gsutil)/.test(name));
  return arranged(copiedMembers(host, root, wanted, `${prefix}/`)).filter(({ path }) => path !== prefix);
}

/** As git archive: tracked files, attributes export-ignore and export-subst obeyed. Undefined where git fails. */
async function committedMembers(
  host: Host,
  root: string,
  signal: AbortSignal | undefined,
): Promise<Member[] | undefined> {
  if (!host.files.exists(join(root, '.git'))) return undefined;
  // Of a clean checkout, which files there are follows from its commit.
  const settled = { isSettled: true, ...(signal ? { signal } : {}) };
  const tracked = await runGit(host, root, ['ls-files', '-z'], settled);
  if (tracked.exitCode !== 0 || tracked.truncated) return undefined;
  const words = ['check-attr', '-z', '--stdin', 'export-ignore', 'export-subst'];
  const attributes = await runGit(host, root, words, { ...settled, input: tracked.stdout });
  if (attributes.exitCode !== 0 || attributes.truncated) return undefined;
  const set = { 'export-ignore': new Set<string>(), 'export-subst': new Set<string>() };
  const facts = attributes.stdout.split('\0');
  for (let i = 0; i + 2 < facts.length; i += 3)
    if (facts[i + 2] === 'set') set[facts[i + 1] as keyof typeof set].add(facts[i] as string);
  const isIgnored = (path: string) =>
    path.split('/').some((_, i, parts) => set['export-ignore'].has(parts.slice(0, i + 1).join('/')));
  const names = tracked.stdout.split('\0').filter((path) => path !== '' && !isIgnored(path));
  const members = copiedMembers(host, root, names, '');
  const substituted = members.map((member) => substitute(host, root, member, set['export-subst'], signal));
  return arranged(await Promise.all(substituted));
}

/** `$Format:%H$` as git archive fills it in. */
async function substitute(
  host: Host,
  root: string,
  member: Member,
  paths: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<Member> {
  if (member.kind !== 'file' || !paths.has(member.path)) return member;
  let text = host.files.readText(member.from);
  for (const [mark, format = ''] of [...text.matchAll(/\$Format:([^$\n]*)\$/g)]) {
    const said = await runGit(host, root, ['log', '-1', `--format=${format}`, 'HEAD'], {
      ...(signal ? { signal } : {}),
    });
    if (said.exitCode === 0) text = text.replace(mark, () => said.stdout.replace(/\n$/, ''));
  }
  return { kind: 'text', path: member.path, text };
}
