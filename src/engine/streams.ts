/** The frames in which an engine joins stdout and stderr of a container (Docker Engine API, "Attach to a container"). */

/** One piece of one stream. */
export interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

const HEADER = 8;
/** Docker writes pieces of 32 KiB; this is no frame any more. */
const LONGEST = 1 << 26;

/** Thrown when what comes is no frame: a container with a terminal sends none. */
export class NotFramed extends Error {}

/** Splits a stream of frames: one byte for the stream, three of zero, four of length (big endian), the bytes. */
export async function* demultiplex(source: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let header = Buffer.alloc(0);
  let left = 0;
  let stream: Frame['stream'] = 'stdout';
  for await (const chunk of source) {
    let at = 0;
    while (at < chunk.length) {
      if (left > 0) {
        const bytes = chunk.subarray(at, at + left);
        at += bytes.length;
        left -= bytes.length;
        yield { stream, bytes };
        continue;
      }
      const more = chunk.subarray(at, at + HEADER - header.length);
      at += more.length;
      header = Buffer.concat([header, more]);
      if (header.length < HEADER) continue;
      const [kind = 0, a, b, c] = header;
      left = header.readUInt32BE(4);
      if (kind > 2 || a !== 0 || b !== 0 || c !== 0 || left > LONGEST)
        throw new NotFramed('the engine sent bytes that are no frame of an output');
      stream = kind === 2 ? 'stderr' : 'stdout';
      header = Buffer.alloc(0);
    }
  }
}
