/**
 * The build ID that GNU ld gives an ELF file: SHA-1 over its headers and the contents of its sections, with the places of
 * things in the file and the note itself taken for zero (binutils: bfd/elfcode.h elf_checksum_contents, ld/ldelf.c,
 * 2.40). Other linkers hash otherwise: whether a file's ID is of this kind is known by computing it.
 */
import { createHash } from 'node:crypto';

const NOTE = '.note.gnu.build-id';
/** Go 1.24 and newer write a sum of their FIPS 140 code here after ld is done (cmd/link/internal/ld/fips140.go). */
const FIPS = '.go.fipsinfo';
const FIPS_SUM = [16, 48] as const;
/** Name size, description size, type, and the name `GNU`. */
const NOTE_HEADER = 16;
const SHA1_BYTES = 20;

const [SHT_NULL, SHT_SYMTAB, SHT_STRTAB, SHT_NOBITS] = [0, 2, 3, 8];
const SHF_ALLOC = 2;

interface SectionRow {
  readonly header: Buffer;
  readonly type: number;
  readonly isLoaded: boolean;
  readonly contents: Buffer;
}

/** The ID as it stands in the file, a view of its bytes; undefined when there is none of 20 bytes. */
function idIn(
  program: Buffer,
  sections: readonly SectionRow[],
  names: readonly string[],
): Buffer | undefined {
  const note = sections[names.indexOf(NOTE)]?.contents;
  if (note?.length !== NOTE_HEADER + SHA1_BYTES) return undefined;
  return program.subarray(
    note.byteOffset - program.byteOffset + NOTE_HEADER,
    note.byteOffset - program.byteOffset + note.length,
  );
}

/**
 * A function that makes the ID true again after the program was changed in place; undefined when the program's ID is
 * not what GNU ld would give it as it is now, or there is none. `isKnown`: it was found so before, and is not computed again.
 */
export function gnuBuildIdOf(program: Buffer, isKnown = false): (() => void) | undefined {
  const table = readTable(program);
  if (!table) return undefined;
  const id = idIn(program, table.sections, table.names);
  if (!id || !(isKnown || id.equals(hashOf(program, table)))) return undefined;
  return () => void hashOf(program, table).copy(id);
}

interface Table {
  readonly is64: boolean;
  readonly segments: Buffer;
  readonly sections: readonly SectionRow[];
  readonly names: readonly string[];
}

function hashOf(program: Buffer, { is64, segments, sections, names }: Table): Buffer {
  const hash = createHash('sha1');
  hash.update(withZeros(program.subarray(0, is64 ? 64 : 52), is64 ? [32, 48] : [28, 36]));
  hash.update(segments);
  for (const [i, { header, type, isLoaded, contents }] of sections.entries()) {
    hash.update(withZeros(header, is64 ? [24, 32] : [16, 20]));
    // Tables of symbols and names that no segment holds are written by other means, and not hashed.
    const isTable = type === SHT_SYMTAB || (type === SHT_STRTAB && !isLoaded);
    if (type === SHT_NULL || type === SHT_NOBITS || isTable) continue;
    if (names[i] === NOTE) hash.update(Buffer.alloc(contents.length));
    else hash.update(names[i] === FIPS ? withZeros(contents, FIPS_SUM) : contents);
  }
  return hash.digest();
}

function withZeros(bytes: Buffer, [from, to]: readonly [number, number]): Buffer {
  return Buffer.from(bytes).fill(0, from, to);
}

/** Views of the tables; undefined for anything that is no whole ELF file. */
function readTable(program: Buffer): Table | undefined {
  if (program.length < 64 || program.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const [is64, isLittle] = [program[4] === 2, program[5] === 1];
  const u16 = (at: number) => (isLittle ? program.readUInt16LE(at) : program.readUInt16BE(at));
  const u32 = (at: number) => (isLittle ? program.readUInt32LE(at) : program.readUInt32BE(at));
  const word = (at: number) =>
    is64 ? Number(isLittle ? program.readBigUInt64LE(at) : program.readBigUInt64BE(at)) : u32(at);
  try {
    const [segmentsAt, sectionsAt] = is64 ? [word(32), word(40)] : [word(28), word(32)];
    const [segmentSize, segmentCount, rowSize, rowCount, namesIndex] = [0, 2, 4, 6, 8].map((at) =>
      u16((is64 ? 54 : 42) + at),
    ) as [number, number, number, number, number];
    const rows = Array.from({ length: rowCount }, (_, i) => sectionsAt + i * rowSize);
    const place = (row: number) =>
      is64 ? ([word(row + 24), word(row + 32)] as const) : ([u32(row + 16), u32(row + 20)] as const);
    const sections = rows.map((row): SectionRow => {
      const [at, size] = place(row);
      return {
        header: program.subarray(row, row + rowSize),
        type: u32(row + 4),
        isLoaded: (word(row + 8) & SHF_ALLOC) !== 0,
        contents: program.subarray(at, at + size),
      };
    });
    const strings = sections[namesIndex]?.contents ?? Buffer.alloc(0);
    const names = rows.map((row) => {
      const start = u32(row);
      return strings.toString('latin1', start, strings.indexOf(0, start));
    });
    const segments = program.subarray(segmentsAt, segmentsAt + segmentSize * segmentCount);
    return { is64, segments, sections, names };
  } catch (problem) {
    if (problem instanceof RangeError) return undefined;
    throw problem;
  }
}
