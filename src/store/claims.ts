/** Who makes what: builds that run at once on one store leave work to each other instead of doing it twice. */
import type { Digest } from '../formats/digest.ts';
import type { Host } from '../host/host.ts';

/** Longest that work of another build is waited for; a link of the largest program takes a tenth of it. */
const STALE_MILLISECONDS = 300_000;

export class Claims {
  readonly #host: Host;
  readonly #directory: string;
  #usable = true;

  /** `directory`: one for all builds that share the store. */
  constructor(host: Host, directory: string) {
    this.#host = host;
    this.#directory = directory;
  }

  /**
   * False when another living process works on it. A claim is a hint, never a lock: where it cannot be written, or its
   * holder died or takes long, the work is done here as well, and gives the same bytes.
   */
  take(key: Digest): boolean {
    if (!this.#usable) return true;
    const path = this.#path(key);
    try {
      if (this.#host.files.createExclusive(path, `${this.#host.processes.self.pid}`)) return true;
      if (this.#isHeld(path)) return false;
      this.#host.files.remove(path);
      return this.#host.files.createExclusive(path, `${this.#host.processes.self.pid}`);
    } catch {
      this.#usable = false;
      return true;
    }
  }

  release(key: Digest): void {
    if (this.#usable) this.#host.files.remove(this.#path(key));
  }

  #isHeld(path: string): boolean {
    const { files, processes, clock } = this.#host;
    const pid = Number(files.readTextIfAny(path));
    if (pid === processes.self.pid || !processes.isAlive(pid)) return false;
    const age = clock.now() - (files.lstat(path)?.mtime ?? 0);
    // A clock that was put back makes a claim look older or newer than it is; neither costs more than time.
    return Math.abs(age) < STALE_MILLISECONDS;
  }

  #path(key: Digest): string {
    return `${this.#directory}/${key}`;
  }
}
