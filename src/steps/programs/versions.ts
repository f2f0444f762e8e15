/**
 * Finds the version in a program whose symbols are stripped. Go's linker ends the value of a variable that -X set with
 * a zero byte (cmd/link/internal/ld: addstrdata), which the strings of the code do not have.
 */

/** `v1.20.2`, `v1.20.3-beta.0.12+0123456789abcd-dirty`: with what stands in front and the zero behind. */
const VERSION = /(?<![\w.+-])v\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?\0/g;
/** Longer than any version: what a piece leaves over for the next. */
const OVERLAP = 256;

/**
 * Versions in a program, the most frequent first; the wanted one alone when it is there, for which the program is only
 * searched. `chunks` gives the program from its start each time.
 */
export async function foundVersions(
  chunks: () => AsyncIterable<Uint8Array>,
  wanted: string | undefined,
): Promise<string[]> {
  const needle = Buffer.from(`${wanted}\0`);
  if (wanted !== undefined)
    for await (const piece of overlapping(chunks())) if (isThere(piece, needle)) return [wanted];
  const counts = new Map<string, number>();
  for await (const piece of overlapping(chunks())) {
    for (let at = piece.indexOf(LETTER); at >= 0; at = piece.indexOf(LETTER, at + 1)) {
      const version = versionAt(piece, at);
      if (version !== undefined) counts.set(version, (counts.get(version) ?? 0) + 1);
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([version]) => version);
}

const LETTER = 'v'.charCodeAt(0);

/** Each piece with the end of the one before it; it holds until the next is asked for. */
async function* overlapping(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let memory = Buffer.alloc(0);
  let rest = 0;
  for await (const chunk of chunks) {
    if (memory.length < rest + chunk.length) {
      const larger = Buffer.allocUnsafeSlow(OVERLAP + chunk.length);
      larger.set(memory.subarray(0, rest));
      memory = larger;
    }
    memory.set(chunk, rest);
    const end = rest + chunk.length;
    yield memory.subarray(0, end);
    rest = Math.min(OVERLAP, end);
    memory.copyWithin(0, end - rest, end);
  }
}

function versionAt(piece: Buffer, at: number): string | undefined {
  const next = piece[at + 1] ?? 0;
  // Most letters are followed by none of the ten digits.
  if (next < 0x30 || next > 0x39) return undefined;
  const text = piece.toString('latin1', Math.max(0, at - 1), at + OVERLAP);
  VERSION.lastIndex = 0;
  const [found] = VERSION.exec(text) ?? [];
  return found && text.indexOf(found) <= 1 ? found.slice(0, -1) : undefined;
}

/** Whether the value stands there by itself, not as the end of a longer word. */
function isThere(piece: Buffer, needle: Buffer): boolean {
  for (let at = piece.indexOf(needle); at >= 0; at = piece.indexOf(needle, at + 1))
    if (at === 0 || !/[\w.+-]/.test(String.fromCharCode(piece[at - 1] as number))) return true;
  return false;
}
