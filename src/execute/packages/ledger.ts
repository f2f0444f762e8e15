/** What packages and links cost when they were last made: CPU-like milliseconds and peak memory, for all checkouts. */
import type { Host } from '../../host/host.ts';
import { readVersioned, writeVersioned } from '../state.ts';

/** Milliseconds and peak bytes; 0 bytes when nobody looked. */
export type Cost = readonly [milliseconds: number, peakBytes: number];

const SCHEMA = 1;

export class Ledger {
  readonly #host: Host;
  readonly #path: string;
  #costs: Record<string, Cost> | undefined;
  #changed = false;

  /** Reads nothing yet. */
  constructor(host: Host, path: string) {
    this.#host = host;
    this.#path = path;
  }

  /** `name`: import path; a program has `link ` in front. */
  cost(name: string, platform: string): Cost | undefined {
    return this.#load()[`${name}@${platform}`];
  }

  learn(name: string, platform: string, cost: Cost): void {
    this.#load()[`${name}@${platform}`] = [Math.round(cost[0]), cost[1]];
    this.#changed = true;
  }

  save(): void {
    if (this.#changed) writeVersioned(this.#host, this.#path, SCHEMA, this.#load());
    this.#changed = false;
  }

  #load(): Record<string, Cost> {
    this.#costs ??= readVersioned<Record<string, Cost>>(this.#host, this.#path, SCHEMA) ?? {};
    return this.#costs;
  }
}
