/** What the three formats of executables have in common, before anything of Go is looked for. */
import { type ByteSource, type Layout, MalformedBinary, requireWithin } from './bytes.ts';

export type BinaryFormat = 'elf' | 'pe' | 'macho';

/** A part of the file that is mapped into memory, or described by name only. */
export interface Section {
  readonly name: string;
  /** Virtual address; 0 when it is not loaded. */
  readonly address: number;
  readonly offset: number;
  /** Bytes in the file: none for what starts as zeros. */
  readonly size: number;
}

export interface Executable extends Layout {
  readonly format: BinaryFormat;
  /** In Go's words, as far as the headers tell. */
  readonly os: string;
  readonly arch: string;
  readonly linkage: 'static' | 'dynamic';
  /** Libraries that the loader brings in, in the order of the file. */
  readonly libraries: readonly string[];
  /** ELF: versions of symbols that it wants of them, as `libc.so.6(GLIBC_2.34)`. */
  readonly libraryVersions?: readonly string[];
  /** Without a symbol table. */
  readonly stripped: boolean;
  readonly dwarf: boolean;
  /** Mach-O: carries a signature with a hash of each page. */
  readonly signed: boolean;
  /** Mach-O: LC_UUID, 16 bytes. */
  readonly uuid?: Buffer;
  readonly sections: readonly Section[];
  /** Where Go's linker puts build information: a section of its own, else the start of the data. */
  readonly buildInfoSection: Section | undefined;
  /** Address of a symbol; looked up only where nothing else tells the Go version. */
  symbolAddress(name: string): number | undefined;
}

/** Whether the file holds the bytes of a virtual address; what starts as zeros has none. */
export function hasBytes(executable: Executable, address: number): boolean {
  return sectionOf(executable, address) !== undefined;
}

function sectionOf({ sections }: Executable, address: number): Section | undefined {
  return sections.find(
    (one) => one.address > 0 && address >= one.address && address < one.address + one.size,
  );
}

/** Offset in the file of a virtual address. */
export function offsetOf(executable: Executable, address: number): number {
  const section = sectionOf(executable, address);
  if (!section) throw new MalformedBinary('malformed', `address 0x${address.toString(16)} is in no section`);
  return section.offset + address - section.address;
}

/** A section that lies behind the end of the file means that the file was cut. */
export function requireSections(source: ByteSource, sections: readonly Section[]): void {
  for (const { name, offset, size } of sections) {
    // What starts as zeros has an offset all the same, and may lie behind the end.
    if (size > 0) requireWithin(source, offset, size, `section ${name}`);
  }
}

const DEBUG_INFO = /^(\.z?debug_info|__z?debug_info)$/;

/** DWARF, plain or compressed (Go 1.11 to 1.18 name the compressed one .zdebug_info). */
export function holdsDwarf(sections: readonly Section[]): boolean {
  return sections.some(({ name }) => DEBUG_INFO.test(name));
}
