/** One Event a line, for programs. The fields are those of docs/reference/events.md. */
import type { Event, EventSink } from './events.ts';

export class JsonLines implements EventSink {
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  handle(event: Event): void {
    this.#write(`${JSON.stringify(event)}\n`);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
