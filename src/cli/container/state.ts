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
  /** Rows of those programs as they lie here. */
  readonly here?: Readonly<Record<string, SourceRow>>;
  /** Keys of builds of these sources that came to their end. */
  readonly done?: readonly string[];
}

const SCHEMA = 1;
export const NO_STATE: ContainerState = { generation: '', isSettled: false, files: {}, results: {} };

/** A state that cannot be read is none: everything is sent again. */
export function loadContainerState(host: Host, file: string): ContainerState {
  const text = host.files.readTextIfAny(file);
  if (text === undefined) return NO_STATE;
  try {
    const { schema, ...state } = JSON.parse(text) as ContainerState & { schema: number };
    return schema === SCHEMA ? { ...state, isSettled: !host.files.exists(marker(file)) } : NO_STATE;
  } catch {
    return NO_STATE;
  }
}

/** From here to `saveContainerState` nobody can say what the volume holds. A mark beside the rows, which are many. */
export function unsettle(host: Host, file: string): void {
  host.files.publish(marker(file), '', { fsync: false });
}

/** Remembers a settled state; the rows are not written again when they are those that were read. */
export function saveContainerState(host: Host, file: string, state: ContainerState, isAsRead: boolean): void {
  if (!isAsRead) host.files.publish(file, JSON.stringify({ schema: SCHEMA, ...state }), { fsync: false });
  if (state.isSettled) host.files.remove(marker(file));
}

function marker(file: string): string {
  return `${file}.running`;
}
