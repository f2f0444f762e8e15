/** The live part of the terminal as text: running Steps, their progress, and the state of the whole run. */
import { styleText } from 'node:util';
import { escapeControls } from '../diagnostic/printer.ts';
import { type Batch, type EarlierDurations, estimateRemaining, runningBatches } from './estimate.ts';
import type { StepOutcome } from './events.ts';
import { countOutcomes, type RunRecord, type StepRecord } from './fold.ts';
import { formatBytes, formatCount, formatDuration, formatEstimate } from './units.ts';
import { cutEnd, cutStart, padded, widthOf } from './width.ts';

export interface FrameOptions {
  /** Columns of the terminal; 0 when it does not say. */
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
  /** Milliseconds since the run began. */
  readonly now: number;
  readonly earlier?: EarlierDurations | undefined;
}

const DEFAULT_COLUMNS = 80;
const MOST_BATCHES = 8;
const BAR_COLUMNS = 24;
/** Outcome, time and size, so that lines without a size stay in column. */
const FIGURES_COLUMNS = 28;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const SPINNER_MILLISECONDS = 100;

type Style = Parameters<typeof styleText>[0];

const MARKS: Readonly<Record<StepOutcome, readonly [mark: string, style: Style]>> = {
  built: ['✓', 'green'],
  restored: ['✓', 'cyan'],
  fresh: ['·', 'dim'],
  failed: ['✗', ['red', 'bold']],
  cancelled: ['–', 'yellow'],
};

/** Lines of the live part, each narrower than the terminal; none when nothing runs. */
export function renderFrame(run: RunRecord, options: FrameOptions): string[] {
  const batches = runningBatches(run);
  if (batches.length === 0) return [];
  const columns = usableColumns(options.columns);
  // Two lines a batch, the line of counts, one for what is left out, and the shell's own.
  const shown = Math.max(1, Math.min(MOST_BATCHES, Math.floor((options.rows - 4) / 2)));
  const lines = batches.slice(0, shown).flatMap((batch) => renderBatch(batch, columns, options));
  if (batches.length > shown) lines.push(cutEnd(`  and ${batches.length - shown} more`, columns));
  lines.push(renderCounts(run, columns, options));
  return lines;
}

/** The line that stays once a Step has ended: `✓ kubectl linux/amd64  built     42.1 s  44.0 MiB`. */
export function renderFinished(step: StepRecord, columns: number, color: boolean): string {
  if (step.state === 'waiting' || step.state === 'running') return '';
  const [mark, style] = MARKS[step.state];
  const size = step.outputs.reduce((sum, file) => sum + file.size, 0);
  const time = step.startedAt === undefined ? '' : formatDuration(step.milliseconds);
  const figures = `${padded(step.state, 9)} ${time.padStart(8)}${size > 0 ? `  ${formatBytes(size).padStart(8)}` : ''}`;
  const width = usableColumns(columns);
  const titleWidth = Math.min(Math.max(30, widthOf(step.title)), width - 2 - FIGURES_COLUMNS - 2);
  const title = escapeControls(step.title);
  if (titleWidth < 12)
    return cutEnd(`${mark} ${title} ${step.state}`, width).replace(mark, paint(style, mark, color));
  return `${paint(style, mark, color)} ${padded(title, titleWidth)}  ${paint('dim', figures.trimEnd(), color)}`;
}

function renderBatch(batch: Batch, columns: number, { now, color }: FrameOptions): string[] {
  const [first, ...others] = batch.steps;
  const spinner = SPINNER[Math.floor(now / SPINNER_MILLISECONDS) % SPINNER.length] as string;
  const time = formatDuration(now - batch.startedAt);
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const room = columns - 2 - time.length - 2;
  const title = cutEnd(escapeControls(first.title), Math.max(1, room - more.length)) + more;
  const reason = columns < 60 ? '' : cutEnd(escapeControls(first.because), room - widthOf(title) - 2);
  const head = `${paint('cyan', spinner, color)} ${cutEnd(title, room)}  ${paint('dim', time, color)}`;
  const lines = [reason ? `${head}  ${paint('dim', reason, color)}` : head];
  if (first.progress) lines.push(renderProgress(first.progress, columns, color));
  return lines;
}

function renderProgress(
  progress: NonNullable<StepRecord['progress']>,
  columns: number,
  color: boolean,
): string {
  const { done, total, detail } = progress;
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const figures = `${done}/${total}`;
  const room = columns - 2;
  const width = Math.min(BAR_COLUMNS, room - figures.length - 1);
  if (width < 5) return `  ${cutEnd(figures, room)}`;
  const full = Math.round(share * width);
  const bar = paint('green', '━'.repeat(full), color) + paint('dim', '─'.repeat(width - full), color);
  const rest = cutStart(escapeControls(detail), room - width - 1 - figures.length - 1);
  return `  ${bar} ${figures}${rest ? ` ${paint('dim', rest, color)}` : ''}`;
}

function renderCounts(run: RunRecord, columns: number, options: FrameOptions): string {
  const counts = countOutcomes(run);
  const done = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const told = (['failed', 'built', 'restored', 'fresh', 'cancelled'] as const)
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${outcome}`);
  const rest = estimateRemaining(run, options.now, options.earlier);
  // A narrow terminal cuts the end: the counts can be seen above as well.
  const parts = [
    `${done} of ${formatCount(run.steps.size, 'step')}`,
    formatDuration(options.now),
    ...(rest === undefined ? [] : [`about ${formatEstimate(rest)} left`]),
    ...told,
  ];
  return paint(counts.failed > 0 ? 'red' : 'bold', cutEnd(parts.join(' · '), columns), options.color);
}

/** One column stays free: a line that fills the last one wraps on some terminals. */
function usableColumns(columns: number): number {
  return Math.max(10, (columns || DEFAULT_COLUMNS) - 1);
}

function paint(style: Style, text: string, color: boolean): string {
  return color ? styleText(style, text, { validateStream: false }) : text;
}
