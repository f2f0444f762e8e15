/** The file of remembered headers: read when first needed, written when something was learned. */
import type { Host } from '../../../host/host.ts';
import { EMPTY_MEMORY, type HeaderMemory, HeaderStore } from './headers.ts';

const SCHEMA = 2;

export class RememberedHeaders {
  readonly #host: Host;
  readonly #path: string | undefined;
  #store: HeaderStore | undefined;
  #users = 0;

  /** Without a path nothing is remembered between runs. */
  constructor(host: Host, path: string | undefined) {
    this.#host = host;
    this.#path = path;
  }

  /** Lends the store; what was learned is saved when the last of several users is done. */
  async using<T>(work: (store: HeaderStore) => Promise<T>): Promise<T> {
    this.#store ??= new HeaderStore(this.#host.files, () => this.#host.clock.now(), this.#load());
    this.#users++;
    try {
      return await work(this.#store);
    } finally {
      this.#users--;
      if (this.#users === 0) this.#save(this.#store);
    }
  }

  /** Forgets what this run has seen of the disk. */
  refresh(): void {
    this.#store?.refresh();
  }

  #load(): HeaderMemory {
    try {
      const text = this.#path && this.#host.files.readTextIfAny(this.#path);
      const saved = text ? JSON.parse(text) : undefined;
      return saved?.schema === SCHEMA ? saved.state : EMPTY_MEMORY;
    } catch {
      // Missing, torn or foreign: only hints are lost.
      return EMPTY_MEMORY;
    }
  }

  #save(store: HeaderStore): void {
    const state = this.#path && store.memory();
    if (!this.#path || !state) return;
    try {
      this.#host.files.publish(this.#path, JSON.stringify({ schema: SCHEMA, state }), { fsync: false });
    } catch {
      // A full or read-only disk costs the memory; the build says so itself if it matters.
    }
  }
}
