/** Compares a release with what its tree gave now, artifact by artifact. */
import { join } from 'node:path';
import { type Diagnostic, error } from '../../diagnostic/diagnostic.ts';
import type { ProvenanceStatement, Subject } from '../../formats/intoto/statement.ts';
import { type Difference, describeDifference, likelyCause } from '../../steps/verify/difference.ts';
import { STAMP_FIELDS } from '../../tree/eras/stamping.ts';
import type { Session } from '../session.ts';
import { namedArtifacts } from './artifacts.ts';
import { rebuiltPlace } from './places.ts';

export interface Places {
  readonly out: string;
  readonly scratch: string;
}

/** Prints a verdict for each artifact; what differs, lacks or is too much are the problems. */
export async function compareAll(
  session: Session,
  directory: string,
  statement: ProvenanceStatement,
  places: Places,
): Promise<Diagnostic[]> {
  const { context, tree } = session;
  const { host, signal, options } = context;
  const { compareFiles } = await import('../../steps/verify/run.ts');
  const { compareLayouts } = await import('../../steps/verify/layout/run.ts');
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
  /** Image layouts that came out with other images: released and rebuilt directory by name. */
  const layouts = new Map<string, readonly [string, string]>();
  const conclude = (name: string, equal: boolean, differences: readonly string[] = []): void => {
    verdicts.push({ name, equal, differences });
    if (!options.json) context.print(`${equal ? 'equal' : 'different'}  ${name}`);
  };
  const compare = async (subject: Subject): Promise<void> => {
    const released = join(directory, subject.name);
    const rebuilt = rebuiltPath(statement, subject, places.out);
    const layout = LAYOUT_FILE.exec(subject.name)?.[1];
    const [left, right] = [released, rebuilt ?? ''].map((path) => LAYOUT_FILE.exec(path)?.[1] ?? '');
    const isOtherImage =
      layout !== undefined && host.files.isFile(`${right}/index.json`) && host.files.isFile(released);
    if (isOtherImage && host.files.digest(released) === subject.digest.sha256) {
      const isEqual =
        host.files.isFile(rebuilt ?? '') && host.files.digest(rebuilt ?? '') === subject.digest.sha256;
      if (!isEqual) layouts.set(layout, [left as string, right as string]);
      return conclude(subject.name, isEqual);
    }
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
    conclude(subject.name, !problem && differences.length === 0, told);
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
  for (const [name, [released, rebuilt]] of layouts) {
    const differences = await compareLayouts(comparison, released, rebuilt);
    const whole = { name, digest: { sha256: '' } };
    if (differences.length > 0) problems.push(different(session, statement, whole, released, differences));
    verdicts.push({
      name,
      equal: false,
      differences: differences.map((one) => describeDifference(name, one)),
    });
  }
  if (options.json) context.print(JSON.stringify({ artifacts: verdicts }));
  return problems;
}

/** Files of an OCI image layout by which its images are known. */
const LAYOUT_FILE = /^(.*)\/(?:index\.json|blobs\/sha256\/[0-9a-f]{64})$/;

/** Where the rebuild has put what the provenance names; of several places the one that is named alike. */
function rebuiltPath(
  { predicate }: ProvenanceStatement,
  { name, digest }: Subject,
  out: string,
): string | undefined {
  const outputs = predicate.buildDefinition.internalParameters.steps.flatMap((step) => step.outputs);
  const own = outputs.filter((output) => output.digest.sha256 === digest.sha256);
  const found =
    own.find((output) => output.name.endsWith(`/${name}`)) ??
    own.find((output) => output.name.startsWith('<out>/')) ??
    own[0];
  return found && rebuiltPlace(found.name, out);
}

const SHOWN = 8;

function different(
  { context }: Session,
  { predicate }: ProvenanceStatement,
  { name, digest }: Subject,
  released: string,
  differences: readonly Difference[],
): Diagnostic {
  const { files } = context.host;
  const cause = likelyCause(differences, {
    changedAfterwards: files.isFile(released) && files.digest(released) !== digest.sha256,
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
