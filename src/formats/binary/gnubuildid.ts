/**
 * The build ID that GNU ld gives an ELF file: SHA-1 over its headers and the contents of its sections, with the places of
 * things in the file and the note itself taken for zero (binutils: bfd/elfcode.h elf_checksum_contents, ld/ldelf.c,
 * 2.40). Other linkers hash otherwise: whether a file's ID is of this kind is known by computing it.
 */
import { createHash } from 'node:crypto';
import { type ByteSource, Fields, MalformedBinary, readExactly, zeroTerminated } from './bytes.ts';

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
  readonly from: number;
  readonly to: number;
}

interface Table {
  readonly start: Buffer;
  readonly is64: boolean;
  readonly segments: Buffer;
  readonly sections: readonly SectionRow[];
  readonly names: readonly string[];
}

/** The bytes of a program, changed or not, from one place to another. */
export type PiecesOf = (from: number, to: number) => Iterable<Buffer>;

/** The build ID of a program. */
export interface GnuBuildId {
  /** As it stands in the file, and where. */
  readonly bytes: Buffer;
  readonly at: number;
  /** What GNU ld would give a program with the same tables and these contents. */
  readonly of: (contents: PiecesOf) => Buffer;
}

/** Undefined when a program has no ID of 20 bytes; whether it is of GNU ld, computing it tells. */
export function gnuBuildIdOf(program: ByteSource): GnuBuildId | undefined {
  const table = readTable(program);
  const note = table?.sections[table.names.indexOf(NOTE)];
  if (!table || !note || note.to !== note.from + NOTE_HEADER + SHA1_BYTES) return undefined;
  const at = note.from + NOTE_HEADER;
  const bytes = Buffer.from(program.read(at, SHA1_BYTES));
  return { bytes, at, of: (contents) => hashOf(table, contents) };
}

function hashOf({ start, is64, segments, sections, names }: Table, contents: PiecesOf): Buffer {
  const hash = createHash('sha1');
  hash.update(withZeros(start, is64 ? [32, 48] : [28, 36]));
  hash.update(segments);
  for (const [i, { header, type, isLoaded, from, to }] of sections.entries()) {
    hash.update(withZeros(header, is64 ? [24, 32] : [16, 20]));
    // Tables of symbols and names that no segment holds are written by other means, and not hashed.
    const isTable = type === SHT_SYMTAB || (type === SHT_STRTAB && !isLoaded);
    if (type === SHT_NULL || type === SHT_NOBITS || isTable) continue;
    if (names[i] === NOTE) hash.update(Buffer.alloc(to - from));
    else if (names[i] === FIPS) hash.update(withZeros(wholeOf(contents(from, to)), FIPS_SUM));
    else for (const piece of contents(from, to)) hash.update(piece);
  }
  return hash.digest();
}

function wholeOf(pieces: Iterable<Buffer>): Buffer {
  const all: Buffer[] = [];
  for (const piece of pieces) all.push(Buffer.from(piece));
  return Buffer.concat(all);
}

function withZeros(bytes: Buffer, [from, to]: readonly [number, number]): Buffer {
  return Buffer.from(bytes).fill(0, from, to);
}

/** Undefined for anything that is no whole ELF file. */
function readTable(program: ByteSource): Table | undefined {
  const head = program.read(0, 64);
  if (head.length < 64 || head.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const is64 = head[4] === 2;
  const fields = (bytes: Buffer) => new Fields(bytes, { is64, isLittleEndian: head[5] === 1 });
  const header = fields(head);
  try {
    const [segmentsAt, sectionsAt] = is64
      ? [header.word(32), header.word(40)]
      : [header.word(28), header.word(32)];
    const [segmentSize, segmentCount, rowSize, rowCount, namesIndex] = [0, 2, 4, 6, 8].map((at) =>
      header.u16((is64 ? 54 : 42) + at),
    ) as [number, number, number, number, number];
    const rows = Buffer.from(readExactly(program, sectionsAt, rowSize * rowCount, 'the section table'));
    const sections = Array.from({ length: rowCount }, (_, i): SectionRow => {
      const bytes = rows.subarray(i * rowSize, (i + 1) * rowSize);
      const row = fields(bytes);
      const [from, size] = is64 ? [row.word(24), row.word(32)] : [row.word(16), row.word(20)];
      const to = Math.max(from, Math.min(from + size, program.size));
      return { header: bytes, type: row.u32(4), isLoaded: (row.word(8) & SHF_ALLOC) !== 0, from, to };
    });
    const strings = sections[namesIndex];
    const texts = Buffer.from(strings ? program.read(strings.from, strings.to - strings.from) : []);
    const names = sections.map(({ header: row }) => zeroTerminated(texts, fields(row).u32(0)));
    const segments = Buffer.from(program.read(segmentsAt, segmentSize * segmentCount));
    return { start: Buffer.from(head.subarray(0, is64 ? 64 : 52)), is64, segments, sections, names };
  } catch (problem) {
    if (problem instanceof RangeError || problem instanceof MalformedBinary) return undefined;
    throw problem;
  }
}
