/** The live view: what runs is redrawn in place, what ended stays above as lines. */
import { escapeControls, printDiagnostic } from '../diagnostic/printer.ts';
import type { Clock } from '../host/host.ts';
import { closingLines } from './closing.ts';
import type { EarlierDurations } from './estimate.ts';
import type { Event, EventSink } from './events.ts';
import { foldEvent, newRunRecord } from './fold.ts';
import { forecastLine } from './forecast.ts';
import { renderFinished, renderFrame } from './frame.ts';
import { shellCommand } from './shell.ts';

/** What the view needs of a terminal. `columns` and `rows` are read anew for every frame: people resize. */
export interface Screen {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export interface TerminalOptions {
  readonly color: boolean;
  /** Also commands, their output, and Steps that are fresh. */
  readonly verbose: boolean;
  readonly report?: string;
  readonly earlierDurations?: EarlierDurations | undefined;
}

const FRAME_MILLISECONDS = 100;
const DEFAULT_ROWS = 24;

type LogUpdate = ReturnType<typeof import('log-update')['createLogUpdate']>;

export class TerminalView implements EventSink {
  readonly #screen: Screen;
  readonly #clock: Clock;
  readonly #options: TerminalOptions;
  readonly #run = newRunRecord();
  #began = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Loaded when the first Step starts: a no-op draws nothing, and need not wait for the library. */
  #live: LogUpdate | undefined;
  #loading: Promise<void> | undefined;
  #closed = false;
  #lastFrame = '';

  constructor(screen: Screen, clock: Clock, options: TerminalOptions) {
    this.#screen = screen;
    this.#clock = clock;
    this.#options = options;
  }

  handle(event: Event): void {
    // The bus began counting a moment ago; its clock and ours differ only by that.
    this.#began = this.#clock.monotonic() - event.at;
    foldEvent(this.#run, event);
    const lines = this.#linesOf(event);
    if (lines.length > 0) this.#keep(lines.join('\n'));
    if (event.type === 'step-started') this.#start();
    if (event.type === 'run-finished') this.#stop();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stop();
    await this.#loading;
  }

  #linesOf(event: Event): string[] {
    const { verbose, color, report } = this.#options;
    switch (event.type) {
      case 'diagnostic':
        return [printDiagnostic(event.diagnostic, color)];
      case 'forecast':
        return [forecastLine(event)];
      case 'step-finished': {
        const step = this.#run.steps.get(event.step);
        const isShown = step && (verbose || step.startedAt !== undefined || event.outcome === 'failed');
        return isShown ? [renderFinished(step, this.#screen.columns ?? 0, color)] : [];
      }
      case 'command-started':
        return verbose ? [`$ ${escapeControls(shellCommand(event))}`] : [];
      case 'step-output':
        return verbose ? [`| ${escapeControls(event.line)}`] : [];
      case 'run-finished':
        return closingLines(this.#run, report);
      default:
        return [];
    }
  }

  /** Prints lines that stay, above the live part. */
  #keep(text: string): void {
    this.#live?.clear();
    this.#lastFrame = '';
    this.#screen.write(`${text}\n`);
    if (this.#run.finished === undefined) this.#draw();
  }

  #start(): void {
    this.#loading ??= import('log-update').then(({ createLogUpdate }) => {
      if (this.#closed) return;
      this.#live = createLogUpdate(this.#screen as unknown as NodeJS.WritableStream);
      this.#draw();
    });
    this.#timer ??= setInterval(() => this.#draw(), FRAME_MILLISECONDS).unref();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#live?.clear();
    this.#live?.done();
    this.#live = undefined;
    this.#lastFrame = '';
  }

  #draw(): void {
    if (!this.#live) return;
    const { columns = 0, rows = 0 } = this.#screen;
    const frame = renderFrame(this.#run, {
      ...{ columns, rows: rows || DEFAULT_ROWS, color: this.#options.color },
      now: this.#clock.monotonic() - this.#began,
      earlier: this.#options.earlierDurations,
    }).join('\n');
    if (frame === this.#lastFrame) return;
    this.#lastFrame = frame;
    if (frame === '') this.#live.clear();
    else this.#live(frame);
  }
}
