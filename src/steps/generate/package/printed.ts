/** Runs a generator that prints: its text is put between two others, and gofmt brings the whole into its form. */
import { actionOf, generatorCommand } from './command.ts';
import { failureOf } from './failures.ts';
import type { PlannedOutput } from './output.ts';
import type { GeneratorOutcome, GeneratorRun } from './run.ts';

export type PrintedRun = Pick<
  GeneratorRun,
  'host' | 'program' | 'dialect' | 'scratch' | 'signal' | 'tagOf' | 'onStart' | 'onEnd' | 'onLine'
> & {
  readonly output: PlannedOutput;
  /** The toolchain's own. */
  readonly gofmt: string;
};

/** What became of the one Step. */
export async function runPrinted(run: PrintedRun): Promise<GeneratorOutcome> {
  const { output, host, scratch } = run;
  const { generator, directory, path } = output;
  if (generator.shape !== 'printed') return { kind: 'nothing' };
  const printed = await runOne(run, generatorCommand([output], { ...run, header: undefined }));
  if ('diagnostics' in printed) return printed;
  const text = generator.before(directory) + printed.text + generator.after;
  const formatted = await runOne(run, [run.gofmt, '-s'], text);
  if ('diagnostics' in formatted) return formatted;
  const file = `${scratch}/${generator.outputName}`;
  host.files.makeDirectory(scratch);
  host.files.write(file, formatted.text);
  return { kind: 'made', files: [{ file, path }] };
}

async function runOne(
  { host, output, signal, onStart, onEnd, onLine, tagOf }: PrintedRun,
  argv: readonly string[],
  input?: string,
): Promise<{ readonly text: string } | Extract<GeneratorOutcome, { kind: 'failed' }>> {
  const { environment, workingDirectory } = actionOf(output);
  let command = 0;
  const { exitCode, milliseconds, stdout, stderr } = await host.processes.run({
    ...{ argv, environment, workingDirectory, signal, ...(input === undefined ? {} : { input }) },
    onStart: (pid) => {
      command = onStart([output], argv, pid);
    },
    onLine: (line, stream) => {
      if (stream === 'stderr') onLine(output, line);
    },
  });
  onEnd(command, exitCode, milliseconds);
  signal.throwIfAborted();
  if (exitCode === 0) return { text: stdout };
  return {
    kind: 'failed',
    diagnostics: [failureOf(output, exitCode, stderr.split('\n'), [], tagOf(output))],
  };
}
