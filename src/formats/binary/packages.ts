/**
 * The Go packages that are linked into a program, from the names of its functions. The table that tracebacks are made
 * with keeps them in stripped programs too (debug/gosym, pclntab.go; magics of Go 1.2, 1.16, 1.18 and 1.20).
 */
import { type ByteSource, Fields, MalformedBinary, readExactly } from './bytes.ts';
import type { Executable, Section } from './executable.ts';

const [GO_1_2, GO_1_16, GO_1_18, GO_1_20] = [0xfffffffb, 0xfffffffa, 0xfffffff0, 0xfffffff1];
const NAMED = /(^|\.)gopclntab$|^__gopclntab$/;

/** Import paths, sorted; empty when there is no such table. A package without any function leaves no trace. */
export function linkedPackages(source: ByteSource, executable: Executable): string[] {
  const table = openTable(source, executable);
  if (!table) return [];
  const packages = new Set<string>();
  for (const name of table.version === GO_1_2 ? namesOfEntries(table) : namesOfRegion(table)) {
    const path = packageOf(name);
    if (path) packages.add(path);
  }
  return [...packages].sort();
}

interface Table {
  readonly version: number;
  readonly fields: Fields;
  readonly pointer: 4 | 8;
}

function openTable(source: ByteSource, executable: Executable): Table | undefined {
  const named = executable.sections.find(({ name }) => NAMED.test(name));
  const place = named ?? searchTable(source, executable);
  if (!place || place.size < 16) return undefined;
  const bytes = readExactly(source, place.offset, place.size, 'the table of functions');
  return tableAt(bytes, 0, executable);
}

function tableAt(bytes: Buffer, at: number, { isLittleEndian }: Executable): Table | undefined {
  const version = isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  const pointer = bytes[at + 7];
  if (![GO_1_2, GO_1_16, GO_1_18, GO_1_20].includes(version)) return undefined;
  if (bytes[at + 4] !== 0 || bytes[at + 5] !== 0 || (pointer !== 4 && pointer !== 8)) return undefined;
  return {
    version,
    pointer,
    fields: new Fields(bytes.subarray(at), { is64: pointer === 8, isLittleEndian }),
  };
}

/** Windows programs, and external linkers, keep the table in a section with other things. */
function searchTable(source: ByteSource, executable: Executable): Section | undefined {
  for (const section of executable.sections.filter(({ name, size }) => size > 16 && name !== 'PT_LOAD')) {
    if (!/^(\.rdata|\.text|\.data|__rodata|\.rodata|\.data\.rel\.ro)/.test(section.name)) continue;
    const bytes = source.read(section.offset, section.size);
    for (
      let at = bytes.indexOf('\xff\xff\xff', 0, 'latin1');
      at > 0;
      at = bytes.indexOf('\xff\xff\xff', at + 1, 'latin1')
    ) {
      const start = executable.isLittleEndian ? at - 1 : at;
      if (start + 16 > bytes.length || start % 8 !== 0) continue;
      if (tableAt(bytes, start, executable))
        return { ...section, offset: section.offset + start, size: section.size - start };
    }
  }
  return undefined;
}

/** Go 1.2 to 1.15: each entry leads to a record of its function, whose second word leads to the name. */
function* namesOfEntries({ fields, pointer }: Table): Generator<string> {
  const count = fields.word(8);
  const start = 8 + pointer;
  requireCount(count, start + count * 2 * pointer, fields);
  for (let i = 0; i < count; i++) {
    const record = fields.word(start + i * 2 * pointer + pointer);
    yield zeroEnded(fields.bytes, fields.u32(record + pointer));
  }
}

/** Go 1.16 and newer: the names stand one behind the other, between two offsets of the header. */
function* namesOfRegion({ fields, pointer, version }: Table): Generator<string> {
  const first = version === GO_1_16 ? 2 : 3;
  const [start, end] = [fields.word(8 + first * pointer), fields.word(8 + (first + 1) * pointer)];
  requireCount(end - start, end, fields);
  for (let at = start; at < end; ) {
    const name = zeroEnded(fields.bytes, at);
    yield name;
    at += Buffer.byteLength(name, 'latin1') + 1;
  }
}

function requireCount(count: number, end: number, { bytes }: Fields): void {
  if (count >= 0 && end <= bytes.length) return;
  throw new MalformedBinary('malformed', 'the table of functions leads out of its section');
}

function zeroEnded(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.toString('latin1', at, end < 0 ? bytes.length : end);
}

/** `k8s.io/api/core/v1.(*Pod).Reset` → `k8s.io/api/core/v1`; symbols of the compiler itself have none. */
export function packageOf(symbol: string): string | undefined {
  if (/^(type[.:]|go:|go\.(\(|shape|string|itab)|\$)/.test(symbol)) return undefined;
  const [plain = ''] = symbol.split(/[([{ ]/, 1);
  const slash = plain.lastIndexOf('/');
  const dot = plain.indexOf('.', slash + 1);
  if (dot <= 0) return undefined;
  const path = plain.slice(0, dot);
  // cmd/internal/objabi, PathToPrefix: dots in the last element and odd bytes are written as %xx.
  return path.includes('%')
    ? path.replace(/%([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    : path;
}
