/** Appends object files to an archive as `go tool pack r` does (cmd/go/internal/work: packInternal). */

/** Members of an ar archive for files with these names; Go's tools cut a name to 16 characters and know no times. */
export function archiveMembers(
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): Buffer {
  const parts: (Uint8Array | string)[] = [];
  for (const { name, bytes } of files) {
    const fields = [name.slice(0, 16).padEnd(16), '0'.padEnd(12), '0'.padEnd(6), '0'.padEnd(6)];
    parts.push(`${fields.join('')}${'644'.padEnd(8)}${String(bytes.length).padEnd(10)}\`\n`, bytes);
    if (bytes.length % 2 === 1) parts.push('\0');
  }
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

/**
 * The interface in a compiled archive, as a compiler that was told `-buildid redacted -linkobj …` would have written it:
 * an importer then cannot tell one from the other. Undefined when the archive is of another form.
 */
export function interfaceOf(archive: Buffer): Buffer | undefined {
  if (archive.toString('latin1', 0, 8 + 16).trimEnd() !== `${MAGIC}__.PKGDEF`) return undefined;
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
  return Buffer.concat([Buffer.from(MAGIC), archiveMembers([{ name: '__.PKGDEF', bytes }])]);
}

const MAGIC = '!<arch>\n';
