/** `kubewright verify-release DIR|URL`: whether a release is what its tree gives. */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { exitCodeOf } from '../../diagnostic/codes.ts';
import { type Diagnostic, error, Failure, taken } from '../../diagnostic/diagnostic.ts';
import { type ProvenanceStatement, readProvenance } from '../../formats/intoto/statement.ts';
import { isVerifiedBy, readStatementBundle } from '../../formats/sigstorebundle/bundle.ts';
import { readTreeVersion } from '../../tree/version.ts';
import type { Start } from '../commands.ts';
import type { CommandContext } from '../request.ts';
import { openSession, type Session } from '../session.ts';
import { compareAll } from '../supply/comparison.ts';
import { rebuild } from '../supply/rebuild.ts';
import { isRemote, openRemoteRelease } from '../supply/remoterelease.ts';

interface VerifyOptions {
  readonly key?: string;
}

export function configure(command: Command, start: Start): void {
  command
    .argument('<release>', 'a directory, or a published release by its http, https, s3 or gs address')
    .option('--key <file>', 'public key that the provenance must be signed with')
    .action((directory: string, options: VerifyOptions) =>
      start((context) => verifyRelease(context, directory, options)),
    );
}

async function verifyRelease(context: CommandContext, name: string, options: VerifyOptions): Promise<number> {
  const session = await openSession(context);
  if (isRemote(name)) {
    const remote = await openRemoteRelease(session, name, `${session.own}/verify-fetched`);
    try {
      return await verifyDirectory(session, remote.directory, options, remote.fetchAll);
    } finally {
      await remote.close();
    }
  }
  const path = /^file:\/\/\//i.test(name) ? fileURLToPath(name) : name;
  const directory = resolve(context.host.workingDirectory, path);
  return verifyDirectory(session, directory, options, async () => []);
}

/** `fetchAll` brings the artifacts, once signature and tree are known to be right. */
async function verifyDirectory(
  session: Session,
  directory: string,
  options: VerifyOptions,
  fetchAll: () => Promise<readonly Diagnostic[]>,
): Promise<number> {
  const { host, report } = session.context;
  const statement = readStatement(session, directory, options);
  await requireTree(session, statement);
  const unfit = await fetchAll();
  const scratch = `${session.own}/verify`;
  host.files.remove(scratch);
  try {
    const { out } = await rebuild(session, statement.predicate, scratch);
    const compared = await compareAll(session, directory, statement, { out, scratch: `${scratch}/members` });
    const problems = [...unfit, ...compared];
    for (const problem of problems) report(problem);
    return problems.length === 0 ? 0 : exitCodeOf(problems.map(({ code }) => code));
  } finally {
    host.files.removeAll(scratch);
  }
}

/** The provenance beside the artifacts; with a key only as it was signed. */
function readStatement({ context }: Session, directory: string, { key }: VerifyOptions): ProvenanceStatement {
  const { files, workingDirectory } = context.host;
  const plain = files.readTextIfAny(join(directory, 'provenance.json'));
  const bundle = readStatementBundle(files.readTextIfAny(join(directory, 'provenance.sigstore.json')) ?? '');
  if (key !== undefined) {
    const path = resolve(workingDirectory, key);
    const pem = files.isFile(path) ? files.readText(path) : '';
    if (!bundle || !isVerifiedBy(pem, bundle))
      throw new Failure(wrongSignature(directory, key, bundle === undefined));
  }
  const text = key === undefined ? (plain ?? bundle?.payload.toString()) : bundle?.payload.toString();
  const statement = text === undefined ? undefined : readProvenance(text);
  if (!statement) throw new Failure(noProvenance(directory, text !== undefined));
  return statement;
}

/** Every file that was read must be there as it was: else a rebuild tells nothing. */
async function requireTree(session: Session, { predicate }: ProvenanceStatement): Promise<void> {
  const { context, tree } = session;
  const { host, signal } = context;
  const changed = predicate.buildDefinition.resolvedDependencies.flatMap(({ name, digest }) => {
    const path = join(tree.root, name);
    if (!digest['sha256'] || /^[<(]|^(tree|toolchain) /.test(name)) return [];
    return host.files.isFile(path) && host.files.digest(path) === digest['sha256'] ? [] : [name];
  });
  const recorded = predicate.buildDefinition.resolvedDependencies.find(({ digest }) => digest['gitCommit']);
  const commit = recorded?.digest['gitCommit'];
  const version = taken(await readTreeVersion(host, tree, { signal })).value;
  const isOther = commit !== undefined && version.gitCommit !== undefined && commit !== version.gitCommit;
  if (changed.length > 0 || isOther)
    throw new Failure(otherTree(tree.root, changed, commit, version.gitCommit));
}

function noProvenance(directory: string, isThere: boolean): Diagnostic {
  return error('verify/no-provenance', {
    what: isThere
      ? `the provenance in ${directory} is not one of kubewright`
      : `${directory} holds no provenance.json`,
    why: 'it says with which commands, settings and toolchain the release is to be built again',
    help: 'fetch provenance.json or provenance.sigstore.json of the release too; kubewright attest DIR writes them where a release is made',
  });
}

function wrongSignature(directory: string, key: string, isMissing: boolean): Diagnostic {
  return error('verify/signature', {
    what: isMissing
      ? `${directory} holds no provenance.sigstore.json that could be checked with ${key}`
      : `the provenance in ${directory} is not signed with ${key}`,
    why: 'provenance that nobody signed can say anything',
    help: 'ask those who released it for their public key and the signed provenance, and trust neither from one place',
  });
}

function otherTree(
  root: string,
  changed: readonly string[],
  commit: string | undefined,
  current: string | undefined,
): Diagnostic {
  const [first, ...others] = changed;
  const files = others.length > 0 ? `${first} and ${others.length} more are` : `${first} is`;
  return error('verify/other-tree', {
    what: first
      ? `${root} is not the tree that the release was built from: ${files} not as then`
      : `${root} is at commit ${current}, and the release was built from ${commit}`,
    why: 'another tree gives other bytes, so building it would tell nothing about the release',
    help: commit
      ? `git checkout ${commit}, without changes of your own, then run this again`
      : 'get the sources of the release, without changes of your own, then run this again',
  });
}
