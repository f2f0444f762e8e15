/** ELF: Linux, the BSDs, Solaris (System V Application Binary Interface, chapters 4 and 5). */
import {
  type ByteSource,
  Fields,
  type Layout,
  MalformedBinary,
  readExactly,
  zeroTerminated,
} from './bytes.ts';
import { type Executable, holdsDwarf, requireSections, type Section } from './executable.ts';

const [PT_LOAD, PT_DYNAMIC, PT_INTERP] = [1, 2, 3];
const [SHT_SYMTAB, SHT_DYNAMIC, SHT_NOBITS] = [2, 6, 8];
const [DT_NEEDED, DT_STRTAB, DT_VERNEED] = [1, 5, 0x6ffffffe];
const PF_W = 2;

/** e_machine; MIPS and POWER stand for several of Go's names. */
const MACHINES: Readonly<Record<number, string>> = {
  3: '386',
  40: 'arm',
  62: 'amd64',
  183: 'arm64',
  22: 's390x',
  243: 'riscv64',
  258: 'loong64',
};

/** EI_OSABI, as Go's linker sets it (cmd/link/internal/ld/elf.go, Go 1.4 on); Linux and others leave 0. */
const OS_ABI: Readonly<Record<number, string>> = { 2: 'netbsd', 6: 'solaris', 9: 'freebsd', 12: 'openbsd' };

const INTERPRETERS: readonly (readonly [RegExp, string])[] = [
  [/^\/system\/bin\//, 'android'],
  [/\/ld-elf\.so\.2$/, 'dragonfly'],
  [/^\/(usr\/)?lib\/(amd64|64)\/ld\.so/, 'solaris'],
];

interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

interface ElfSection extends Section {
  readonly type: number;
  readonly link: number;
}

interface Elf {
  readonly source: ByteSource;
  readonly layout: Layout;
  readonly header: Fields;
  readonly segments: readonly Segment[];
  readonly sections: readonly ElfSection[];
}

export function readElf(source: ByteSource): Executable {
  const elf = open(source);
  const { layout, header, sections, segments } = elf;
  const interpreter = interpreterOf(elf);
  const { libraries, versions } = neededLibraries(elf);
  const loaded = segments.filter(({ type }) => type === PT_LOAD);
  let symbols: ReturnType<typeof openSymbols> | undefined;
  const writable = loaded.find(({ flags }) => (flags & PF_W) !== 0);
  return {
    ...layout,
    format: 'elf',
    os: osOf(header, interpreter),
    arch: archOf(header.u16(18), layout),
    linkage: interpreter !== undefined || libraries.length > 0 ? 'dynamic' : 'static',
    libraries,
    ...(versions.length > 0 ? { libraryVersions: versions } : {}),
    stripped: !sections.some(({ type }) => type === SHT_SYMTAB),
    dwarf: holdsDwarf(sections),
    signed: false,
    // Segments too: a file whose section table was removed still maps its addresses.
    sections: [...sections, ...loaded.map((segment) => ({ name: 'PT_LOAD', ...segment }))],
    buildInfoSection:
      sections.find(({ name }) => name === '.go.buildinfo') ?? (writable && { name: 'PT_LOAD', ...writable }),
    symbolAddress: (name) => {
      symbols ??= openSymbols(elf);
      return symbols(name);
    },
  };
}

function open(source: ByteSource): Elf {
  const identity = readExactly(source, 0, 16, 'the ELF header');
  const [elfClass, data] = [identity[4], identity[5]];
  if ((elfClass !== 1 && elfClass !== 2) || (data !== 1 && data !== 2))
    throw new MalformedBinary('malformed', 'the ELF header names no word size or byte order');
  const layout = { is64: elfClass === 2, isLittleEndian: data === 1 };
  const header = new Fields(readExactly(source, 0, layout.is64 ? 64 : 52, 'the ELF header'), layout);
  const segments = readSegments(source, header, layout);
  const sections = readSections(source, header, layout);
  for (const { type, offset, size } of segments) {
    if (type === PT_LOAD) requireSections(source, [{ name: 'PT_LOAD', address: 0, offset, size }]);
  }
  requireSections(source, sections);
  return { source, layout, header, segments, sections };
}

/** Elf64_Phdr: type, flags, offset, vaddr, paddr, filesz; Elf32_Phdr has flags behind memsz. */
function readSegments(source: ByteSource, header: Fields, layout: Layout): Segment[] {
  const { is64 } = layout;
  const [start, size, count] = [
    header.word(is64 ? 32 : 28),
    header.u16(is64 ? 54 : 42),
    header.u16(is64 ? 56 : 44),
  ];
  const table = new Fields(readExactly(source, start, size * count, 'the table of segments'), layout);
  return Array.from({ length: count }, (_, index) => {
    const at = index * size;
    return {
      type: table.u32(at),
      flags: table.u32(at + (is64 ? 4 : 24)),
      offset: table.word(at + (is64 ? 8 : 4)),
      address: table.word(at + (is64 ? 16 : 8)),
      size: table.word(at + (is64 ? 32 : 16)),
    };
  });
}

/** Elf64_Shdr: name, type, flags, addr, offset, size, link; Elf32_Shdr has the same order in words of 4. */
function readSections(source: ByteSource, header: Fields, layout: Layout): ElfSection[] {
  const { is64 } = layout;
  const start = header.word(is64 ? 40 : 32);
  const [size, count, namesIndex] = [0, 2, 4].map((offset) => header.u16((is64 ? 58 : 46) + offset)) as [
    number,
    number,
    number,
  ];
  if (start === 0 || count === 0) return [];
  const table = new Fields(readExactly(source, start, size * count, 'the table of sections'), layout);
  const raw = Array.from({ length: count }, (_, index) => {
    const at = index * size;
    const type = table.u32(at + 4);
    return {
      nameOffset: table.u32(at),
      type,
      address: table.word(at + (is64 ? 16 : 12)),
      offset: table.word(at + (is64 ? 24 : 16)),
      size: type === SHT_NOBITS || type === 0 ? 0 : table.word(at + (is64 ? 32 : 20)),
      link: table.u32(at + (is64 ? 40 : 24)),
    };
  });
  const at = raw[namesIndex];
  const names = at ? readExactly(source, at.offset, at.size, 'the names of sections') : Buffer.alloc(0);
  return raw.map(({ nameOffset, ...section }) => ({ name: zeroTerminated(names, nameOffset), ...section }));
}

function osOf(header: Fields, interpreter: string | undefined): string {
  const named = OS_ABI[header.bytes[7] ?? 0];
  if (named) return named;
  return INTERPRETERS.find(([pattern]) => interpreter && pattern.test(interpreter))?.[1] ?? 'linux';
}

function archOf(machine: number, { is64, isLittleEndian }: Layout): string {
  if (machine === 8) return `mips${is64 ? '64' : ''}${isLittleEndian ? 'le' : ''}`;
  if (machine === 21) return isLittleEndian ? 'ppc64le' : 'ppc64';
  return MACHINES[machine] ?? `machine-${machine}`;
}

function interpreterOf({ source, segments }: Elf): string | undefined {
  const segment = segments.find(({ type }) => type === PT_INTERP);
  return (
    segment && zeroTerminated(readExactly(source, segment.offset, segment.size, 'the interpreter’s name'), 0)
  );
}

interface Needed {
  readonly libraries: readonly string[];
  readonly versions: readonly string[];
}

const NOTHING_NEEDED: Needed = { libraries: [], versions: [] };

/** DT_NEEDED and DT_VERNEED of the dynamic section, whose names are in DT_STRTAB. */
function neededLibraries({ source, layout, segments, sections }: Elf): Needed {
  const dynamic =
    segments.find(({ type }) => type === PT_DYNAMIC) ?? sections.find(({ type }) => type === SHT_DYNAMIC);
  if (!dynamic) return NOTHING_NEEDED;
  const entries = new Fields(
    readExactly(source, dynamic.offset, dynamic.size, 'the dynamic section'),
    layout,
  );
  const width = layout.is64 ? 8 : 4;
  const needed: number[] = [];
  let [names, wanted] = [0, 0];
  for (let at = 0; at + 2 * width <= dynamic.size; at += 2 * width) {
    const tag = entries.word(at);
    if (tag === 0) break;
    if (tag === DT_NEEDED) needed.push(entries.word(at + width));
    if (tag === DT_STRTAB) names = entries.word(at + width);
    if (tag === DT_VERNEED) wanted = entries.word(at + width);
  }
  const start = placeOf(segments, names);
  if (needed.length === 0 || start === undefined) return NOTHING_NEEDED;
  const nameAt = (name: number) => zeroTerminated(source.read(start + name, 1024), 0);
  const first = placeOf(segments, wanted);
  return {
    libraries: needed.map(nameAt),
    versions: first === undefined ? [] : neededVersions(source, layout, first, nameAt),
  };
}

/** Where in the file an address lies that is loaded. */
function placeOf(segments: readonly Segment[], address: number): number | undefined {
  const home = segments.find(
    (one) => one.type === PT_LOAD && address >= one.address && address < one.address + one.size,
  );
  return home && home.offset + address - home.address;
}

/** More than this in one chain is no program but a circle. */
const MOST_VERSIONS = 4096;

/**
 * Elf64_Verneed (version, count, file, aux, next) with its Elf64_Vernaux (hash, flags, other, name, next) behind it; the
 * same for 32 bits (LSB Core, symbol versioning).
 */
function neededVersions(
  source: ByteSource,
  layout: Layout,
  first: number,
  nameAt: (name: number) => string,
): string[] {
  const record = (at: number) => new Fields(readExactly(source, at, 16, 'the wanted versions'), layout);
  const found = new Set<string>();
  let steps = 0;
  for (let at = first; ; ) {
    const need = record(at);
    const library = nameAt(need.u32(4));
    for (let aux = at + need.u32(8); steps++ < MOST_VERSIONS; ) {
      const one = record(aux);
      found.add(`${library}(${nameAt(one.u32(8))})`);
      if (one.u32(12) === 0) break;
      aux += one.u32(12);
    }
    if (need.u32(12) === 0 || steps > MOST_VERSIONS) return [...found].sort();
    at += need.u32(12);
  }
}

/** Elf64_Sym: name, info, other, shndx, value, size; Elf32_Sym: name, value, size, info, other, shndx. */
function openSymbols({ source, layout, sections }: Elf): (name: string) => number | undefined {
  const section = sections.find(({ type }) => type === SHT_SYMTAB);
  const strings = section && sections[section.link];
  if (!section || !strings) return () => undefined;
  const table = new Fields(readExactly(source, section.offset, section.size, 'the symbol table'), layout);
  const names = readExactly(source, strings.offset, strings.size, 'the names of symbols');
  const [size, value] = layout.is64 ? [24, 8] : [16, 4];
  return (wanted) => {
    const name = names.indexOf(`\0${wanted}\0`) + 1;
    for (let at = 0; name > 0 && at + size <= section.size; at += size) {
      if (table.u32(at) === name) return table.word(at + value);
    }
    return undefined;
  };
}
