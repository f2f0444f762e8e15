/** Runs go for a batch of compile Steps: one process for all that differ only in their package. */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts';
import { error } from '../../diagnostic/diagnostic.ts';
import { atLeast } from '../../formats/goversion.ts';
import type { Host } from '../../host/host.ts';
import type { GoBuildAction, Step } from '../../plan/step.ts';
import { isPackageName, readGoErrors } from './errors.ts';

export interface CompileRun {
  readonly host: Host;
  readonly steps: readonly Step[];
  readonly goVersion: string;
  /** Empty directory of this run; binaries stay here until they are whole. */
  readonly stage: string;
  readonly jobs: number | undefined;
  readonly targetsOf: (importPath: string) => readonly string[];
  readonly root: string;
  /** File that remembers sources added to the tree while go runs. */
  readonly addedNames: string;
  readonly signal: AbortSignal;
  readonly onStart: (argv: readonly string[], action: GoBuildAction, pid: number) => number;
  readonly onEnd: (command: number, exitCode: number, milliseconds: number) => void;
  readonly onPackage: (name: string) => void;
  readonly onLine: (line: string) => void;
}

export interface CompileResult {
  /** Step id → file in the stage. A Step without an entry failed. */
  readonly files: ReadonlyMap<string, string>;
  readonly diagnostics: readonly Diagnostic[];
}

/** The command lines of a batch, as a dry run prints them and `run` executes them. */
export function commandLines(
  steps: readonly Step[],
  goVersion: string,
  stage: string,
  jobs?: number,
): string[][] {
  const actions = steps.map((step) => step.action as GoBuildAction);
  const [first] = actions;
  if (!first) return [];
  const go = `${first.environment['GOROOT']}/bin/go`;
  // Without a build cache of its own (Go up to 1.9), -i keeps what was compiled for the next target.
  const install = atLeast(goVersion, '1.10') ? [] : ['-i'];
  const parallel = jobs === undefined ? [] : [`-p=${jobs}`];
  const overlay = first.addedSources && hasOverlay(goVersion) ? [`-overlay=${stage}/overlay.json`] : [];
  const head = first.verb === 'test' ? ['test', '-c', ...install] : ['build', ...install, '-v'];
  const line = (output: string, packages: readonly string[]) => [
    ...[go, ...head, ...parallel, ...overlay, ...first.flags],
    ...['-o', output, ...packages],
  ];
  if (actions.length > 1 && atLeast(goVersion, '1.13')) {
    return [
      line(
        `${stage}/`,
        actions.map((action) => action.goPackage),
      ),
    ];
  }
  return actions.map((action) => line(`${stage}/${action.outputName}`, [action.goPackage]));
}

/** Compiles and links a batch into its stage. Cancelling leaves the stage to be removed. */
export async function runCompile(run: CompileRun): Promise<CompileResult> {
  const { host, stage } = run;
  const action = run.steps[0]?.action as GoBuildAction;
  host.files.makeDirectory(stage);
  const withdraw = addSources(run, action);
  try {
    return await compile(run, action);
  } finally {
    withdraw();
  }
}

/**
 * Shows the added sources to go: through an overlay where Go has one (1.16), else in the tree until the returned
 * function takes them out again. Their names are kept beside the lock, so that a later run takes out what a
 * killed one left.
 */
function addSources(
  { host, stage, root, goVersion, addedNames }: CompileRun,
  action: GoBuildAction,
): () => void {
  const sources = Object.entries(action.addedSources ?? {});
  if (sources.length === 0) return () => {};
  if (hasOverlay(goVersion)) {
    const replace: Record<string, string> = {};
    for (const [i, [path, text]] of sources.entries()) {
      host.files.publish(`${stage}/added-${i}.go`, text, { fsync: false });
      replace[`${action.workingDirectory}/${path}`] = `${stage}/added-${i}.go`;
    }
    host.files.publish(`${stage}/overlay.json`, JSON.stringify({ Replace: replace }), { fsync: false });
    return () => {};
  }
  const paths = sources.map(([path]) => `${root}/${path}`);
  host.files.append(addedNames, `${paths.join('\n')}\n`);
  for (const [path, text] of sources) host.files.publish(`${root}/${path}`, text, { fsync: false });
  return () => {
    for (const path of paths) host.files.remove(path);
  };
}

function hasOverlay(goVersion: string): boolean {
  return atLeast(goVersion, '1.16');
}

async function compile(run: CompileRun, action: GoBuildAction): Promise<CompileResult> {
  const { host, steps, stage } = run;
  const diagnostics: Diagnostic[] = [];
  for (const argv of commandLines(steps, run.goVersion, stage, run.jobs)) {
    let command = 0;
    const output: string[] = [];
    const result = await host.processes.run({
      argv,
      environment: action.environment,
      workingDirectory: action.workingDirectory,
      signal: run.signal,
      onStart: (pid) => {
        command = run.onStart(argv, action, pid);
      },
      onLine: (line) => {
        if (isPackageName(line)) run.onPackage(line.trim());
        else {
          output.push(line);
          run.onLine(line);
        }
      },
    });
    run.onEnd(command, result.exitCode, result.milliseconds);
    run.signal.throwIfAborted();
    if (result.exitCode === 0) continue;
    const found = readGoErrors(output.join('\n'), {
      targetsOf: run.targetsOf,
      locate: (path, line) => locate(run, action.workingDirectory, path, line),
    });
    diagnostics.push(...(found.length > 0 ? found : [unexplained(result.exitCode, result.signal)]));
  }
  const files = new Map<string, string>();
  for (const step of steps) {
    const file = `${stage}/${(step.action as GoBuildAction).outputName}`;
    if (host.files.isFile(file)) files.set(step.id, file);
    else if (diagnostics.length === 0) diagnostics.push(outputMissing(step));
  }
  return { files, diagnostics };
}

function locate(run: CompileRun, base: string, path: string, line: number): { file: string; text?: string } {
  const absolute = path.startsWith('/') ? path : `${base}/${path.replace(/^\.\//, '')}`;
  if (!run.host.files.isFile(absolute)) return { file: path };
  const real = run.host.files.realPath(absolute);
  const text = run.host.files.readText(real).split('\n')[line - 1];
  const file = real.startsWith(`${run.root}/`) ? real.slice(run.root.length + 1) : real;
  return text === undefined ? { file } : { file, text };
}

function unexplained(exitCode: number, signal: NodeJS.Signals | undefined): Diagnostic {
  const memory = signal === 'SIGKILL' ? 'out of memory is the usual reason' : undefined;
  return error('build/compile-failed', {
    what: signal ? `go was ended by ${signal}` : `go ended with exit code ${exitCode} and no message`,
    ...(memory ? { why: memory } : {}),
    help: 'try again with fewer things at once (-j 1), and with --verbose to see all that go prints',
  });
}

function outputMissing(step: Step): Diagnostic {
  return error('build/output-missing', {
    what: `go ended well, and ${(step.action as GoBuildAction).outputName} was not written`,
    why: `${(step.action as GoBuildAction).goPackage} is probably no main package on ${step.platform}`,
    help: 'kubewright targets lists what this tree builds; look at the build constraints of the package',
  });
}
