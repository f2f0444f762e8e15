import type { Clock } from '../host/host.ts';
import type { EventBody, EventSink } from './events.ts';
export class EventBus {
  #seq = 0;
  #start: number;
  #clock: Clock;
  #sinks: readonly EventSink[];
  constructor(clock: Clock, sinks: readonly EventSink[]) {
    this.#clock = clock;
    this.#sinks = sinks;
    this.#start = clock.monotonic();
  }
  emit(body: EventBody): void {
    const e = {
      ...body,
      seq: this.#seq++,
      at: this.#clock.monotonic() - this.#start,
      time: new Date(this.#clock.now()).toISOString(),
    };
    for (const s of this.#sinks) s.handle(e);
  }
  async close() {
    for (const s of this.#sinks) await s.close();
  }
}
