/**
 * What every Step was made of when it was last good, so that its staleness can be explained. Kept apart from the
 * state: a run with nothing changed never reads it.
 */
import type { Host } from '../host/host.ts';
import type { StepId } from '../plan/step.ts';
import { readVersioned, writeVersioned } from './state.ts';

export interface StepHistory {
  readonly keyParts: Readonly<Record<string, string>>;
  /** Name of each package → short digest of its files. */
  readonly packages: Readonly<Record<string, string>>;
}

interface Saved {
  readonly steps: Record<StepId, StepHistory>;
  /** Package digest → `name digest` of its files. */
  readonly contents: Record<string, readonly string[]>;
}

const SCHEMA = 1;

export class History {
  readonly #host: Host;
  readonly #path: string;
  #saved: Saved | undefined;
  #changed = false;

  /** Reads nothing yet. */
  constructor(host: Host, path: string) {
    this.#host = host;
    this.#path = path;
  }

  step(id: StepId): StepHistory | undefined {
    return this.#load().steps[id];
  }

  /** The files behind an earlier package digest: `name digest` each. */
  files(digest: string): readonly string[] | undefined {
    return this.#load().contents[digest];
  }

  /** `filesOf` is asked only for packages that are not known yet. */
  remember(
    id: StepId,
    keyParts: StepHistory['keyParts'],
    packages: ReadonlyMap<string, string>,
    filesOf: (name: string) => readonly string[] | undefined,
  ): void {
    const { steps, contents } = this.#load();
    const before = steps[id]?.packages ?? {};
    const isSame =
      Object.keys(before).length === packages.size &&
      [...packages].every(([name, digest]) => before[name] === digest);
    steps[id] = { keyParts, packages: isSame ? before : Object.fromEntries(packages) };
    for (const [name, digest] of packages) {
      const files = contents[digest] === undefined ? filesOf(name) : undefined;
      if (files) contents[digest] = files;
    }
    this.#changed = true;
  }

  forget(id: StepId): void {
    delete this.#load().steps[id];
    this.#changed = true;
  }

  /** Writes what changed, without the contents that no Step refers to any more. */
  save(): void {
    if (!this.#changed) return;
    const { steps, contents } = this.#load();
    const used = new Set(Object.values(steps).flatMap((step) => Object.values(step.packages)));
    const kept = Object.fromEntries(Object.entries(contents).filter(([digest]) => used.has(digest)));
    writeVersioned(this.#host, this.#path, SCHEMA, { steps, contents: kept } satisfies Saved);
  }

  #load(): Saved {
    this.#saved ??= readVersioned<Saved>(this.#host, this.#path, SCHEMA) ?? { steps: {}, contents: {} };
    return this.#saved;
  }
}
