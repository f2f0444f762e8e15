/** PE: Windows (Microsoft PE Format, sections 3 to 6). */
import { type ByteSource, Fields, MalformedBinary, readExactly, zeroTerminated } from './bytes.ts';
import { type Executable, holdsDwarf, requireSections, type Section } from './executable.ts';

const MACHINES: Readonly<Record<number, string>> = {
  332: '386',
  448: 'arm',
  452: 'arm',
  34404: 'amd64',
  43620: 'arm64',
};

const LAYOUT = { is64: true, isLittleEndian: true };
const SYMBOL_SIZE = 18;
// IMAGE_SCN_CNT_INITIALIZED_DATA, MEM_READ and MEM_WRITE.
const DATA = 0xc0000040;

interface PeSection extends Section {
  readonly characteristics: number;
}

interface Pe {
  readonly source: ByteSource;
  readonly symbols: { readonly offset: number; readonly count: number };
  readonly strings: Buffer;
  readonly sections: readonly PeSection[];
}

export function readPe(source: ByteSource): Executable {
  // IMAGE_DOS_HEADER.e_lfanew leads to the signature.
  const start = new Fields(readExactly(source, 0, 64, 'the DOS header'), LAYOUT).u32(60);
  const header = new Fields(readExactly(source, start, 24, 'the PE header'), LAYOUT);
  if (header.bytes.toString('latin1', 0, 4) !== 'PE\0\0')
    throw new MalformedBinary('malformed', 'the DOS header leads to no PE header');
  const optionalSize = header.u16(20);
  const optional = new Fields(readExactly(source, start + 24, optionalSize, 'the optional header'), LAYOUT);
  // Magic 0x20b is PE32+, 64 bits; 0x10b is PE32.
  const is64 = optionalSize >= 2 && optional.u16(0) === 0x20b;
  const base = is64 ? optional.u64(24) : optionalSize >= 32 ? optional.u32(28) : 0;
  const symbols = { offset: header.u32(12), count: header.u32(16) };
  const strings = readStrings(source, symbols);
  const sections = readSections(source, start + 24 + optionalSize, header.u16(6), base, strings);
  requireSections(source, sections);
  const pe = { source, symbols, strings, sections };
  const imports = optional.bytes.length >= (is64 ? 128 : 112) ? optional.u32(is64 ? 120 : 104) : 0;
  const libraries = imports === 0 ? [] : importedLibraries(pe, base, imports);
  let lookUp: ReturnType<typeof openSymbols> | undefined;
  const machine = header.u16(4);
  return {
    is64,
    isLittleEndian: true,
    format: 'pe',
    os: 'windows',
    arch: MACHINES[machine] ?? `machine-${machine}`,
    linkage: libraries.length > 0 ? 'dynamic' : 'static',
    libraries,
    stripped: symbols.count === 0,
    dwarf: holdsDwarf(sections),
    signed: false,
    sections,
    buildInfoSection: sections.find(
      ({ characteristics, size }) => size > 0 && (characteristics & DATA) >>> 0 === DATA,
    ),
    symbolAddress: (name) => {
      lookUp ??= openSymbols(pe);
      return lookUp(name);
    },
  };
}

/** The string table stands behind the symbols and begins with its own length. */
function readStrings(source: ByteSource, symbols: Pe['symbols']): Buffer {
  if (symbols.offset === 0) return Buffer.alloc(0);
  const start = symbols.offset + symbols.count * SYMBOL_SIZE;
  const length = readExactly(source, start, 4, 'the string table').readUInt32LE(0);
  return readExactly(source, start, length, 'the string table');
}

function readSections(
  source: ByteSource,
  start: number,
  count: number,
  base: number,
  strings: Buffer,
): PeSection[] {
  const table = new Fields(readExactly(source, start, count * 40, 'the table of sections'), LAYOUT);
  return Array.from({ length: count }, (_, index) => {
    const at = index * 40;
    const name = zeroTerminated(table.bytes.subarray(at, at + 8), 0);
    const long = /^\/(\d+)$/.exec(name)?.[1];
    return {
      name: long === undefined ? name : zeroTerminated(strings, Number(long)),
      address: base + table.u32(at + 12),
      // What is beyond the virtual size pads the file only.
      size: table.u32(at + 20) === 0 ? 0 : table.u32(at + 16),
      offset: table.u32(at + 20),
      characteristics: table.u32(at + 36),
    };
  });
}

/** The import directory: entries of 20 bytes up to one of zeros, with the address of a name at 12. */
function importedLibraries({ source, sections }: Pe, base: number, directory: number): string[] {
  const offsetOf = (address: number): number | undefined => {
    const home = sections.find((one) => address >= one.address && address < one.address + one.size);
    return home && home.offset + address - home.address;
  };
  const names: string[] = [];
  const start = offsetOf(base + directory);
  for (let at = start; at !== undefined; at += 20) {
    const entry = readExactly(source, at, 20, 'the import directory');
    const name = entry.readUInt32LE(12);
    const place = name === 0 ? undefined : offsetOf(base + name);
    if (place === undefined) break;
    names.push(zeroTerminated(source.read(place, 1024), 0));
  }
  return names;
}

/** Symbols of 18 bytes: a name, or 0 and an offset into the strings; value; number of the section from 1. */
function openSymbols({ source, symbols, strings, sections }: Pe): (name: string) => number | undefined {
  const table = readExactly(source, symbols.offset, symbols.count * SYMBOL_SIZE, 'the symbol table');
  return (wanted) => {
    const name = strings.indexOf(`\0${wanted}\0`) + 1;
    // A symbol names how many entries of another kind follow it.
    for (let at = 0; name > 0 && at < table.length; at += SYMBOL_SIZE * (1 + (table[at + 17] ?? 0))) {
      if (table.readUInt32LE(at) !== 0 || table.readUInt32LE(at + 4) !== name) continue;
      const section = sections[table.readUInt16LE(at + 12) - 1];
      return section && section.address + table.readUInt32LE(at + 8);
    }
    return undefined;
  };
}
