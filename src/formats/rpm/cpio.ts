/** The payload of an rpm: a cpio archive in the "new portable" form (cpio(5), `newc`), names with a leading `./`. */
import { typeBits } from './modes.ts';

export interface CpioEntry {
  /** Absolute: `/usr/bin/kubelet`. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly mode: number;
  /** Bytes of a file. */
  readonly size: number;
  /** Of a symbolic link. */
  readonly target?: string;
  /** Seconds since 1970. */
  readonly time: number;
}

export interface CpioMember {
  readonly entry: CpioEntry;
  readonly content?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Bytes of the archive. A content of another length than its entry says is a caller's bug, and an exception. */
export async function* cpio(members: Iterable<CpioMember>): AsyncGenerator<Uint8Array> {
  let inode = 0;
  for (const { entry, content } of members) {
    inode++;
    const size = entry.kind === 'symlink' ? Buffer.byteLength(entry.target ?? '') : entry.size;
    const mode = typeBits(entry.kind) | entry.mode;
    yield memberHeader(`.${entry.path}`, { inode, mode, size, time: entry.time });
    let written = 0;
    if (entry.kind === 'symlink') {
      yield Buffer.from(entry.target ?? '');
      written = size;
    }
    for await (const chunk of content ?? []) {
      written += chunk.length;
      yield chunk;
    }
    if (written !== size) throw new Error(`${entry.path} has ${written} bytes, not ${size}`);
    if (size % 4 !== 0) yield Buffer.alloc(4 - (size % 4));
  }
  yield memberHeader('TRAILER!!!', { inode: 0, mode: 0, size: 0, time: 0 });
}

function memberHeader(
  name: string,
  fields: { readonly inode: number; readonly mode: number; readonly size: number; readonly time: number },
): Buffer {
  const nameBytes = Buffer.byteLength(name) + 1;
  const numbers = [
    ...[fields.inode, fields.mode, 0, 0, 1, fields.time, fields.size],
    ...[0, 0, 0, 0, nameBytes, 0],
  ];
  const words = numbers.map((number) => number.toString(16).padStart(8, '0'));
  const bytes = Buffer.from(`070701${words.join('')}${name}\0`);
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
