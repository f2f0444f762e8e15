/** Numbers and times Events, and hands each to every sink. A sink that fails is left out; the run goes on. */
import { type Diagnostic, Failure } from '../diagnostic/diagnostic.ts';
import type { Clock } from '../host/host.ts';
import type { Event, EventBody, EventSink } from './events.ts';

export class EventBus {
  readonly #clock: Clock;
  readonly #sinks: EventSink[];
  readonly #began: number;
  #seq = 0;

  /** The run's clock starts here: `at` counts from the making of the bus. */
  constructor(clock: Clock, sinks: readonly EventSink[]) {
    this.#clock = clock;
    this.#sinks = [...sinks];
    this.#began = clock.monotonic();
  }

  /** Gives the fact its number and times, and tells all sinks in order. */
  emit(body: EventBody): void {
    const event: Event = {
      seq: ++this.#seq,
      at: toMicroseconds(this.#clock.monotonic() - this.#began),
      time: new Date(this.#clock.now()).toISOString(),
      ...('milliseconds' in body ? { ...body, milliseconds: toMicroseconds(body.milliseconds) } : body),
    };
    const problems: Diagnostic[] = [];
    for (const sink of [...this.#sinks]) {
      try {
        sink.handle(event);
      } catch (problem) {
        problems.push(...this.#leaveOut(sink, problem));
      }
    }
    for (const diagnostic of problems) this.emit({ type: 'diagnostic', diagnostic });
  }

  /** Flushes and closes every sink, also when one of them fails. */
  async close(): Promise<void> {
    for (const sink of [...this.#sinks].reverse()) {
      try {
        await sink.close();
      } catch (problem) {
        for (const diagnostic of this.#leaveOut(sink, problem)) this.emit({ type: 'diagnostic', diagnostic });
      }
    }
  }

  /** A full disk must not end a build that needs no more of it: the problem becomes a warning. */
  #leaveOut(sink: EventSink, problem: unknown): Diagnostic[] {
    if (!(problem instanceof Failure)) throw problem;
    this.#sinks.splice(this.#sinks.indexOf(sink), 1);
    return problem.diagnostics.map((diagnostic) => ({ ...diagnostic, severity: 'warning' }));
  }
}

/** Milliseconds without the digits that a clock only pretends to have. */
function toMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
