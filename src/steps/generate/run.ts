/** Runs the tree's own generation command, and checks that it left behind what it was run for. */
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import type { CommandAction, Step } from '../../plan/step.ts';

export interface GenerateRun {
  readonly host: Host;
  readonly step: Step;
  readonly root: string;
  readonly signal: AbortSignal;
  readonly onStart: (pid: number) => number;
  readonly onEnd: (command: number, exitCode: number, milliseconds: number) => void;
  readonly onLine: (line: string) => void;
}

const TAIL_LINES = 20;

/** Returns the milliseconds that it took; a failing command is a Failure with its last lines. */
export async function runGenerate(run: GenerateRun): Promise<number> {
  const { host, step, root } = run;
  let command = 0;
  const tail: string[] = [];
  const result = await host.processes.run({
    ...(step.action as CommandAction),
    signal: run.signal,
    onStart: (pid) => {
      command = run.onStart(pid);
    },
    onLine: (line) => {
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      run.onLine(line);
    },
  });
  run.onEnd(command, result.exitCode, result.milliseconds);
  run.signal.throwIfAborted();
  const missing = step.outputs.find((path) => !host.files.exists(`${root}/${path}`));
  if (result.exitCode !== 0 || missing) throw new Failure(failed(step, result.exitCode, missing, tail));
  return result.milliseconds;
}

function failed(
  step: Step,
  exitCode: number,
  missing: string | undefined,
  tail: readonly string[],
): Diagnostic {
  return error('generate/command-failed', {
    what:
      exitCode !== 0
        ? `${step.title} ended with exit code ${exitCode}`
        : `${step.title} did not write ${missing}`,
    ...(tail.length > 0 ? { why: tail.join('\n') } : {}),
    help: `run ${step.title} in the tree by hand, mend what it names, then build again`,
  });
}
