/** Runs a prepared generation from lock to report, into the tree or, for --check, into a comparison. */
import { type Diagnostic, error, type Location, warning } from '../../diagnostic/diagnostic.ts';
import type { Counts } from '../../execute/execution.ts';
import { landFile, landFiles } from '../../execute/generation/land.ts';
import { saveGenerated, saveSources } from '../../execute/generation/memory.ts';
import { mirrorSources, mirrorTree } from '../../execute/generation/mirror.ts';
import { ownedFiles } from '../../execute/generation/owned.ts';
import { executeGeneration, type Generation, type TakenOver } from '../../execute/generation/run.ts';
import { unifiedDiff } from '../../formats/unifieddiff.ts';
import { cacheDirectory } from '../../host/host.ts';
import type { EventBody } from '../../report/events.ts';
import { actionOf } from '../../steps/generate/package/command.ts';
import type { Complaint } from '../../steps/generate/package/failures.ts';
import type { PlannedOutput } from '../../steps/generate/package/output.ts';
import type { GeneratorOutcome } from '../../steps/generate/package/run.ts';
import { LocalStore } from '../../store/local.ts';
import type { Generator } from '../../tree/codegen/model.ts';
import { machineFacts } from '../machine.ts';
import { type Recording, recordRun } from '../recordedrun.ts';
import { userGoSettings } from '../usergo.ts';
import { prepareWorkspace } from '../workspace.ts';
import type { PreparedGeneration } from './prepare.ts';

export interface RunChoices {
  /** The kinds as they were asked for. */
  readonly words: readonly string[];
  /** Compare instead of writing: exit 1 and the differences. */
  readonly check: boolean;
  readonly waitSeconds: number;
  /** UPDATE_API_KNOWN_VIOLATIONS: write new API rule violations over the known ones. */
  readonly updateApiRules: boolean;
}

/** Generates, reports, and returns the exit code. Paths of changed files go to stdout, one a line. */
export async function runGeneration(prepared: PreparedGeneration, choices: RunChoices): Promise<number> {
  const { session, toolchain } = prepared;
  const { context } = session;
  const results: string[] = [];
  const facts = {
    ...{ treeVersion: '', toolchain: `go${toolchain.version}`, waitSeconds: choices.waitSeconds },
    // What is told of changed files is their path, or with --check their difference.
    ...{ durations: durations(prepared), isResult: () => false, mayBeStill: true },
  };
  const exitCode = await recordRun(session, facts, (recording) =>
    generateAll(prepared, choices, recording, results),
  );
  if (!context.options.json) for (const line of results) context.print(line);
  return exitCode;
}

async function generateAll(
  prepared: PreparedGeneration,
  choices: RunChoices,
  { lock, emit, stage }: Recording,
  results: string[],
): Promise<Counts> {
  const { context, own, tree, layout } = prepared.session;
  const { host } = context;
  try {
    host.files.removeAll(stage);
    prepareWorkspace(host, tree, layout);
    emit(planMade(prepared));
    for (const diagnostic of prepared.sights.problems) emit({ type: 'diagnostic', diagnostic });
    const counts = await executeGeneration({
      ...generationOf(prepared, stage, emit, (pid) => lock.addGroup(pid)),
      take: (output, made) => take(prepared, choices, output, made, results, emit),
    });
    for (const diagnostic of newNotes(prepared)) emit({ type: 'diagnostic', diagnostic });
    return counts;
  } finally {
    if (prepared.sights.index.reads > 0) saveSources(host, own, prepared.sights.index.state());
    host.files.removeAll(stage);
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
    dialect: prepared.model.dialect,
    goPackage: session.tree.goPackage,
    mirror: (to, output) => {
      const { generator } = output;
      if (prepared.model.dialect === 'gengo-v2') return mirrorTree(host, root, to, generatedPaths(prepared));
      if (generator.shape === 'spread') return mirrorSources(host, root, to, output);
      if (generator.shape !== 'directory') return new Set();
      const generated = generatedPaths(prepared);
      const at = generator.outputDirectory;
      return mirrorTree(host, `${root}/${at}`, `${to}/${actionOf(output).writes}`, (path) =>
        generated(`${at}/${path}`),
      );
    },
    ...{ header: prepared.header, jobs: options.jobs ?? host.cpus, tagOf: prepared.tagOf },
    places: {
      ...{ environment, workingDirectory, goRoot: toolchain.root, directory: `${session.own}/generators` },
      moduleEnvironment: options.offline
        ? { GOPROXY: 'off' }
        : machineFacts(host, userGoSettings(host)).moduleVariables,
      store: new LocalStore(host, cacheDirectory(host), report),
    },
    locate: (complaint) => locationOf(prepared, complaint),
    onNothing: (output) => report(noOutput(output, prepared.tagOf(output))),
    save: () => saveGenerated(host, session.own, state),
  };
}

/** Tells the files that generators make again, and the output directory: they are no input of any. */
function generatedPaths({ model, session }: PreparedGeneration): (path: string) => boolean {
  const { root } = session.tree;
  const out = session.layout.out.startsWith(`${root}/`) ? session.layout.out.slice(root.length + 1) : '';
  const names = new Set(model.generators.map(({ outputName }) => outputName));
  const owned = new Set(
    model.generators.flatMap((generator) =>
      generator.shape === 'directory' ? ownedFiles(session.context.host, root, generator) : [],
    ),
  );
  return (path) => path === out || owned.has(path) || names.has(path.slice(path.lastIndexOf('/') + 1));
}

/** Files of earlier runs that this one did not make. */
function leftovers(
  { session, state }: PreparedGeneration,
  { generator, step }: PlannedOutput,
  made: Made,
): readonly string[] {
  const { host } = session.context;
  const { root } = session.tree;
  const kept = new Set(made.files.map(({ path }) => path));
  const recorded = state.outputs[step.id]?.files.map(({ path }) => path) ?? [];
  const owned = generator.shape === 'directory' ? ownedFiles(host, root, generator) : [];
  return [...new Set([...recorded, ...owned])].filter(
    (path) => !kept.has(path) && host.files.isFile(`${root}/${path}`),
  );
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
  const { root } = prepared.session.tree;
  const textOf = (path: string) => host.files.readTextIfAny(`${root}/${path}`);
  const different: { path: string; before: string | undefined; after: string | undefined }[] = [
    ...made.files.map(({ path, file }) => ({ path, before: textOf(path), after: host.files.readText(file) })),
    ...leftovers(prepared, output, made).map((path) => ({ path, before: textOf(path), after: undefined })),
  ].filter(({ before, after }) => before !== after);
  if (different.length === 0 || !choices.check) {
    results.push(...different.map(({ path }) => path));
    return landOutput(prepared, output, made, report, choices.updateApiRules);
  }
  for (const { path, before, after } of different) {
    report(checkFailed(path, before, after));
    results.push(unifiedDiff(path, before ?? '', after ?? ''));
  }
  return { kind: 'differs' };
}

type Made = Extract<GeneratorOutcome, { readonly kind: 'made' }>;

/** Brings finished files into the tree; new API rule violations are told, or taken over too. */
export function landOutput(
  prepared: PreparedGeneration,
  output: PlannedOutput,
  made: Made,
  report: (diagnostic: Diagnostic) => void,
  updateApiRules = false,
): TakenOver {
  const { host } = prepared.session.context;
  const { root } = prepared.session.tree;
  const rules = apiRules((path) => host.files.readTextIfAny(path), root, output, made.report);
  if (rules && updateApiRules) landFile(host, root, rules.list, rules.found);
  else if (rules) report(rules.letter);
  const gone = leftovers(prepared, output, made);
  const texts = made.files.map(({ path, file }) => ({ path, text: host.files.readText(file) }));
  const files = landFiles(host, root, texts, gone).filter(({ path }) => isOwned(output.generator, path));
  return rules && !updateApiRules ? { kind: 'differs' } : { kind: 'kept', files };
}

/** Whether a file is the generator's own, and no source that it has mended. */
function isOwned(generator: Generator, path: string): boolean {
  if (generator.shape !== 'spread') return true;
  return [generator.outputName, generator.definitionName].some((name) => path.endsWith(`/${name}`));
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

function checkFailed(path: string, before: string | undefined, after: string | undefined): Diagnostic {
  const isOther = after === undefined ? 'is no longer made' : 'is not what its generator makes';
  return error('generate/check-failed', {
    what: `${path} ${before === undefined ? 'is missing' : isOther}`,
    where: [{ file: path }],
    help: 'run kubewright generate and commit what it changes',
  });
}

function durations({ state }: PreparedGeneration): ReadonlyMap<string, number> {
  return new Map(Object.entries(state.outputs).map(([id, record]) => [id, record.milliseconds]));
}

function planMade({ outputs, programs }: PreparedGeneration): EventBody {
  const steps = [...[...programs.values()].map(({ step }) => step), ...outputs.map(({ step }) => step)];
  return {
    type: 'plan-made',
    steps: steps.map(({ id, kind, title, needs }) => ({ id, kind, title, needs })),
  };
}
