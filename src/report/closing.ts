/** The last words of a run: what was done, how long it took, where the outputs and the report lie. */
import type { OutputFile } from './events.ts';
import { countOutcomes, durationOf, endingOf, isNoOp, type RunRecord } from './fold.ts';
import { formatBytes, formatCount, formatDuration, nothingToDo } from './units.ts';

/** Order in which outcomes are told. */
export const OUTCOMES = ['built', 'restored', 'fresh', 'failed', 'cancelled'] as const;

const SHOWN_DIRECTORIES = 6;

/** `3 built, 1 restored, 12 fresh`; empty when nothing ended. */
export function describeCounts(run: RunRecord): string {
  const counts = countOutcomes(run);
  return OUTCOMES.filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${outcome}`)
    .join(', ');
}

/** The headline alone: `Done in 42.1 s: 3 built, 12 fresh`. */
export function headline(run: RunRecord): string {
  const time = formatDuration(durationOf(run));
  if (isNoOp(run)) {
    const files = [...run.steps.values()].flatMap((step) => step.outputs).length || run.steps.size;
    return nothingToDo(files, durationOf(run));
  }
  const counts = describeCounts(run);
  const detail = counts ? `: ${counts}` : '';
  switch (endingOf(run)) {
    case 'succeeded':
      return `Done in ${time}${detail}`;
    case 'failed':
      return `Failed after ${time}${detail}`;
    case 'cancelled':
      return `Cancelled after ${time}${detail}`;
    case 'interrupted':
      return `Ended without a last word after ${time}${detail}`;
  }
}

/** Headline, directories of new outputs, failed Steps, and the path of the report when there is something in it. */
export function closingLines(run: RunRecord, report: string | undefined): string[] {
  const lines = [headline(run)];
  for (const step of run.steps.values()) if (step.state === 'failed') lines.push(`  failed: ${step.title}`);
  const directories = newOutputsByDirectory(run);
  for (const [directory, files] of directories.slice(0, SHOWN_DIRECTORIES)) {
    const size = files.reduce((sum, file) => sum + file.size, 0);
    lines.push(`  ${directory}/: ${formatCount(files.length, 'new file')}, ${formatBytes(size)}`);
  }
  const more = directories.length - SHOWN_DIRECTORIES;
  if (more > 0) lines.push(`  and in ${formatCount(more, 'more directory', 'more directories')}`);
  if (report && !isNoOp(run)) lines.push(`  report: ${report}`);
  return lines;
}

function newOutputsByDirectory(run: RunRecord): [string, OutputFile[]][] {
  const directories = new Map<string, OutputFile[]>();
  for (const step of run.steps.values()) {
    if (step.state !== 'built' && step.state !== 'restored') continue;
    for (const file of step.outputs) {
      const shown = shownPath(file.path, run.started?.tree);
      const directory = shown.includes('/') ? shown.slice(0, shown.lastIndexOf('/')) : '.';
      directories.set(directory, [...(directories.get(directory) ?? []), file]);
    }
  }
  return [...directories];
}

/** A path as people read it: relative to the tree when it lies in it. */
export function shownPath(path: string, tree: string | undefined): string {
  return tree && path.startsWith(`${tree}/`) ? path.slice(tree.length + 1) : path;
}
