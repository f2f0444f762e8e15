/**
 * The log of a run: one Event a line, each with a CRC-32C of the bytes before it, so that a torn or damaged
 * log is noticed and never misread.
 *
 *     {"seq":1,"at":0,"time":"…","type":"run-started",…,"crc":"1f0a99c3"}
 *      └────────────── the sum covers these, with a closing brace ──┘
 */
import { type Diagnostic, warning } from '../diagnostic/diagnostic.ts';
import { crc32cOfText } from '../formats/crc32c.ts';
import { AppendFile } from '../host/append.ts';
import type { Event, EventSink } from './events.ts';

export const JOURNAL_FILE = 'events.jsonl';

const FLUSH_MILLISECONDS = 100;
const FLUSH_CHARACTERS = 64 * 1024;
const LINE_FEED = 0x0a;
const CHECKED_LINE = /^(\{.*),"crc":"([0-9a-f]{8})"\}$/s;

/** One line of the log, with its line feed. */
export function journalLine(event: Event): string {
  const text = JSON.stringify(event);
  return `${text.slice(0, -1)},"crc":"${crc32cOfText(text)}"}\n`;
}

/**
 * Appends Events to a file. Lines are written together every 100 ms, and are safe from a power cut when the
 * first Step starts, after every Step that was built, and when a run that did something ends.
 */
export class Journal implements EventSink {
  readonly #file: AppendFile;
  #waiting = '';
  #timer: NodeJS.Timeout | undefined;
  #problem: unknown;
  #hasWorked = false;

  constructor(path: string) {
    this.#file = new AppendFile(path);
  }

  handle(event: Event): void {
    if (this.#problem) throw this.#problem;
    this.#waiting += journalLine(event);
    if (this.#mustLast(event)) {
      this.#flush();
      this.#file.sync();
    } else if (this.#waiting.length > FLUSH_CHARACTERS) {
      this.#flush();
    } else {
      this.#timer ??= setTimeout(() => this.#flushLater(), FLUSH_MILLISECONDS).unref();
    }
  }

  close(): Promise<void> {
    try {
      this.#flush();
    } finally {
      this.#file.close();
    }
    return Promise.resolve();
  }

  /** A run that found nothing to do has nothing to lose, and is not made to wait for the disk. */
  #mustLast(event: Event): boolean {
    if (event.type === 'run-finished') return this.#hasWorked;
    if (event.type === 'step-finished') return event.outcome === 'built';
    const first = event.type === 'step-started' && !this.#hasWorked;
    this.#hasWorked ||= first;
    return first;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting === '') return;
    const text = this.#waiting;
    this.#waiting = '';
    this.#file.write(text);
  }

  /** Nobody is there to catch what a timer throws; the next Event carries it to the bus. */
  #flushLater(): void {
    try {
      this.#flush();
    } catch (problem) {
      this.#problem = problem;
    }
  }
}

/** What a log holds up to the first line that cannot be trusted. */
export interface JournalReading {
  readonly events: readonly Event[];
  /** Whether the last line is incomplete: the run was killed while it wrote. */
  readonly torn: boolean;
  /** One warning when a line in the middle is damaged; what follows it is not read. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a log. `path` is only named in the Diagnostic. */
export function readJournal(bytes: Uint8Array, path: string): JournalReading {
  const events: Event[] = [];
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8').split('\n');
  const rest = lines.pop() ?? '';
  for (const [i, line] of lines.entries()) {
    const event = readLine(line);
    if (event?.seq !== events.length + 1) {
      return { events, torn: false, diagnostics: [damaged(path, i + 1, lines.length)] };
    }
    events.push(event);
  }
  return { events, torn: rest !== '', diagnostics: [] };
}

/**
 * The first and the last Event alone, in little time whatever lies between; undefined when either is torn or
 * damaged, or when the log holds fewer than two.
 */
export function readJournalEnds(bytes: Buffer): readonly [Event, Event] | undefined {
  const end = bytes.length - 1;
  if (bytes[end] !== LINE_FEED) return undefined;
  const first = readLine(bytes.toString('utf8', 0, bytes.indexOf(LINE_FEED)));
  const last = readLine(bytes.toString('utf8', bytes.lastIndexOf(LINE_FEED, end - 1) + 1, end));
  return first && last && last.seq > first.seq ? [first, last] : undefined;
}

function readLine(line: string): Event | undefined {
  const [, members, sum] = CHECKED_LINE.exec(line) ?? [];
  if (members === undefined || crc32cOfText(`${members}}`) !== sum) return undefined;
  return JSON.parse(`${members}}`) as Event;
}

function damaged(path: string, line: number, lines: number): Diagnostic {
  return warning('report/journal-damaged', {
    what: `line ${line} of the log of this run is damaged`,
    where: [{ file: path, line }],
    why: `its checksum is wrong or a line is missing; the ${lines - line + 1} lines from there on are not read, so the report ends early`,
    help: 'the outputs are not affected: each is checked by its own digest; run the command again for a whole report, and check the disk if this happens twice',
  });
}
