/** Most memory that child processes held, looked at a few times a second where there is a /proc. */
import type { Host } from '../../host/host.ts';

const INTERVAL_MILLISECONDS = 200;

export class PeakMemory {
  readonly #host: Host;
  readonly #peaks = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  watch(pid: number): void {
    this.#peaks.set(pid, 0);
    this.#timer ??= setInterval(() => this.#look(), INTERVAL_MILLISECONDS).unref();
  }

  /** Bytes of the largest of these processes, which are forgotten; 0 when they ended before anyone looked. */
  take(pids: readonly number[]): number {
    const peak = Math.max(0, ...pids.map((pid) => this.#peaks.get(pid) ?? 0));
    for (const pid of pids) this.#peaks.delete(pid);
    if (this.#peaks.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    return peak;
  }

  #look(): void {
    for (const [pid, known] of this.#peaks) {
      const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(this.#status(pid))?.[1];
      this.#peaks.set(pid, Math.max(known, Number(kilobytes ?? 0) * 1024));
    }
  }

  /** A process may end between being found and being read (ESRCH). */
  #status(pid: number): string {
    try {
      return this.#host.files.readTextIfAny(`/proc/${pid}/status`) ?? '';
    } catch {
      return '';
    }
  }
}
