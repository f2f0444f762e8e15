/**
 * Scratch directories for one work after the other. They are emptied, not removed: removing a directory takes ext4 two
 * milliseconds, as long as starting a compiler, and nothing is started meanwhile.
 */
import type { Host } from '../../host/host.ts';

export class Workplaces {
  readonly #host: Host;
  readonly #directory: string;
  readonly #free: string[] = [];
  #count = 0;

  /** `directory` is removed by whoever made it. */
  constructor(host: Host, directory: string) {
    this.#host = host;
    this.#directory = directory;
  }

  /** A directory that is empty, or still to be made. */
  take(): string {
    return this.#free.pop() ?? `${this.#directory}/${this.#count++}`;
  }

  /** Nothing in it is of use any more. */
  release(directory: string): void {
    const { files } = this.#host;
    if (!files.isDirectory(directory)) return;
    for (const name of files.list(directory)) files.remove(`${directory}/${name.replace(/\/$/, '')}`);
    this.#free.push(directory);
  }
}
