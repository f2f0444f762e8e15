/** What packages and links cost when they were last made: CPU-like milliseconds and peak memory, for all checkouts. */
import type { Host } from '../../host/host.ts';
import type { Cost } from '../../plan/cost.ts';
import { readVersioned, writeVersioned } from '../state.ts';

/** Peak bytes are 0 when nobody looked; output bytes are absent in what older versions learned. */
export type LearnedCost = readonly [milliseconds: number, peakBytes: number, outputBytes?: number];

const SCHEMA = 1;

export class Ledger {
  readonly #host: Host;
  readonly #path: string;
  #costs: Record<string, LearnedCost> | undefined;
  #changed = false;

  /** Reads nothing yet. */
  constructor(host: Host, path: string) {
    this.#host = host;
    this.#path = path;
  }

  /** `name`: import path; a program has `link ` in front. */
  learned(name: string, platform: string): Partial<Cost> | undefined {
    const known = this.#load()[`${name}@${platform}`];
    if (!known) return undefined;
    const [milliseconds, peakBytes, outputBytes] = known;
    return {
      milliseconds,
      ...(peakBytes > 0 ? { peakBytes } : {}),
      ...(outputBytes === undefined ? {} : { outputBytes }),
    };
  }

  /** What was learned, filled up from a guess. */
  cost(name: string, platform: string, guess: Cost): Cost & { readonly isLearned: boolean } {
    const known = this.learned(name, platform);
    return { ...guess, ...known, isLearned: known !== undefined };
  }

  learn(name: string, platform: string, { milliseconds, peakBytes, outputBytes }: Cost): void {
    this.#load()[`${name}@${platform}`] = [Math.round(milliseconds), peakBytes, outputBytes];
    this.#changed = true;
  }

  save(): void {
    if (this.#changed) writeVersioned(this.#host, this.#path, SCHEMA, this.#load());
    this.#changed = false;
  }

  #load(): Record<string, LearnedCost> {
    this.#costs ??= readVersioned<Record<string, LearnedCost>>(this.#host, this.#path, SCHEMA) ?? {};
    return this.#costs;
  }
}
