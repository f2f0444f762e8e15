/** Large files read and written piece by piece, beside other work. */
import { type FileHandle, open } from 'node:fs/promises';
import { asFailure } from './file-problem.ts';

const PIECE_BYTES = 1 << 20;

/**
 * The content of a file in pieces of 1 MiB, the next one read while the last is used. `isFleeting`: a piece holds only until
 * the next one is asked for, which spares the memory of all but two.
 */
export async function* chunksOf(path: string, isFleeting = false): AsyncGenerator<Uint8Array> {
  const file = await opened(path, 'r');
  const memory = isFleeting ? [newPiece(), newPiece()] : [];
  let pieces = 0;
  const pieceOf = async (): Promise<Uint8Array> => {
    const piece = memory[pieces++ % 2] ?? newPiece();
    const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, null);
    return piece.subarray(0, bytesRead);
  };
  let next: Promise<Uint8Array> | undefined;
  try {
    next = pieceOf();
    for (;;) {
      const piece = await next;
      if (piece.length === 0) return;
      next = pieceOf();
      next.catch(() => {});
      yield piece;
    }
  } catch (problem) {
    throw asFailure(problem, path);
  } finally {
    // A read that nobody waits for any more ends before its file is closed.
    await next?.catch(() => {});
    await file.close();
  }
}

/** The bytes of a file from one place to another, in pieces. */
export async function* rangeOf(path: string, from: number, to: number): AsyncGenerator<Uint8Array> {
  const file = await opened(path, 'r');
  try {
    for (let at = from; at < to; ) {
      const piece = newPiece();
      const { bytesRead } = await file.read(piece, 0, Math.min(PIECE_BYTES, to - at), at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  } catch (problem) {
    throw asFailure(problem, path);
  } finally {
    await file.close();
  }
}

/** Writes pieces as they come; the caller removes a file that was not written whole. Returns the number of bytes. */
export async function writeChunks(path: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await opened(path, 'w');
  let written = 0;
  try {
    for await (const chunk of chunks) {
      try {
        await file.writeFile(chunk);
      } catch (problem) {
        throw asFailure(problem, path);
      }
      written += chunk.length;
    }
  } finally {
    await file.close();
  }
  return written;
}

async function opened(path: string, flags: 'r' | 'w'): Promise<FileHandle> {
  try {
    return await open(path, flags);
  } catch (problem) {
    throw asFailure(problem, path);
  }
}

function newPiece(): Buffer {
  return Buffer.allocUnsafeSlow(PIECE_BYTES);
}
