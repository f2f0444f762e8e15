/**
 * Runs a generator for a batch of packages into a scratch directory. When a run fails, those whose code or name it
 * complained about are set apart and the others run again: one package's trouble stays its own.
 */
import { type Diagnostic, error, type Location } from '../../../diagnostic/diagnostic.ts';
import type { Host } from '../../../host/host.ts';
import type { StepId } from '../../../plan/step.ts';
import { actionOf, type GeneratorPlaces, generatorCommand, reportPath } from './command.ts';
import { type Complaint, complaints, failureOf, namedOutputs } from './failures.ts';
import type { PlannedOutput } from './output.ts';

export interface GeneratorRun extends Omit<GeneratorPlaces, 'scratch'> {
  readonly host: Host;
  readonly outputs: readonly PlannedOutput[];
  /** A directory of this run's own. */
  readonly scratch: string;
  /** Puts what the generator looks at where it writes: the tree, or hand-written files. Returns the paths made. */
  readonly mirror: (to: string, output: PlannedOutput) => ReadonlySet<string>;
  /** The tree in a GOPATH of outlines; undefined where there is none for this generator. */
  readonly outlines?: { readonly gopath: string; readonly workingDirectory: string } | undefined;
  /** Where the tree's root may appear in printed paths, longest first. */
  readonly places: readonly string[];
  /** The same command line, able to write into these directories alone; what it is told when it tries others. */
  readonly confine?: { readonly argv: Confined; readonly refused: RegExp };
  readonly signal: AbortSignal;
  /** Whether the Step's generator reads the directory. */
  readonly reads: (output: PlannedOutput, directory: string) => boolean;
  /** Where a complaint and a Step's tag stand, with their lines. */
  readonly locate: (complaint: Complaint) => Location;
  readonly tagOf: (output: PlannedOutput) => readonly Location[];
  readonly onStart: (outputs: readonly PlannedOutput[], argv: readonly string[], pid: number) => number;
  readonly onEnd: (command: number, exitCode: number, milliseconds: number) => void;
  readonly onLine: (output: PlannedOutput, line: string) => void;
}

type Confined = (argv: readonly string[], writable: readonly string[]) => readonly string[];

/** A finished file: where it lies now, and where it belongs, relative to the tree. */
export interface MadeFile {
  readonly file: string;
  readonly path: string;
}

export type GeneratorOutcome =
  | { readonly kind: 'made'; readonly files: readonly MadeFile[]; readonly report?: string }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'failed'; readonly diagnostics: readonly Diagnostic[] };

/** What became of each Step of the batch. */
export async function runGenerator(run: GeneratorRun): Promise<ReadonlyMap<StepId, GeneratorOutcome>> {
  const outcomes = new Map<StepId, GeneratorOutcome>();
  const queue: (readonly PlannedOutput[])[] = [run.outputs];
  let { outlines } = run;
  for (let turn = 0; queue.length > 0; turn++) {
    const outputs = queue.shift() as readonly PlannedOutput[];
    const scratch = `${run.scratch}/${turn}`;
    const { exitCode, printed, copied } = await runOnce({ ...run, outlines }, outputs, scratch);
    if (exitCode === 0) collect(run, outputs, scratch, copied, outcomes);
    else if (outlines) {
      // What is wrong is told by a run on the files themselves.
      outlines = undefined;
      queue.unshift(outputs);
    } else queue.push(...setApart(run, outputs, exitCode, printed, outcomes));
  }
  return outcomes;
}

async function runOnce(run: GeneratorRun, outputs: readonly PlannedOutput[], scratch: string) {
  const first = outputs[0] as PlannedOutput;
  const action = actionOf(first);
  const argv = generatorCommand(outputs, { ...run, scratch });
  const printed: string[] = [];
  let command = 0;
  run.host.files.makeDirectory(scratch);
  const isInTree = run.dialect === 'gengo-v2';
  const copied = run.mirror(scratch, first);
  const workingDirectory = isInTree ? scratch : (run.outlines?.workingDirectory ?? action.workingDirectory);
  const temporary = `${scratch}.tmp`;
  run.host.files.makeDirectory(temporary);
  const environment = {
    ...action.environment,
    TMPDIR: temporary,
    ...(isInTree ? { PWD: scratch } : {}),
    ...(run.outlines ? { PWD: workingDirectory, GOPATH: outlined(action.environment, run.outlines) } : {}),
  };
  const { exitCode, milliseconds } = await run.host.processes.run({
    ...{ environment, workingDirectory, signal: run.signal },
    argv: run.confine?.argv(argv, writablePlaces(run, environment)) ?? argv,
    onStart: (pid) => {
      command = run.onStart(outputs, argv, pid);
    },
    onLine: (line) => {
      if (printed.length < KEPT_LINES) printed.push(line);
      run.onLine(first, line);
    },
  });
  run.onEnd(command, exitCode, milliseconds);
  run.signal.throwIfAborted();
  return { exitCode, printed, copied };
}

/** GOPATH with outlines in the place of the link tree, which stands first. */
function outlined(
  { GOPATH = '' }: Readonly<Record<string, string>>,
  { gopath }: { readonly gopath: string },
) {
  return [gopath, ...GOPATH.split(':').slice(1)].join(':');
}

/** Its own scratch place, and what go writes to when a generator asks it about packages. */
function writablePlaces(
  { host, dialect, scratch }: GeneratorRun,
  environment: Readonly<Record<string, string>>,
): readonly string[] {
  const { GOCACHE, GOMODCACHE, GOPATH, HOME } = environment;
  const modules = GOMODCACHE ?? `${GOPATH ?? `${HOME}/go`}/pkg`;
  const shared = dialect === 'gengo-v2' ? [GOCACHE, modules].filter((place) => place !== undefined) : [];
  for (const place of shared) host.files.makeDirectory(place);
  return [scratch, ...shared];
}

const KEPT_LINES = 10_000;

function collect(
  run: GeneratorRun,
  outputs: readonly PlannedOutput[],
  scratch: string,
  copied: ReadonlySet<string>,
  outcomes: Map<StepId, GeneratorOutcome>,
): void {
  const written = allFiles(run.host, scratch).filter(
    (file) => !copied.has(file) || isMended(run, outputs[0] as PlannedOutput, file, scratch),
  );
  const expected = new Set<string>();
  const report = run.host.files.readTextIfAny(reportPath(scratch));
  for (const output of outputs) {
    const files = written.filter((file) => belongs(output, file.slice(scratch.length + 1)));
    for (const file of files) expected.add(file);
    const made = files.map((file) => ({ file, path: pathOf(output, file.slice(scratch.length + 1)) }));
    outcomes.set(
      output.step.id,
      files.length === 0
        ? { kind: 'nothing' }
        : { kind: 'made', files: made, ...(report === undefined ? {} : { report }) },
    );
  }
  const stray = written.filter((file) => !expected.has(file));
  if (stray.length === 0) return;
  const diagnostics = [
    wroteElsewhere(
      outputs,
      stray.map((file) => file.slice(scratch.length + 1)),
    ),
  ];
  for (const output of outputs) outcomes.set(output.step.id, { kind: 'failed', diagnostics });
}

/** Whether a copied source is another one now. */
function isMended({ host }: GeneratorRun, output: PlannedOutput, file: string, scratch: string): boolean {
  if (output.generator.shape !== 'spread') return false;
  const path = pathOf(output, file.slice(scratch.length + 1));
  const before = host.files.readTextIfAny(`${actionOf(output).workingDirectory}/${path}`);
  return before !== host.files.readText(file);
}

/** Whether a file, relative to the scratch place, is what the Step was to make. */
function belongs(output: PlannedOutput, file: string): boolean {
  const { writes } = actionOf(output);
  const name = output.generator.outputName;
  return name === '' || output.generator.shape === 'spread'
    ? file.startsWith(`${writes}/`)
    : file === `${writes}/${name}`;
}

function pathOf(output: PlannedOutput, file: string): string {
  const { writes } = actionOf(output);
  if (output.generator.shape === 'spread')
    return file.slice(writes.length + 1).replace(/^vendor\//, 'staging/src/');
  return output.generator.outputName === '' ? `${output.directory}${file.slice(writes.length)}` : output.path;
}

function allFiles(host: Host, directory: string): string[] {
  return host.files
    .list(directory)
    .flatMap((name) =>
      name.endsWith('/') ? allFiles(host, `${directory}/${name.slice(0, -1)}`) : [`${directory}/${name}`],
    );
}

/** Settles the Steps that are at fault and returns what is to be run again. */
function setApart(
  run: GeneratorRun,
  outputs: readonly PlannedOutput[],
  exitCode: number,
  printed: readonly string[],
  outcomes: Map<StepId, GeneratorOutcome>,
): (readonly PlannedOutput[])[] {
  const found = complaints(printed, run.places);
  const fail = (output: PlannedOutput, about: readonly Complaint[]) => {
    const where = about.slice(0, SHOWN_PLACES).map(run.locate);
    const refused = run.confine && printed.find((line) => run.confine?.refused.test(line));
    if (refused !== undefined) {
      const diagnostics = [triedElsewhere(output, refused, run.tagOf(output))];
      outcomes.set(output.step.id, { kind: 'failed', diagnostics });
      return;
    }
    const letter = failureOf(output, exitCode, printed, where, run.tagOf(output));
    outcomes.set(output.step.id, { kind: 'failed', diagnostics: [letter] });
  };
  const faulty = outputs.filter((output) =>
    found.some(({ file }) => run.reads(output, file.slice(0, file.lastIndexOf('/')))),
  );
  if (faulty.length > 0) {
    for (const output of faulty) fail(output, found);
    return nonEmpty([outputs.filter((output) => !faulty.includes(output))]);
  }
  if (outputs.length === 1) {
    fail(outputs[0] as PlannedOutput, found);
    return [];
  }
  const named = namedOutputs(printed, outputs);
  if (named.length > 0 && named.length < outputs.length) {
    return nonEmpty([
      outputs.filter((output) => !named.includes(output)),
      ...named.map((output) => [output]),
    ]);
  }
  const half = Math.ceil(outputs.length / 2);
  return [outputs.slice(0, half), outputs.slice(half)];
}

const SHOWN_PLACES = 3;

function nonEmpty<T>(lists: readonly (readonly T[])[]): (readonly T[])[] {
  return lists.filter((list) => list.length > 0);
}

function triedElsewhere(
  { generator, directory }: PlannedOutput,
  line: string,
  tagged: readonly Location[],
): Diagnostic {
  const { name } = generator.program;
  return error('generate/wrote-elsewhere', {
    what: `${name} tried to write outside its scratch place on ${directory}, and was refused`,
    where: tagged,
    why: line.trim(),
    help: `see what ${name} does there, and have it write its declared outputs alone`,
  });
}

function wroteElsewhere(outputs: readonly PlannedOutput[], stray: readonly string[]): Diagnostic {
  const name = outputs[0]?.generator.program.name;
  return error('generate/wrote-elsewhere', {
    what: `${name} wrote ${stray.slice(0, 3).join(', ')}${stray.length > 3 ? ' …' : ''}, which is no declared output`,
    why: 'a generator may write what it was asked for and nothing else; none of this run was taken over',
    help: `see what ${name} does there, and have it write its declared outputs alone`,
  });
}
