/** A finished run as text for stdout, and the table of runs. */
import { escapeControls, printDiagnostic } from '../diagnostic/printer.ts';
import { headline, shownPath } from './closing.ts';
import type { RunRecord, StepRecord } from './fold.ts';
import { shellWord } from './shell.ts';
import type { RunSummary } from './summary.ts';
import { formatBytes, formatDuration } from './units.ts';
import { widthOf } from './width.ts';

/** The whole run: what was asked, how it ended, every Step that was not fresh, every problem. */
export function renderText(run: RunRecord, name: string): string {
  const { started } = run;
  const facts = started && [
    formatTime(started.time),
    `${started.label}`,
    started.treeVersion,
    started.toolchain,
  ];
  const steps = [...run.steps.values()].filter((step) => step.state !== 'fresh');
  const rows = steps.map((step) => [
    step.state,
    step.startedAt === undefined ? '' : formatDuration(step.milliseconds),
    sizeOf(step),
    step.title,
    step.because,
  ]);
  const files = steps.flatMap((step) => step.outputs);
  const sections = [
    [
      escapeControls((started?.command ?? ['kubewright']).map(shellWord).join(' ')),
      escapeControls([`run ${name}`, ...(facts ?? [])].filter(Boolean).join(', ')),
      headline(run),
    ],
    rows.length > 0 ? alignColumns([['outcome', 'time', 'size', 'step', 'why'], ...rows], [1, 2]) : [],
    files.map(
      (file) => `${file.digest.slice(0, 12)}  ${escapeControls(shownPath(file.path, started?.tree))}`,
    ),
    run.diagnostics.map((diagnostic) => printDiagnostic(diagnostic)),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** Runs as a table, newest first. */
export function renderRunList(summaries: readonly RunSummary[]): string {
  const rows = summaries.map((summary) => [
    summary.run,
    summary.noOp ? 'no-op' : summary.ending,
    formatDuration(summary.milliseconds),
    Object.entries(summary.counts)
      .filter(([, count]) => count > 0)
      .map(([outcome, count]) => `${count} ${outcome}`)
      .join(', '),
    summary.command.map(shellWord).join(' '),
  ]);
  return alignColumns([['run', 'ending', 'time', 'steps', 'command'], ...rows], [2]).join('\n');
}

/** `2026-11-21 05:19:36 UTC` of an ISO time. */
export function formatTime(iso: string): string {
  return iso.replace('T', ' ').replace(/(?:\.\d+)?Z$/, ' UTC');
}

function sizeOf(step: StepRecord): string {
  const size = step.outputs.reduce((sum, file) => sum + file.size, 0);
  return size > 0 ? formatBytes(size) : '';
}

/** Columns as wide as their widest cell; those of `right` end at the same column. */
export function alignColumns(rows: readonly (readonly string[])[], right: readonly number[]): string[] {
  const cells = rows.map((row) => row.map(escapeControls));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => widthOf(row[column] ?? ''))),
  );
  return cells.map((row) =>
    row
      .map((cell, column) => {
        const blanks = ' '.repeat((widths[column] ?? 0) - widthOf(cell));
        return right.includes(column) ? blanks + cell : cell + blanks;
      })
      .join('  ')
      .trimEnd(),
  );
}
