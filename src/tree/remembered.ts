/** What was read from a tree, kept in a file until something that was looked at changes. */
import { type Diagnostic, Failure, ok, type Result } from '../diagnostic/diagnostic.ts';
import type { Host } from '../host/host.ts';
import { type Look, looksHold } from './reader.ts';

interface Entry<T> {
  readonly key: string;
  readonly at: number;
  readonly looks: readonly Look[];
  readonly value: T;
  readonly notes: readonly Diagnostic[];
}

const KEPT_ENTRIES = 8;

/** The remembered answer to a key, else what `read` finds; `looksOf` tells afterwards what that depended on. */
export async function remembered<T>(
  host: Host,
  root: string,
  file: string | undefined,
  key: string,
  read: () => Promise<{ readonly result: Result<T>; readonly looks: readonly Look[] }>,
): Promise<Result<T>> {
  const entries = file === undefined ? [] : entriesOf<T>(host, file);
  const known = entries.find((entry) => entry.key === key);
  if (known && looksHold(host, root, known.looks, known.at)) return ok(known.value, known.notes);
  const at = host.clock.now();
  const { result, looks } = await read();
  if (result.ok && file !== undefined) {
    const entry: Entry<T> = { key, at, looks, value: result.value, notes: result.diagnostics };
    keep(host, file, [entry, ...entries.filter((other) => other.key !== key)].slice(0, KEPT_ENTRIES));
  }
  return result;
}

/** A tree is read as well where nothing can be kept. */
function keep(host: Host, file: string, entries: unknown): void {
  try {
    host.files.publish(file, JSON.stringify(entries), { fsync: false });
  } catch (problem) {
    if (!(problem instanceof Failure)) throw problem;
  }
}

/** An unreadable or foreign file is no memory. */
function entriesOf<T>(host: Host, file: string): readonly Entry<T>[] {
  try {
    const entries: unknown = JSON.parse(host.files.readTextIfAny(file) ?? '[]');
    return Array.isArray(entries) ? (entries as Entry<T>[]) : [];
  } catch {
    return [];
  }
}
