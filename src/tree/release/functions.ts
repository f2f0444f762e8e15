/** The functions of a shell script as logical lines: comments gone, continued lines joined, here-documents attached. */
import { liveLines } from '../shell/source.ts';

export interface Line {
  /** Of the first of the joined lines; counts from 1. */
  readonly number: number;
  /** As it stands in the script. */
  readonly written: string;
  /** Trimmed and joined. */
  readonly text: string;
  /** The document that follows a `<<` on this line. */
  readonly here?: string;
}

/** Bodies by function name; a function ends with a brace in the first column. */
export function functionBodies(text: string): ReadonlyMap<string, readonly Line[]> {
  const bodies = new Map<string, Line[]>();
  const written = text.split('\n');
  const live = liveLines(written);
  let open: Line[] | undefined;
  for (let i = 0; i < live.length; i++) {
    const number = i + 1;
    let line = live[i] as string;
    const name = /^(?:function\s+)?([A-Za-z_][\w:.-]*)\s*(?:\(\))?\s*\{\s*$/.exec(line)?.[1];
    if (name) {
      open = [];
      bodies.set(name, open);
      continue;
    }
    if (/^\}/.test(line)) open = undefined;
    if (!open) continue;
    while (isContinued(line, live[i + 1]) && i + 1 < live.length)
      line = `${line.replace(/\\$/, '').trimEnd()} ${(live[++i] as string).trim()}`;
    const end = /<<-?\s*['"]?(\w+)['"]?/.exec(line)?.[1];
    const here: string[] = [];
    if (end) while (++i < written.length && written[i] !== end) here.push(`${written[i]}\n`);
    const joined = line.trim();
    if (joined === '') continue;
    open.push({
      ...{ number, written: written[number - 1] as string, text: joined },
      ...(end ? { here: here.join('') } : {}),
    });
  }
  return bodies;
}

/** A backslash at the end, a pipe at either side of the break, or an array that is still open. */
function isContinued(line: string, next: string | undefined): boolean {
  if (/\\$/.test(line)) return true;
  if (/\|$/.test(line.trimEnd()) || /^\s*\|(?!\|)/.test(next ?? '')) return true;
  return /=\([^)]*$/.test(line) && !/\$\($/.test(line);
}
