/** What one checkout remembers between runs: the file index, the package graph, and the last key of every Step. */
import type { Digest } from '../formats/digest.ts';
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
  readonly outputs: readonly OutputRecord[];
  /** Outputs beside these whose names follow from their bytes. */
  readonly named?: readonly OutputRecord[];
  readonly milliseconds: number;
}

export interface RunState {
  readonly files: Record<string, IndexRow>;
  readonly graph: GraphState;
  readonly steps: Record<StepId, StepRecord>;
  /** Directory of a package with generated files → digest of the declarations that its generators read. */
  readonly generated: Record<string, string>;
}

const SCHEMA = 2;

/** Reads the state; a missing, torn or foreign file is an empty state, never an error. */
export function loadState(host: Host, path: string): RunState {
  return (
    readVersioned<RunState>(host, path, SCHEMA) ?? {
      ...{ files: {}, steps: {}, generated: {} },
      graph: { listings: {}, directories: {} },
    }
  );
}

/** Writes the state in one step. */
export function saveState(host: Host, path: string, state: RunState): void {
  writeVersioned(host, path, SCHEMA, state);
}

/** A JSON file of ours; undefined when it is missing, torn or of another schema: only hints are lost. */
export function readVersioned<T>(host: Host, path: string, schema: number): T | undefined {
  try {
    const text = host.files.readTextIfAny(path);
    const saved = text ? JSON.parse(text) : undefined;
    return saved?.schema === schema ? saved.state : undefined;
  } catch {
    return undefined;
  }
}

export function writeVersioned(host: Host, path: string, schema: number, state: unknown): void {
  host.files.publish(path, JSON.stringify({ schema, state }), { fsync: false });
}
