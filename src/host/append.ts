/** A file that grows at its end: an event log. Kept open, so that a line costs one write. */
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { asFailure } from './file-problem.ts';

export class AppendFile {
  readonly #path: string;
  #descriptor: number | undefined;

  /** Opens or creates the file, with its directories. Throws a Failure that names the path. */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = this.#translated(() => {
      mkdirSync(dirname(path), { recursive: true });
      return openSync(path, 'a', 0o644);
    });
  }

  /** Writes all of the text behind what is there. */
  write(text: string): void {
    this.#translated(() => {
      const bytes = Buffer.from(text);
      const file = this.#open();
      for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset);
    });
  }

  /** Returns once what was written would survive a power cut. */
  sync(): void {
    this.#translated(() => fsyncSync(this.#open()));
  }

  /** Closing twice does no harm. */
  close(): void {
    if (this.#descriptor === undefined) return;
    const file = this.#descriptor;
    this.#descriptor = undefined;
    this.#translated(() => closeSync(file));
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new Error(`${this.#path} is closed`);
    return this.#descriptor;
  }

  #translated<T>(action: () => T): T {
    try {
      return action();
    } catch (problem) {
      throw asFailure(problem, this.#path);
    }
  }
}
