/**
 * The quick answer to "is everything fresh?": the stats of all that the last full answer looked at, compared at once.
 * When one of them moved, or the question is another one, the answer is left to the full way. One file, made for
 * reading: a line of JSON, the paths, and eight bytes for each number.
 */
import type { Digest } from '../formats/digest.ts';
import type { FileStat } from '../host/files.ts';
import type { Host } from '../host/host.ts';
import type { Json } from '../plan/step.ts';

/** What a full answer looked at, while it found everything fresh. Paths are relative to the tree, or absolute. */
export interface Sighting {
  readonly question: Digest;
  /** How many outputs are fresh. */
  readonly outputs: number;
  readonly present: ReadonlyMap<string, FileStat>;
  readonly absent: readonly string[];
  /** What the answer says besides. */
  readonly told?: Json;
}

interface Head {
  readonly schema: number;
  readonly question: Digest;
  readonly outputs: number;
  readonly present: number;
  readonly pathBytes: number;
  readonly told?: Json;
}

/** The remembered answer. */
export interface StillAnswer {
  readonly outputs: number;
  readonly told?: Json;
}

const SCHEMA = 1;

/** `file`: where it is kept. */
export function rememberSighting(host: Host, file: string, sighting: Sighting): void {
  const { question, outputs, present, absent, told } = sighting;
  const paths = Buffer.from([...present.keys(), ...absent].join('\n'));
  const numbers = new Float64Array(present.size * 4);
  let at = 0;
  for (const { mtime, ctime, size, inode } of present.values()) {
    numbers.set([mtime, ctime, size, inode], at);
    at += 4;
  }
  const head: Head = {
    schema: SCHEMA,
    ...{ question, outputs, present: present.size, pathBytes: paths.length },
    ...(told === undefined ? {} : { told }),
  };
  const bytes = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), paths, Buffer.from(numbers.buffer)]);
  host.files.publish(file, bytes, { fsync: false });
}

/** What was answered when the same question was asked before and nothing moved since; else undefined. */
export function answerBySighting(
  host: Host,
  file: string,
  root: string,
  question: Digest,
): StillAnswer | undefined {
  if (!host.files.isFile(file)) return undefined;
  const bytes = host.files.readBytes(file);
  const start = bytes.indexOf(0x0a) + 1;
  const head = headOf(bytes, start);
  if (head?.schema !== SCHEMA || head.question !== question) return undefined;
  const end = start + head.pathBytes;
  const paths = bytes.toString('utf8', start, end).split('\n');
  if (bytes.length !== end + head.present * 32) return undefined;
  const then = new Float64Array(bytes.buffer.slice(bytes.byteOffset + end, bytes.byteOffset + bytes.length));
  for (let i = 0; i < head.present; i++) {
    const stat = host.files.stat(placeOf(root, paths[i] as string));
    const at = i * 4;
    if (
      !stat ||
      stat.ctime !== then[at + 1] ||
      stat.mtime !== then[at] ||
      stat.size !== then[at + 2] ||
      stat.inode !== then[at + 3]
    )
      return undefined;
  }
  for (let i = head.present; i < paths.length; i++)
    if (paths[i] && host.files.exists(placeOf(root, paths[i] as string))) return undefined;
  return head;
}

function placeOf(root: string, path: string): string {
  return path.startsWith('/') ? path : `${root}/${path}`;
}

function headOf(bytes: Buffer, end: number): Head | undefined {
  try {
    return JSON.parse(bytes.toString('utf8', 0, end)) as Head;
  } catch {
    return undefined;
  }
}
