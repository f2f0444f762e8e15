/** Reads at any place of a large file, without the rest of it. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { asFailure } from './file-problem.ts';

/** A file that is open for reading. */
export interface PlacedReads {
  readonly size: number;
  read(offset: number, length: number): Buffer;
  /** Reads into memory that is there already; returns the part that was filled. */
  fill(memory: Buffer, offset: number): Buffer;
}

/** Reads of an open file; what lies behind its end is cut off. */
export function placedReads(file: number, path: string): PlacedReads {
  const { size } = fstatSync(file);
  const fill = (memory: Buffer, offset: number): Buffer => {
    try {
      return readAt(file, memory, offset, Math.max(0, Math.min(memory.length, size - offset)));
    } catch (problem) {
      throw asFailure(problem, path);
    }
  };
  return {
    size,
    read: (offset, length) => fill(Buffer.allocUnsafe(Math.max(0, Math.min(length, size - offset))), offset),
    fill,
  };
}

/** Shorter when the file has become so meanwhile. */
function readAt(file: number, bytes: Buffer, offset: number, length: number): Buffer {
  let filled = 0;
  for (let read = 1; filled < length && read > 0; filled += read)
    read = readSync(file, bytes, filled, length - filled, offset + filled);
  return bytes.subarray(0, filled);
}

/** Fills memory with a file from its beginning; returns the part that was filled. */
export function readInto(path: string, memory: Buffer): Buffer {
  const file = openSync(path, 'r');
  try {
    let length = 0;
    for (let read = 1; read > 0 && length < memory.length; length += read)
      read = readSync(file, memory, length, memory.length - length, null);
    return memory.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
