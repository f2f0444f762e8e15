/** Mach-O: macOS and its kin (Apple's <mach-o/loader.h> and <mach-o/nlist.h>), one architecture to a file. */
import {
  type ByteSource,
  Fields,
  type Layout,
  MalformedBinary,
  readExactly,
  zeroTerminated,
} from './bytes.ts';
import { type Executable, holdsDwarf, requireSections, type Section } from './executable.ts';

const CPUS: Readonly<Record<number, string>> = {
  7: '386',
  12: 'arm',
  16777223: 'amd64',
  16777228: 'arm64',
};

const LC_SEGMENT = 0x1;
const LC_SYMTAB = 0x2;
const LC_LOAD_DYLIB = 0xc;
const LC_SEGMENT_64 = 0x19;
const LC_UUID = 0x1b;
const LC_CODE_SIGNATURE = 0x1d;
const LC_VERSION_MIN_IPHONEOS = 0x25;
const LC_BUILD_VERSION = 0x32;
const PLATFORM_IOS = 2;
// Of a symbol's type: a debugger's entry, and the bits that say where it is defined.
const [N_STAB, N_TYPE, N_UNDF] = [0xe0, 0x0e, 0x00];

interface Command {
  readonly kind: number;
  readonly fields: Fields;
}

interface Symbols {
  readonly table: Fields;
  readonly names: Buffer;
  readonly count: number;
  readonly width: number;
}

export function readMachO(source: ByteSource): Executable {
  const magic = readExactly(source, 0, 4, 'the Mach-O header').readUInt32LE(0);
  const layout = { is64: magic === 0xfeedfacf, isLittleEndian: true };
  const size = layout.is64 ? 32 : 28;
  const header = new Fields(readExactly(source, 0, size, 'the Mach-O header'), layout);
  const commands = readCommands(source, header, size, layout);
  const sections = commands.flatMap((command) => sectionsOf(source, command, layout));
  requireSections(source, sections);
  const libraries = commands
    .filter(({ kind }) => kind === LC_LOAD_DYLIB)
    .map(({ fields }) => zeroTerminated(fields.bytes, fields.u32(8)));
  const symbols = readSymbols(source, commands, layout);
  const uuid = commands.find(({ kind }) => kind === LC_UUID)?.fields.bytes.subarray(8, 24);
  const cpu = header.u32(4);
  return {
    ...layout,
    format: 'macho',
    os: osOf(commands),
    arch: CPUS[cpu] ?? `cpu-${cpu}`,
    linkage: libraries.length > 0 ? 'dynamic' : 'static',
    libraries,
    stripped: symbols === undefined || !definesSymbols(symbols),
    dwarf: holdsDwarf(sections),
    signed: commands.some(({ kind }) => kind === LC_CODE_SIGNATURE),
    ...(uuid ? { uuid } : {}),
    sections,
    buildInfoSection: sections.find(({ name }) => name === '__go_buildinfo'),
    // Go's linker writes no underscore before its names, Apple's does.
    symbolAddress: (name) => symbols && (symbolAddress(symbols, name) ?? symbolAddress(symbols, `_${name}`)),
  };
}

function readCommands(source: ByteSource, header: Fields, start: number, layout: Layout): Command[] {
  const [count, size] = [header.u32(16), header.u32(20)];
  const all = readExactly(source, start, size, 'the load commands');
  const commands: Command[] = [];
  for (let at = 0; commands.length < count; ) {
    const length = at + 8 <= all.length ? all.readUInt32LE(at + 4) : 0;
    if (length < 8 || at + length > all.length)
      throw new MalformedBinary('malformed', 'a load command has an impossible length');
    const fields = new Fields(all.subarray(at, at + length), layout);
    commands.push({ kind: fields.u32(0), fields });
    at += length;
  }
  return commands;
}

/** A segment names its sections: sectname[16], segname[16], addr, size, offset. */
function sectionsOf(source: ByteSource, { kind, fields }: Command, { is64 }: Layout): Section[] {
  if (kind !== LC_SEGMENT && kind !== LC_SEGMENT_64) return [];
  const [offset, size] = is64 ? [fields.u64(40), fields.u64(48)] : [fields.u32(32), fields.u32(36)];
  const segment = zeroTerminated(fields.bytes.subarray(8, 24), 0);
  requireSections(source, [{ name: segment, address: 0, offset, size }]);
  const [first, width] = is64 ? [72, 80] : [56, 68];
  return Array.from({ length: fields.u32(first - 8) }, (_, index) => {
    const at = first + index * width;
    const place = fields.u32(at + (is64 ? 48 : 40));
    return {
      name: zeroTerminated(fields.bytes.subarray(at, at + 16), 0),
      address: fields.word(at + 32),
      offset: place,
      // What starts as zeros has no place in the file.
      size: place === 0 ? 0 : fields.word(at + (is64 ? 40 : 36)),
    };
  });
}

function osOf(commands: readonly Command[]): string {
  const isIos = commands.some(
    ({ kind, fields }) =>
      kind === LC_VERSION_MIN_IPHONEOS || (kind === LC_BUILD_VERSION && fields.u32(8) === PLATFORM_IOS),
  );
  return isIos ? 'ios' : 'darwin';
}

function readSymbols(source: ByteSource, commands: readonly Command[], layout: Layout): Symbols | undefined {
  const command = commands.find(({ kind }) => kind === LC_SYMTAB)?.fields;
  if (!command) return undefined;
  const [offset, count, namesOffset, namesSize] = [8, 12, 16, 20].map((at) => command.u32(at)) as [
    number,
    number,
    number,
    number,
  ];
  const width = layout.is64 ? 16 : 12;
  const table = new Fields(readExactly(source, offset, count * width, 'the symbol table'), layout);
  return { table, names: readExactly(source, namesOffset, namesSize, 'the names of symbols'), count, width };
}

/** Without symbols of its own a program still lists what it wants of libraries. */
function definesSymbols({ table, count, width }: Symbols): boolean {
  for (let index = 0; index < count; index++) {
    const type = table.bytes[index * width + 4] ?? 0;
    if ((type & N_STAB) === 0 && (type & N_TYPE) !== N_UNDF) return true;
  }
  return false;
}

/** struct nlist: offset of the name, type, section, description, value. */
function symbolAddress({ table, names, count, width }: Symbols, wanted: string): number | undefined {
  const name = names.indexOf(`\0${wanted}\0`) + 1;
  for (let index = 0; name > 0 && index < count; index++) {
    if (table.u32(index * width) === name) return table.word(index * width + 8);
  }
  return undefined;
}
