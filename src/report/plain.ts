/** Plain lines for logs and pipes: no cursor codes, a line per start, finish and milestone. */
import { escapeControls, printDiagnostic } from '../diagnostic/printer.ts';
import { closingLines } from './closing.ts';
import type { Event, EventSink } from './events.ts';
import { foldEvent, newRunRecord, type StepRecord } from './fold.ts';
import { forecastLine } from './forecast.ts';
import { shellCommand } from './shell.ts';
import { formatBytes, formatClock, formatDuration } from './units.ts';

export interface PlainOptions {
  /** Only problems and the result. */
  readonly quiet: boolean;
  /** Also commands, their output, and Steps that are fresh. */
  readonly verbose: boolean;
  /** Shown in the closing lines. */
  readonly report?: string;
}

const MILESTONE_MILLISECONDS = 5_000;

export class PlainLines implements EventSink {
  readonly #write: (text: string) => void;
  readonly #options: PlainOptions;
  readonly #run = newRunRecord();
  /** Time of the last line about a Step. */
  readonly #spokenAt = new Map<string, number>();

  /** `write` takes whole lines with their line feed. */
  constructor(write: (text: string) => void, options: PlainOptions) {
    this.#write = write;
    this.#options = options;
  }

  handle(event: Event): void {
    foldEvent(this.#run, event);
    if (event.type === 'diagnostic') this.#write(`${printDiagnostic(event.diagnostic)}\n`);
    else if (event.type === 'run-finished')
      this.#write(`${closingLines(this.#run, this.#options.report).join('\n')}\n`);
    else if (!this.#options.quiet) for (const line of this.#linesOf(event)) this.#say(event.at, line);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #say(at: number, text: string): void {
    this.#write(`[${formatClock(at)}] ${escapeControls(text)}\n`);
  }

  #linesOf(event: Event): string[] {
    const { verbose } = this.#options;
    switch (event.type) {
      case 'forecast':
        return [forecastLine(event)];
      case 'step-started':
        this.#spokenAt.set(event.step, event.at);
        return [`${this.#step(event.step).title}: started, ${event.because}`];
      case 'step-progress':
        return this.#milestone(event.step, event.at);
      case 'step-finished':
        return event.outcome === 'fresh' && !verbose ? [] : [describeFinish(this.#step(event.step))];
      case 'command-started':
        return verbose ? [`$ ${shellCommand(event)}`] : [];
      case 'command-finished':
        return verbose ? [`exit ${event.exitCode} after ${formatDuration(event.milliseconds)}`] : [];
      case 'step-output':
        return verbose ? [`| ${event.line}`] : [];
      default:
        return [];
    }
  }

  #milestone(id: string, at: number): string[] {
    const { title, progress, kind } = this.#step(id);
    if (!progress || at - (this.#spokenAt.get(id) ?? 0) < MILESTONE_MILLISECONDS) return [];
    this.#spokenAt.set(id, at);
    const { done, total } = progress;
    if (kind === 'pack') return [`${title}: ${formatBytes(done)} of ${formatBytes(total)}`];
    return [`${title}: ${done} of ${total} packages`];
  }

  #step(id: string): StepRecord {
    return this.#run.steps.get(id) as StepRecord;
  }
}

/** `kubectl linux/amd64: built in 42.1 s, 44.0 MiB`. */
function describeFinish(step: StepRecord): string {
  const { title, state, milliseconds, outputs } = step;
  if (state === 'fresh' || (state === 'cancelled' && step.startedAt === undefined))
    return `${title}: ${state}`;
  const size = outputs.reduce((sum, file) => sum + file.size, 0);
  const link = state === 'failed' || state === 'cancelled' ? 'after' : 'in';
  return `${title}: ${state} ${link} ${formatDuration(milliseconds)}${size > 0 ? `, ${formatBytes(size)}` : ''}`;
}
