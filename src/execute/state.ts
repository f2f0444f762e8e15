/** What one checkout remembers between runs: the file index, the package graph, and the last key of every Step. */
import type { Digest } from '../host/digest.ts';
import type { FileStat } from '../host/files.ts';
import type { Host } from '../host/host.ts';
import type { StepId } from '../plan/step.ts';
import type { IndexRow } from '../tree/packages/fileindex.ts';
import type { GraphState } from '../tree/packages/graph.ts';

export interface OutputRecord {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
  readonly stat: FileStat;
}

/** The last good run of a Step. */
export interface StepRecord {
  readonly key: Digest;
  readonly keyParts: Readonly<Record<string, string>>;
  /** Name of each package → short digest of its files. */
  readonly packages: Readonly<Record<string, string>>;
  readonly outputs: readonly OutputRecord[];
  readonly milliseconds: number;
}

export interface RunState {
  readonly files: Record<string, IndexRow>;
  readonly graph: GraphState;
  readonly steps: Record<StepId, StepRecord>;
  /** Package digest → `name digest` of its files, so that `why` can name the file. */
  readonly contents: Record<string, readonly string[]>;
  /** Directory of a package with generated files → digest of the declarations that its generators read. */
  readonly generated: Record<string, string>;
}

const SCHEMA = 1;

/** Reads the state; a missing, torn or foreign file is an empty state, never an error. */
export function loadState(host: Host, path: string): RunState {
  try {
    const text = host.files.readTextIfAny(path);
    const saved = text ? JSON.parse(text) : undefined;
    if (saved?.schema === SCHEMA) return saved.state;
  } catch {
    // Only hints are lost: everything is looked at again.
  }
  return { files: {}, graph: { listings: {}, directories: {} }, steps: {}, contents: {}, generated: {} };
}

/** Writes the state in one step, without what no record refers to any more. */
export function saveState(host: Host, path: string, state: RunState): void {
  const used = new Set(Object.values(state.steps).flatMap((step) => Object.values(step.packages)));
  const contents = Object.fromEntries(Object.entries(state.contents).filter(([digest]) => used.has(digest)));
  host.files.publish(path, JSON.stringify({ schema: SCHEMA, state: { ...state, contents } }), {
    fsync: false,
  });
}
