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
