/** What is remembered between runs in containers: which sources the volume holds, and which programs were fetched. */
import type { Host } from '../../host/host.ts';

/** Mode with kind, size, mtime, ctime, inode: what tells that an entry is as it was. */
export type SourceRow = readonly [mode: number, size: number, mtime: number, ctime: number, inode: number];

export interface ContainerState {
  /** Label of the volume whose sources these are. */
  readonly generation: string;
  /** False from the start of a run to its end: after a kill nobody knows what the volume holds. */
  readonly isSettled: boolean;
  readonly files: Readonly<Record<string, SourceRow>>;
  /** Facts of each program by its path below the directory of programs. */
  readonly results: Readonly<Record<string, string>>;
}

const SCHEMA = 1;
export const NO_STATE: ContainerState = { generation: '', isSettled: false, files: {}, results: {} };

/** A state that cannot be read is none: everything is sent again. */
export function loadContainerState(host: Host, file: string): ContainerState {
  const text = host.files.readTextIfAny(file);
  if (text === undefined) return NO_STATE;
  try {
    const { schema, ...state } = JSON.parse(text) as ContainerState & { schema: number };
    return schema === SCHEMA ? state : NO_STATE;
  } catch {
    return NO_STATE;
  }
}

export function saveContainerState(host: Host, file: string, state: ContainerState): void {
  host.files.publish(file, JSON.stringify({ schema: SCHEMA, ...state }), { fsync: false });
}
