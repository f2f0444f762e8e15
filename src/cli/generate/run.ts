/** Runs a prepared generation from lock to report, into the tree or, for --check, into a comparison. */
import { exitCodeOf } from '../../diagnostic/codes.ts';
import { type Diagnostic, error, type Location, warning } from '../../diagnostic/diagnostic.ts';
import { landFile } from '../../execute/generation/land.ts';
import { saveGenerated, saveSources } from '../../execute/generation/memory.ts';
import { executeGeneration, type Generation, type TakenOver } from '../../execute/generation/run.ts';
import { takeLock } from '../../execute/lock.ts';
import { unifiedDiff } from '../../formats/unifieddiff.ts';
import { cacheDirectory } from '../../host/host.ts';
import { EventBus } from '../../report/bus.ts';
import type { EventBody } from '../../report/events.ts';
import { finishRun } from '../../report/finish.ts';
import { createSinks } from '../../report/report.ts';
import type { Complaint } from '../../steps/generate/package/failures.ts';
import type { PlannedOutput } from '../../steps/generate/package/plan.ts';
import { LocalStore } from '../../store/local.ts';
import { cancelled } from '../main.ts';
import { newRunId } from '../runid.ts';
import { VERSION } from '../version.ts';
import { prepareWorkspace } from '../workspace.ts';
import type { PreparedGeneration } from './prepare.ts';

export interface RunChoices {
  /** Compare instead of writing: exit 1 and the differences. */
  readonly check: boolean;
  readonly waitSeconds: number;
  /** UPDATE_API_KNOWN_VIOLATIONS: write new API rule violations over the known ones. */
  readonly updateApiRules: boolean;
}

/** Generates, reports, and returns the exit code. Paths of changed files go to stdout, one a line. */
export async function runGeneration(prepared: PreparedGeneration, choices: RunChoices): Promise<number> {
  const { session } = prepared;
  const { context, own, tree } = session;
  const { host, options, signal } = context;
  const started = host.clock.monotonic();
  const command = ['kubewright', ...process.argv.slice(2)];
  const onWait = (holder: string) => void host.stderr.write(`waiting for ${holder}\n`);
  const lock = await takeLock(host, own, command.join(' '), choices.waitSeconds * 1000, signal, onWait);
  const run = newRunId(host.clock.now());
  const runDirectory = `${own}/runs/${run}`;
  const stage = `${own}/generate-stage`;
  const sinks = createSinks(host, { ...options, runDirectory, earlierDurations: durations(prepared) });
  const bus = new EventBus(host.clock, sinks);
  const errors: Diagnostic[] = [];
  const emit = (event: EventBody) => {
    if (event.type === 'diagnostic' && event.diagnostic.severity === 'error') errors.push(event.diagnostic);
    bus.emit(event);
  };
  const results: string[] = [];
  try {
    host.files.removeAll(stage);
    prepareWorkspace(host, tree, session.layout);
    emit(runStarted(prepared, run, command));
    emit(planMade(prepared));
    for (const diagnostic of prepared.sights.problems) emit({ type: 'diagnostic', diagnostic });
    const counts = await executeGeneration({
      ...generationOf(prepared, stage, emit, (pid) => lock.addGroup(pid)),
      take: (output, made) => take(prepared, choices, output, made, results, emit),
    });
    if (signal.aborted) emit({ type: 'diagnostic', diagnostic: cancelled() });
    for (const diagnostic of newNotes(prepared)) emit({ type: 'diagnostic', diagnostic });
    const exitCode = signal.aborted
      ? 130
      : errors.length > 0
        ? exitCodeOf(errors.map(({ code }) => code))
        : counts.failed + counts.cancelled > 0
          ? 1
          : 0;
    emit({ type: 'run-finished', exitCode, milliseconds: host.clock.monotonic() - started, counts });
    return exitCode;
  } finally {
    if (prepared.sights.index.reads > 0) saveSources(host, own, prepared.sights.index.state());
    await bus.close();
    host.files.removeAll(stage);
    lock.release();
    await finishRun(host, runDirectory);
    if (!options.json) for (const line of results) context.print(line);
  }
}

/** What an execution needs of a prepared generation. */
export function generationOf(
  prepared: PreparedGeneration,
  stage: string,
  emit: (event: EventBody) => void,
  onCommand: (pid: number) => void,
): Omit<Generation, 'take'> {
  const { session, toolchain, environment, workingDirectory, state } = prepared;
  const { host, options, signal } = session.context;
  const root = session.tree.root;
  const report = (diagnostic: Diagnostic) => emit({ type: 'diagnostic', diagnostic });
  return {
    ...{ host, root, stage, state, signal, emit, onCommand },
    ...{ outputs: prepared.outputs, programs: prepared.programs, sights: prepared.sights },
    ...{ header: prepared.header, jobs: options.jobs ?? host.cpus, tagOf: prepared.tagOf },
    places: {
      ...{ environment, workingDirectory, goRoot: toolchain.root, directory: `${session.own}/generators` },
      store: new LocalStore(host, cacheDirectory(host), report),
    },
    locate: (complaint) => locationOf(prepared, complaint),
    onNothing: (output) => report(noOutput(output, prepared.tagOf(output))),
    save: () => saveGenerated(host, session.own, state),
  };
}

function take(
  prepared: PreparedGeneration,
  choices: RunChoices,
  output: PlannedOutput,
  made: Made,
  results: string[],
  emit: (event: EventBody) => void,
): TakenOver {
  const report = (diagnostic: Diagnostic) => emit({ type: 'diagnostic', diagnostic });
  const { host } = prepared.session.context;
  const before = host.files.readTextIfAny(`${prepared.session.tree.root}/${output.path}`);
  const text = host.files.readText(made.file);
  if (before === text || !choices.check) {
    if (before !== text) results.push(output.path);
    return landOutput(prepared, output, made, report, choices.updateApiRules);
  }
  report(checkFailed(output.path, before));
  results.push(unifiedDiff(output.path, before ?? '', text));
  return { kind: 'differs' };
}

interface Made {
  readonly file: string;
  readonly report?: string;
}

/** Brings a finished file into the tree; new API rule violations are told, or taken over too. */
export function landOutput(
  { session }: PreparedGeneration,
  output: PlannedOutput,
  made: Made,
  report: (diagnostic: Diagnostic) => void,
  updateApiRules = false,
): TakenOver {
  const { host } = session.context;
  const { root } = session.tree;
  const rules = apiRules((path) => host.files.readTextIfAny(path), root, output, made.report);
  if (rules && updateApiRules) landFile(host, root, rules.list, rules.found);
  else if (rules) report(rules.letter);
  const { record } = landFile(host, root, output.path, host.files.readText(made.file));
  return rules && !updateApiRules ? { kind: 'differs' } : { kind: 'kept', record };
}

/** The violations that an openapi run found, when they are not the known ones (spec codegen 6.1). */
function apiRules(
  read: (path: string) => string | undefined,
  root: string,
  { generator }: PlannedOutput,
  found: string | undefined,
) {
  const list = generator.shape === 'list' ? generator.knownViolations : undefined;
  if (list === undefined || found === undefined) return undefined;
  const known = read(`${root}/${list}`) ?? '';
  if (known === found) return undefined;
  const letter = error('generate/api-rules', {
    what: `the API rule violations of ${generator.kind} differ from the known ones in ${list}`,
    where: [{ file: list }],
    why: unifiedDiff(list, known, found).trimEnd(),
    help: 'change the types so that they keep the rules, or accept the list: UPDATE_API_KNOWN_VIOLATIONS=true kubewright generate openapi',
  });
  return { list, found, letter };
}

/** Warnings that this checkout has not been told yet; all of them with --verbose. */
function newNotes(prepared: PreparedGeneration): readonly Diagnostic[] {
  const { session, state, notes } = prepared;
  const all = [...session.notes, ...notes, ...prepared.unowned.map(unownedFile)];
  const names = all.map(({ code, where }) => `${code} ${where[0]?.file}:${where[0]?.line}`);
  const told = new Set(state.noted);
  const shown = all.filter((_, i) => session.context.options.verbose || !told.has(names[i] as string));
  if (names.join('\n') !== state.noted.join('\n')) {
    state.noted = names;
    saveGenerated(session.context.host, session.own, state);
  }
  return shown;
}

function unownedFile(file: string): Diagnostic {
  return warning('generate/unowned', {
    what: `${file} is a generated file, and no tag asks for it`,
    where: [{ file }],
    why: 'the tag was taken away, or the file came from elsewhere; it is compiled all the same',
    help: 'remove it: kubewright generate --clean names and removes such files',
  });
}

function locationOf({ session }: PreparedGeneration, { file, line, column, message }: Complaint): Location {
  const place = file.replace(/^vendor\//, 'staging/src/');
  const { files } = session.context.host;
  const own = files.isFile(`${session.tree.root}/${place}`) ? place : file;
  const text = files.readTextIfAny(`${session.tree.root}/${own}`)?.split('\n')[line - 1];
  return { file: own, line, column, length: 1, note: message, ...(text === undefined ? {} : { text }) };
}

function noOutput(output: PlannedOutput, where: readonly Location[]): Diagnostic {
  return warning('generate/no-output', {
    what: `${output.generator.program.name} wrote nothing for ${output.directory}`,
    where,
    why: 'the directory is selected by the text of a tag, and nothing in it asks for code',
    help: 'put the tag where its generator reads it, or take it away',
  });
}

function checkFailed(path: string, before: string | undefined): Diagnostic {
  return error('generate/check-failed', {
    what: before === undefined ? `${path} is missing` : `${path} is not what its generator makes`,
    where: [{ file: path }],
    help: 'run kubewright generate and commit what it changes',
  });
}

function durations({ state }: PreparedGeneration): ReadonlyMap<string, number> {
  return new Map(Object.entries(state.outputs).map(([id, record]) => [id, record.milliseconds]));
}

function runStarted(
  { session, toolchain }: PreparedGeneration,
  run: string,
  command: readonly string[],
): EventBody {
  const { host } = session.context;
  return {
    ...{ type: 'run-started', run, command, treeVersion: '' },
    ...{
      tree: session.tree.root,
      label: session.tree.label,
      toolchain: `go${toolchain.version}`,
      kubewright: VERSION,
    },
    host: { platform: host.platform, cpus: host.cpus, memoryBytes: host.memoryBytes },
  };
}

function planMade({ outputs, programs }: PreparedGeneration): EventBody {
  const steps = [...[...programs.values()].map(({ step }) => step), ...outputs.map(({ step }) => step)];
  return {
    type: 'plan-made',
    steps: steps.map(({ id, kind, title, needs }) => ({ id, kind, title, needs })),
  };
}
