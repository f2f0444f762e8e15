/** What is known of a file before it is sent: its digests, and those of the pieces that it is sent in. */
import { createHash } from 'node:crypto';
import type { Host } from '../host/host.ts';

export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly md5: string;
  readonly sha256: string;
}

/** Digests in hexadecimal. */
export interface Fingerprint {
  readonly size: number;
  readonly sha256: string;
  readonly sha512: string;
  readonly md5: string;
  /** One for a file that is sent at once. */
  readonly pieces: readonly Piece[];
}

const PIECE_BYTES = 16 * 1024 * 1024;
/** S3 takes at most this many pieces of one object. */
const MOST_PIECES = 10_000;

/** Bytes of a piece: it follows from the size, so that another run cuts a file alike. */
export function pieceBytesOf(size: number): number {
  let bytes = PIECE_BYTES;
  while (size > bytes * MOST_PIECES) bytes *= 2;
  return bytes;
}

/** Reads a file once. */
export async function fingerprintOf(host: Host, path: string, signal: AbortSignal): Promise<Fingerprint> {
  const size = host.files.stat(path)?.size ?? 0;
  const pieceBytes = pieceBytesOf(size);
  const [sha256, sha512, md5] = [createHash('sha256'), createHash('sha512'), createHash('md5')];
  const pieces: Piece[] = [];
  let piece = newPiece(0);
  let at = 0;
  const finish = () => {
    const digests = { md5: piece.md5.digest('hex'), sha256: piece.sha256.digest('hex') };
    pieces.push({ from: piece.from, to: at, ...digests });
    piece = newPiece(at);
  };
  for await (const chunk of host.files.chunks(path, true)) {
    signal.throwIfAborted();
    sha256.update(chunk);
    sha512.update(chunk);
    md5.update(chunk);
    for (let from = 0; from < chunk.length; ) {
      const part = chunk.subarray(from, from + pieceBytes - (at - piece.from));
      piece.md5.update(part);
      piece.sha256.update(part);
      from += part.length;
      at += part.length;
      if (at - piece.from === pieceBytes) finish();
    }
  }
  if (pieces.length === 0 || piece.from < at) finish();
  return {
    ...{ size: at, pieces, sha256: sha256.digest('hex') },
    ...{ sha512: sha512.digest('hex'), md5: md5.digest('hex') },
  };
}

function newPiece(from: number) {
  return { from, md5: createHash('md5'), sha256: createHash('sha256') };
}

/** The fingerprint of a short text. */
export function fingerprintOfText(text: string): Fingerprint {
  const digest = (algorithm: string) => createHash(algorithm).update(text).digest('hex');
  const size = Buffer.byteLength(text);
  const [sha256, md5] = [digest('sha256'), digest('md5')];
  return { size, sha256, sha512: digest('sha512'), md5, pieces: [{ from: 0, to: size, md5, sha256 }] };
}
