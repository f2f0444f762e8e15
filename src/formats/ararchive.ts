/**
 * ar archives: object files appended to one as `go tool pack r` does (cmd/go/internal/work: packInternal), and the
 * headers of members for others (ar(5)), and the members of any.
 */
import { type ByteReader, type Bytes, MalformedArchive } from './bytereader.ts';

/** First bytes of an ar archive. */
export const ARCHIVE_MAGIC = '!<arch>\n';

/** The 60 bytes in front of a member; owner and group are root. Time in seconds since 1970. */
export function archiveMemberHeader(
  name: string,
  size: number,
  { mode, time = 0 }: { readonly mode: string; readonly time?: number },
): string {
  const fields = [name.padEnd(16), String(time).padEnd(12), '0'.padEnd(6), '0'.padEnd(6), mode.padEnd(8)];
  return `${fields.join('')}${String(size).padEnd(10)}\`\n`;
}

/** Members of an ar archive for files with these names; Go's tools cut a name to 16 characters and know no times. */
export function archiveMembers(
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): Buffer {
  const parts: (Uint8Array | string)[] = [];
  for (const { name, bytes } of files) {
    parts.push(archiveMemberHeader(name.slice(0, 16), bytes.length, { mode: '644' }), bytes);
    if (bytes.length % 2 === 1) parts.push('\0');
  }
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

/**
 * The interface in a compiled archive, as a compiler that was told `-buildid redacted -linkobj …` would have written it:
 * an importer then cannot tell one from the other. Undefined when the archive is of another form.
 */
export function interfaceOf(archive: Buffer): Buffer | undefined {
  if (archive.toString('latin1', 0, 8 + 16).trimEnd() !== `${ARCHIVE_MAGIC}__.PKGDEF`) return undefined;
  const size = Number(archive.toString('latin1', 8 + 48, 8 + 58));
  const definition = archive.subarray(8 + 60, 8 + 60 + size);
  const start = definition.indexOf('\nbuild id "') + 1;
  const end = definition.indexOf('\n', start);
  if (start === 0 || end < 0) return undefined;
  const bytes = Buffer.concat([
    definition.subarray(0, start),
    Buffer.from('build id "redacted"'),
    definition.subarray(end),
  ]);
  return Buffer.concat([Buffer.from(ARCHIVE_MAGIC), archiveMembers([{ name: '__.PKGDEF', bytes }])]);
}

export interface ArMember {
  readonly name: string;
  readonly size: number;
  /** Octal digits and seconds since 1970, as they are written. */
  readonly mode: string;
  readonly time: string;
  /** To be read, or left, before the next member is asked for. */
  readonly content: Bytes;
}

/** The members of an archive, System V or BSD: a header of 60 bytes each, content padded to an even length. */
export async function* arEntries(reader: ByteReader): AsyncGenerator<ArMember> {
  if ((await reader.take(ARCHIVE_MAGIC.length)).toString('latin1') !== ARCHIVE_MAGIC)
    throw new MalformedArchive('it is no ar archive');
  for (;;) {
    const header = await reader.take(60);
    if (header.length === 0) return;
    const size = Number(header.toString('latin1', 48, 58));
    if (header.length < 60 || header.toString('latin1', 58) !== '`\n' || !(size >= 0))
      throw new MalformedArchive('a header of ar is wrong');
    const field = (from: number, to: number) => header.toString('latin1', from, to).trimEnd();
    const end = reader.positionAfter(size);
    const name = field(0, 16).replace(/\/$/, '');
    yield { name, size, mode: field(40, 48), time: field(16, 28), content: reader.piece(size) };
    await reader.skip(reader.unread(end));
    await reader.take(size % 2);
  }
}
