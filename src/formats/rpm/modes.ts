/** The bits of st_mode that tell what an entry is (stat(2)). */
export function typeBits(kind: 'file' | 'directory' | 'symlink'): number {
  return { file: 0o100000, directory: 0o040000, symlink: 0o120000 }[kind];
}
