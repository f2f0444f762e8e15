/** `kubewright verify-release DIR|URL`: whether a release is what its tree gives. */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { exitCodeOf } from '../../diagnostic/codes.ts';
import { type Diagnostic, error, Failure, taken } from '../../diagnostic/diagnostic.ts';
import { type ProvenanceStatement, readProvenance, type Subject } from '../../formats/intoto/statement.ts';
import { isVerifiedBy, readStatementBundle } from '../../formats/sigstorebundle/bundle.ts';
import { type Difference, describeDifference, likelyCause } from '../../steps/verify/difference.ts';
import { STAMP_FIELDS } from '../../tree/eras/stamping.ts';
import { readTreeVersion } from '../../tree/version.ts';
import type { Start } from '../commands.ts';
import type { CommandContext } from '../request.ts';
import { openSession, type Session } from '../session.ts';
import { namedArtifacts } from '../supply/artifacts.ts';
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

interface Places {
  readonly out: string;
  readonly scratch: string;
}

async function compareAll(
  session: Session,
  directory: string,
  statement: ProvenanceStatement,
  places: Places,
): Promise<Diagnostic[]> {
  const { context, tree } = session;
  const { host, signal, options } = context;
  const { compareFiles } = await import('../../steps/verify/run.ts');
  const variables = tree.stamping.packages.value.flatMap((one) =>
    STAMP_FIELDS.map((field) => `${one}.${field}`),
  );
  const comparison = { host, scratch: places.scratch, variables, signal };
  const problems: Diagnostic[] = [];
  const verdicts: {
    readonly name: string;
    readonly equal: boolean;
    readonly differences: readonly string[];
  }[] = [];
  const compare = async (subject: Subject): Promise<void> => {
    const released = join(directory, subject.name);
    const rebuilt = rebuiltPath(statement, subject, places.out);
    const problem = !host.files.isFile(released)
      ? notReleased(subject.name)
      : rebuilt === undefined || !host.files.isFile(rebuilt)
        ? notRebuilt(subject.name)
        : undefined;
    const differences = problem || !rebuilt ? [] : await compareFiles(comparison, released, rebuilt);
    if (problem) problems.push(problem);
    else if (differences.length > 0)
      problems.push(different(session, statement, subject, released, differences));
    const told = differences.map((one) => describeDifference(subject.name, one));
    verdicts.push({ name: subject.name, equal: !problem && differences.length === 0, differences: told });
    if (!options.json)
      context.print(`${problem || differences.length > 0 ? 'different' : 'equal'}  ${subject.name}`);
  };
  for (const subject of statement.subject) await compare(subject);
  const named = new Set(statement.subject.map(({ name }) => name));
  const sources = new Set(
    statement.predicate.buildDefinition.resolvedDependencies.map(({ digest }) => digest['sha256']),
  );
  for (const { name, path, files } of namedArtifacts(session, [directory]).artifacts)
    for (const file of files) {
      if (named.has(`${name}${file.slice(path.length)}`)) continue;
      // Naked programs of a published release are what its archives were packed from, its scripts are files of the tree.
      const sha256 = host.files.digest(file);
      const subject = { name: `${name}${file.slice(path.length)}`, digest: { sha256 } };
      if (rebuiltPath(statement, subject, places.out) !== undefined) await compare(subject);
      else if (!sources.has(sha256)) problems.push(notNamed(name));
    }
  if (options.json) context.print(JSON.stringify({ artifacts: verdicts }));
  return problems;
}

/** Where the rebuild has put what the provenance says was at `<out>/…`. */
function rebuiltPath(
  { predicate }: ProvenanceStatement,
  { digest }: Subject,
  out: string,
): string | undefined {
  const outputs = predicate.buildDefinition.internalParameters.steps.flatMap((step) => step.outputs);
  const found = outputs.find((output) => output.digest.sha256 === digest.sha256)?.name;
  return found?.startsWith('<out>/') ? `${out}${found.slice('<out>'.length)}` : undefined;
}

const SHOWN = 8;

function different(
  { context }: Session,
  { predicate }: ProvenanceStatement,
  { name, digest }: Subject,
  released: string,
  differences: readonly Difference[],
): Diagnostic {
  const cause = likelyCause(differences, {
    changedAfterwards: context.host.files.digest(released) !== digest.sha256,
    keepsPaths: predicate.buildDefinition.internalParameters.steps.some(({ parts }) => keepsPaths(parts)),
  });
  const told = differences.slice(0, SHOWN).map((one) => describeDifference(name, one));
  const rest = differences.length > SHOWN ? [`and ${differences.length - SHOWN} more (--json has all)`] : [];
  return error('verify/different', {
    what: [...told, ...rest].join('\n  '),
    where: [{ file: released }],
    why: cause,
    help: 'do not use it before this is explained; kubewright inspect shows what a program says of itself',
  });
}

/** Paths are trimmed by a flag of their own, or inside those of the compiler. */
function keepsPaths(parts: Readonly<Record<string, string>>): boolean {
  const isCompiled = parts['verb'] !== undefined;
  return isCompiled && parts['flag -trimpath'] === undefined && !parts['flag -gcflags']?.includes('trimpath');
}

function notReleased(name: string): Diagnostic {
  return error('verify/different', {
    what: `${name} is in the provenance, and not in the release`,
    help: 'fetch the release again, all of it',
  });
}

function notRebuilt(name: string): Diagnostic {
  return error('verify/different', {
    what: `${name} was not made by the commands that its provenance records`,
    why: 'its output lies outside the output directory, or another command made it',
    help: 'attest releases that kubewright made in its output directory, so that they can be made again elsewhere',
  });
}

function notNamed(name: string): Diagnostic {
  return error('verify/different', {
    what: `${name} is in the release, and not in its provenance`,
    why: 'nobody says how it was made',
    help: 'remove it, or attest the release with it',
  });
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
