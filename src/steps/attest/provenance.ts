/** From what runs left behind to the provenance of artifacts: values in, a statement out. */
import { type Digest, digestOfBytes } from '../../formats/digest.ts';
import {
  BUILD_TYPE,
  BUILDER,
  type ProvenanceStatement,
  provenanceStatement,
  type RecordedPackage,
  type RecordedProcess,
  type RecordedStep,
  type Resource,
  type Subject,
} from '../../formats/intoto/statement.ts';
import type { RunRecord, StepRecord } from '../../report/fold.ts';

/** The Step of a run that made an artifact. */
export interface Origin {
  readonly run: RunRecord;
  readonly step: StepRecord;
}

export interface InputFile {
  /** Relative to the tree. */
  readonly path: string;
  readonly digest: Digest;
}

export interface StepInputs {
  readonly parts: Readonly<Record<string, string>>;
  /** Absent when the Step's inputs are not known any more. */
  readonly files?: readonly InputFile[];
}

export interface ProvenanceFacts {
  readonly subjects: readonly Subject[];
  /** Every Step that had a part in the subjects; each once. */
  readonly origins: readonly Origin[];
  readonly inputsOf: (origin: Origin) => StepInputs;
  readonly tree: { readonly version: string; readonly state: string; readonly commit?: string };
  readonly toolchainDigest?: string;
  /** Directories whose names are nobody's business, and what stands for them. */
  readonly places: readonly (readonly [directory: string, name: string])[];
}

export function provenanceOf(facts: ProvenanceFacts): ProvenanceStatement {
  const { subjects, origins, tree, places } = facts;
  const runs = [...new Set(origins.map(({ run }) => run))].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const hide = hiding(places);
  const processes: RecordedProcess[] = [];
  const placeOf = new Map<string, number>();
  const files = new Map<string, Digest>();
  const steps = [...origins].sort(byStep).map((origin): RecordedStep => {
    const { run, step } = origin;
    const { parts, files: inputs } = facts.inputsOf(origin);
    for (const { path, digest } of inputs ?? []) files.set(path, digest);
    const own = run.commands.filter((command) => command.steps.includes(step.id));
    const commands = own.map(({ argv, workingDirectory, environment }) => {
      const process = hide({ argv, workingDirectory, environment: allowed(environment) });
      return indexOf(process, processes, placeOf);
    });
    return {
      ...{ id: hide(step.id), key: step.key ?? '', run: nameOf(run), outcome: step.state, commands },
      outputs: step.outputs.map(({ path, digest }) => ({ name: hide(path), digest: { sha256: digest } })),
      parts: hide(parts),
      ...(inputs ? { inputs: hashOfFiles(inputs) } : {}),
    };
  });
  const [first] = runs;
  const toolchain = runs.map((run) => run.started?.toolchain ?? '').find(Boolean) ?? '';
  const ends = runs.map(endOf).sort();
  return provenanceStatement(
    [...subjects].sort((a, b) => (a.name < b.name ? -1 : 1)),
    {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: {
          tree: { version: tree.version, state: tree.state },
          toolchain,
          commands: runs.map((run) =>
            hide({
              run: nameOf(run),
              argv: run.started?.command ?? [],
              environment: run.started?.environment ?? {},
            }),
          ),
        },
        internalParameters: { steps, commands: processes, packages: packagesOf(runs) },
        resolvedDependencies: [
          ...treeResource(facts),
          ...toolchainResource(toolchain, facts.toolchainDigest),
          ...[...files]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([path, digest]) => fileResource(hide(path), digest)),
        ],
      },
      runDetails: {
        builder: { id: BUILDER, version: { kubewright: first?.started?.kubewright ?? '' } },
        metadata: {
          invocationId: runs.map(nameOf).join(' '),
          startedOn: runs.map((run) => run.started?.time ?? '').sort()[0] ?? '',
          finishedOn: ends.at(-1) ?? '',
        },
      },
    },
  );
}

function packagesOf(runs: readonly RunRecord[]): RecordedPackage[] {
  const name = (one: RecordedPackage) => `${one.package} ${one.platform} ${one.key}`;
  const all = new Map(runs.flatMap((run) => run.packages).map((one) => [name(one), one]));
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function nameOf(run: RunRecord): string {
  return run.started?.run ?? '';
}

function byStep(a: Origin, b: Origin): number {
  return a.step.id < b.step.id ? -1 : a.step.id > b.step.id ? 1 : nameOf(a.run) < nameOf(b.run) ? -1 : 1;
}

function endOf(run: RunRecord): string {
  const start = Date.parse(run.started?.time ?? '') || 0;
  return new Date(start + (run.finished?.milliseconds ?? run.lastAt)).toISOString();
}

function indexOf(process: RecordedProcess, all: RecordedProcess[], known: Map<string, number>): number {
  const text = JSON.stringify(process);
  const found = known.get(text);
  if (found !== undefined) return found;
  known.set(text, all.length);
  all.push(process);
  return all.length - 1;
}

/** What a process was told of its build; who ran it and where it may write is left out. */
const ALLOWED = /^(GO[A-Z0-9_]*|CGO_[A-Z]+|CC|CXX|KUBE_[A-Z0-9_]+|LC_ALL|SOURCE_DATE_EPOCH)$/;

function allowed(environment: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(environment).filter(([name]) => ALLOWED.test(name));
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Replaces the names of places in every text of a value; the longest first. */
function hiding(places: ProvenanceFacts['places']): <T>(value: T) => T {
  const ordered = [...places]
    .filter(([directory]) => directory.length > 1)
    .sort((a, b) => b[0].length - a[0].length);
  const text = (value: string) =>
    ordered.reduce((one, [directory, name]) => one.replaceAll(directory, name), value);
  const hide = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(hide);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, hide(member)]));
  };
  return hide as <T>(value: T) => T;
}

/** golang.org/x/mod/sumdb/dirhash, Hash1, in hexadecimal: SHA-256 over lines of digest, two blanks, name, by name. */
export function hashOfFiles(files: readonly InputFile[]): Digest {
  const lines = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return digestOfBytes(lines.map(({ path, digest }) => `${digest}  ${path}\n`).join(''));
}

function treeResource({ tree }: ProvenanceFacts): Resource[] {
  return tree.commit ? [{ name: `tree ${tree.version}`, digest: { gitCommit: tree.commit } }] : [];
}

/** `h1:…` is a directory hash (in-toto digest_set.md, dirHash); what was found on disk has the digest of its tools. */
function toolchainResource(toolchain: string, digest: string | undefined): Resource[] {
  if (!toolchain || !digest) return [];
  const [kind = '', value = ''] = digest.split(/:(.*)/s);
  const set = kind === 'h1' ? { dirHash: Buffer.from(value, 'base64').toString('hex') } : { [kind]: value };
  return [{ name: `toolchain ${toolchain}`, digest: set }];
}

function fileResource(name: string, sha256: Digest): Resource {
  return { name, digest: { sha256 } };
}
