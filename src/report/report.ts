/**
 * Everything that is shown or kept of a run is a fold over its Events: the live view, plain lines, JSON lines,
 * the log, the trace and the page. This folder knows how to tell a run; it decides nothing about it, and no
 * other folder asks it anything.
 */
import type { Host } from '../host/host.ts';
import type { EarlierDurations } from './estimate.ts';
import type { Event, EventSink } from './events.ts';
import { JOURNAL_FILE, Journal } from './journal.ts';
import { JsonLines } from './json.ts';
import { PlainLines } from './plain.ts';
import { makeRedactor } from './redact.ts';
import { TerminalView } from './terminal.ts';

export interface SinkOptions {
  readonly json: boolean;
  readonly plain: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Absolute; its log is written here. */
  readonly runDirectory: string;
  /** Milliseconds by Step of earlier runs, for the time that is left. */
  readonly earlierDurations?: EarlierDurations;
}

/**
 * The reporters of one run: prose on stderr (live on a terminal, lines elsewhere; only problems and the result
 * beside --json), JSON lines on stdout, and the log. None of them ever sees a secret.
 */
export function createSinks(host: Host, options: SinkOptions): EventSink[] {
  const redact = sharedRedactor(host.environment);
  const sinks = [createProse(host, options)];
  if (options.json) sinks.push(new JsonLines((text) => void host.stdout.write(text)));
  sinks.push(new Journal(`${options.runDirectory}/${JOURNAL_FILE}`));
  return sinks.map((sink) => ({ handle: (event) => sink.handle(redact(event)), close: () => sink.close() }));
}

function createProse(host: Host, options: SinkOptions): EventSink {
  const { quiet, verbose, earlierDurations } = options;
  const report = shownFrom(host.workingDirectory, `${options.runDirectory}/index.html`);
  const isLive =
    host.stderr.isTTY === true &&
    host.environment['TERM'] !== 'dumb' &&
    !(options.json || options.plain || quiet);
  if (isLive) {
    const color = !host.environment['NO_COLOR'];
    return new TerminalView(host.stderr, host.clock, { color, verbose, report, earlierDurations });
  }
  const write = (text: string) => void host.stderr.write(text);
  return new PlainLines(write, { quiet: quiet || options.json, verbose, report });
}

/** Each Event is looked through once, however many reporters there are. */
function sharedRedactor(environment: Host['environment']): (event: Event) => Event {
  const redact = makeRedactor(environment);
  let last: { readonly from: Event; readonly to: Event } | undefined;
  return (event) => {
    if (last?.from !== event) last = { from: event, to: redact(event) };
    return last.to;
  };
}

function shownFrom(directory: string, path: string): string {
  return path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path;
}
