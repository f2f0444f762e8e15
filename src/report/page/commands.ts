/** Every process that ran: the exact words, directory and environment, ready to be pasted into a shell. */
import { escapeControls } from '../../diagnostic/printer.ts';
import { shownPath } from '../closing.ts';
import type { CommandRecord, RunRecord, StepRecord } from '../fold.ts';
import { shellScript } from '../shell.ts';
import { formatCount, formatDuration } from '../units.ts';
import { type Html, html, joinHtml } from './html.ts';
import { copyButton, pill, section } from './parts.ts';

/** Undefined when no process ran. */
export function renderCommands(run: RunRecord): Html | undefined {
  if (run.commands.length === 0) return undefined;
  const body = joinHtml(run.commands.map((command) => renderCommand(command, run)));
  return section('commands', 'Commands', 'with their whole environment; secrets show as ***', body);
}

function renderCommand(command: CommandRecord, run: RunRecord): Html {
  const { argv, exitCode, startedAt, finishedAt, steps } = command;
  const script = shellScript(command);
  const program = (argv[0] ?? '').split('/').at(-1);
  const time = finishedAt === undefined ? 'no end' : formatDuration(finishedAt - startedAt);
  const output = steps.flatMap((id) => linesOf(run.steps.get(id)));
  const outcome = exitCode === undefined ? 'cancelled' : exitCode === 0 ? 'built' : 'failed';
  return html`
<details class="command-row"><summary><code>${program} ${argv.slice(1, 2).join(' ')}</code><span class="for">${describeSteps(steps, run)}</span><span class="spacer"></span>${pill(outcome, exitCode === undefined ? 'running' : `exit ${exitCode}`)}<span class="time">${time}</span></summary>
<div class="script"><pre>${escapeControls(script)}</pre>${copyButton(script, 'copy the command with its environment')}</div>
${output.length > 0 && html`<p class="label">Output, last ${formatCount(output.length, 'line')}</p><pre class="output">${escapeControls(output.join('\n'))}</pre>`}
</details>`;
}

function describeSteps(ids: readonly string[], run: RunRecord): string {
  const titles = ids.map((id) => run.steps.get(id)?.title ?? id);
  const more = titles.length - 3;
  return shownPath(titles.slice(0, 3).join(', ') + (more > 0 ? ` and ${more} more` : ''), undefined);
}

function linesOf(step: StepRecord | undefined): readonly string[] {
  return step?.lines ?? [];
}
