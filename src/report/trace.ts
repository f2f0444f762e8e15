/** A run as a Chrome trace: Steps and commands as bars in lanes, for Perfetto and chrome://tracing. */

import { durationOf, type RunRecord } from './fold.ts';
import { packLanes } from './lanes.ts';

const STEPS = 1;
const COMMANDS = 2;

/** JSON of the "JSON object format": times in microseconds since the run began. */
export function renderTrace(run: RunRecord): string {
  const end = durationOf(run);
  const steps = [...run.steps.values()].flatMap((step) =>
    step.startedAt === undefined
      ? []
      : [{ startedAt: step.startedAt, finishedAt: step.finishedAt ?? end, step }],
  );
  const commands = run.commands.map((command) => ({
    startedAt: command.startedAt,
    finishedAt: command.finishedAt ?? end,
    command,
  }));
  const stepLanes = packLanes(steps);
  const commandLanes = packLanes(commands);
  const events: object[] = [
    ...nameLanes(STEPS, 'Steps', stepLanes),
    ...nameLanes(COMMANDS, 'Commands', commandLanes),
    ...steps.map((bar, i) => ({
      ...{ name: bar.step.title, cat: bar.step.kind, ph: 'X', pid: STEPS, tid: (stepLanes[i] ?? 0) + 1 },
      ...span(bar),
      args: {
        step: bar.step.id,
        outcome: bar.step.state,
        because: bar.step.because,
        outputs: bar.step.outputs.map((output) => output.path),
      },
    })),
    ...commands.map((bar, i) => ({
      ...{ name: commandName(bar.command.argv), cat: 'command', ph: 'X', pid: COMMANDS },
      tid: (commandLanes[i] ?? 0) + 1,
      ...span(bar),
      args: { argv: bar.command.argv, exitCode: bar.command.exitCode, steps: bar.command.steps },
    })),
    ...run.progressPoints.map(({ at, command, done }) => ({
      ...{ name: `packages done (command ${command ?? '?'})`, ph: 'C', pid: COMMANDS, tid: 0 },
      ts: microseconds(at),
      args: { packages: done },
    })),
  ];
  return `${JSON.stringify({ displayTimeUnit: 'ms', traceEvents: events })}\n`;
}

function nameLanes(pid: number, name: string, lanes: readonly number[]): object[] {
  const count = Math.max(0, ...lanes.map((lane) => lane + 1));
  return [
    { name: 'process_name', ph: 'M', pid, tid: 0, args: { name } },
    ...Array.from({ length: count }, (_, lane) => ({
      ...{ name: 'thread_name', ph: 'M', pid, tid: lane + 1 },
      args: { name: `lane ${lane + 1}` },
    })),
  ];
}

function span(bar: { readonly startedAt: number; readonly finishedAt: number }) {
  return { ts: microseconds(bar.startedAt), dur: microseconds(bar.finishedAt - bar.startedAt) };
}

function microseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000);
}

/** `go build`: the program's own name and its verb. */
function commandName(argv: readonly string[]): string {
  const program = (argv[0] ?? '').split('/').at(-1) ?? '';
  return [program, ...argv.slice(1, 2).filter((word) => !word.startsWith('-'))].join(' ');
}
