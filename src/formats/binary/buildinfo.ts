/** What Go leaves about itself in a program: its version, the module build information and the build ID. */
import { digestOfBytes } from '../digest.ts';
import { type ByteSource, Fields, find, type Layout, MalformedBinary, readExactly } from './bytes.ts';
import { type Executable, hasBytes, offsetOf } from './executable.ts';

export interface BuildInfo {
  /** Import path of the main package. */
  readonly path?: string;
  readonly main?: { readonly path: string; readonly version: string };
  /** Number of modules beside the main one. */
  readonly dependencies: number;
  /** The modules beside the main one, each as it was linked: a replacement takes the place of what it replaces. */
  readonly modules: readonly BuildModule[];
  /** `GOARCH` → `amd64`; from Go 1.18 on. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface BuildModule {
  readonly path: string;
  /** Empty for a directory. */
  readonly version: string;
  /** `h1:…` of go.sum. */
  readonly sum?: string;
  /** Path that the source imports, where another module replaces it. */
  readonly replaces?: string;
}

export interface GoFacts {
  /** As Go writes it: `go1.21.13`, with experiments behind a blank. */
  readonly goVersion?: string;
  readonly build?: BuildInfo;
  readonly buildId?: string;
}

// debug/buildinfo/buildinfo.go, Go 1.18: 14 bytes, then the pointer's size and flags.
const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
const [BIG_ENDIAN, INLINE] = [1, 2];
const HEADER_SIZE = 32;

/** All that is found; a program of another language gives nothing. */
export function readGoFacts(source: ByteSource, executable: Executable): GoFacts {
  const texts = readTexts(source, executable);
  const goVersion = texts?.version || symbolVersion(source, executable);
  const build = texts?.modules ? parseModules(texts.modules) : undefined;
  const buildId = readBuildId(source, executable);
  return {
    ...(goVersion ? { goVersion } : {}),
    ...(build ? { build } : {}),
    ...(buildId ? { buildId } : {}),
  };
}

interface Texts {
  readonly version: string;
  readonly modules: string;
}

function readTexts(source: ByteSource, executable: Executable): Texts | undefined {
  const section = executable.buildInfoSection;
  if (!section) return undefined;
  const at = find(source, MAGIC, section.offset, section.offset + section.size);
  if (at < 0) return undefined;
  const header = readExactly(source, at, HEADER_SIZE, 'Go’s build information');
  const flags = header[15] ?? 0;
  return (flags & INLINE) !== 0 ? inlineTexts(source, at) : pointedTexts(source, executable, header, flags);
}

/** Go 1.18 and newer: two texts, each behind its length. */
function inlineTexts(source: ByteSource, at: number): Texts {
  const version = textAt(source, at + HEADER_SIZE);
  const modules = textAt(source, version.end);
  return { version: version.bytes.toString(), modules: withoutMarks(modules.bytes) };
}

function textAt(source: ByteSource, at: number): { readonly bytes: Buffer; readonly end: number } {
  const [length, width] = uvarint(source.read(at, 10));
  const bytes = readExactly(source, at + width, length, 'Go’s build information');
  return { bytes, end: at + width + length };
}

/** encoding/binary: seven bits a byte, the lowest first. */
function uvarint(bytes: Buffer): readonly [value: number, width: number] {
  let value = 0;
  for (const [index, byte] of bytes.entries()) {
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return [value, index + 1];
  }
  throw new MalformedBinary('malformed', 'a length in Go’s build information has no end');
}

/** Go 1.13 to 1.17: pointers to two string headers, each of them a pointer and a length. */
function pointedTexts(source: ByteSource, executable: Executable, header: Buffer, flags: number): Texts {
  const layout = { is64: header[14] === 8, isLittleEndian: (flags & BIG_ENDIAN) === 0 };
  const width = layout.is64 ? 8 : 4;
  const fields = new Fields(header, layout);
  const stringAt = (offset: number) => readString(source, executable, fields.word(offset), layout);
  return { version: stringAt(16).toString(), modules: withoutMarks(stringAt(16 + width)) };
}

function readString(source: ByteSource, executable: Executable, address: number, layout: Layout): Buffer {
  // A string that is empty at first lies among what starts as zeros: modinfo of a program of the GOPATH eras.
  if (address === 0 || !hasBytes(executable, address)) return Buffer.alloc(0);
  const width = layout.is64 ? 8 : 4;
  const at = offsetOf(executable, address);
  const header = new Fields(readExactly(source, at, 2 * width, 'a string of Go'), layout);
  const length = header.word(width);
  if (length === 0) return Buffer.alloc(0);
  return readExactly(source, offsetOf(executable, header.word(0)), length, 'a string of Go');
}

/** The module text stands between two marks of 16 bytes (cmd/go/internal/modload/build.go). */
function withoutMarks(text: Buffer): string {
  return text.length >= 33 && text[text.length - 17] === 0x0a
    ? text.toString('utf8', 16, text.length - 16)
    : '';
}

/** Before Go 1.13 the version is in a variable alone, which a symbol table leads to. */
function symbolVersion(source: ByteSource, executable: Executable): string | undefined {
  const text = readVariable(source, executable, 'runtime.buildVersion');
  return text && /^(go\d|devel)/.test(text) ? text : undefined;
}

/** The initial value of a Go variable of type string, where a symbol table leads to it. */
export function readVariable(source: ByteSource, executable: Executable, name: string): string | undefined {
  const address = executable.symbolAddress(name);
  if (address === undefined) return undefined;
  try {
    return readString(source, executable, address, executable).toString();
  } catch (problem) {
    // In a position-independent program the pointer is filled in by the loader.
    if (problem instanceof MalformedBinary) return undefined;
    throw problem;
  }
}

/** Variables that -X set, as far as Go keeps its flags: it does without -trimpath, from 1.18 on. */
export function variablesOfFlags(build: BuildInfo | undefined): Record<string, string> {
  const flags = build?.settings['-ldflags'] ?? '';
  const words = [...flags.matchAll(/(?<!\S)-X[ =](?:'([^']*)'|"([^"]*)"|(\S+))/g)];
  const pairs = words.map(([, single, double, plain]) =>
    /^([^=]+)=(.*)$/s.exec(single ?? double ?? plain ?? ''),
  );
  return Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair[1] ?? '', pair[2] ?? '']] : [])));
}

/** Lines of words between tabs: path, mod, dep, => (a replacement) and, from Go 1.18 on, build. */
export function parseModules(text: string): BuildInfo {
  const rows = text.split('\n').map((line) => line.split('\t'));
  const rowOf = (key: string) => rows.find(([word]) => word === key);
  const [, path] = rowOf('path') ?? [];
  const [, main, version = ''] = rowOf('mod') ?? [];
  return {
    ...(path === undefined ? {} : { path }),
    ...(main === undefined ? {} : { main: { path: main, version } }),
    dependencies: rows.filter(([word]) => word === 'dep').length,
    modules: modulesOf(rows),
    settings: Object.fromEntries(
      rows.filter(([word]) => word === 'build').map(([, one = '']) => setting(one)),
    ),
  };
}

function modulesOf(rows: readonly (readonly string[])[]): BuildModule[] {
  const modules: BuildModule[] = [];
  for (const [word, path = '', version = '', sum] of rows) {
    const module = { path, version, ...(sum ? { sum } : {}) };
    if (word === 'dep') modules.push(module);
    const replaced = word === '=>' ? modules.pop() : undefined;
    if (replaced) modules.push({ ...module, replaces: replaced.path });
  }
  return modules;
}

/** `key=value`; either may be quoted as Go quotes (runtime/debug/mod.go, Go 1.18). */
function setting(text: string): readonly [string, string] {
  const [, key = '', value = ''] = /^("(?:[^"\\]|\\.)*"|[^=]*)=(.*)$/s.exec(text) ?? [];
  return [unquoted(key), unquoted(value)];
}

function unquoted(text: string): string {
  if (/^`[^`]*`$/.test(text)) return text.slice(1, -1);
  if (!/^".*"$/.test(text)) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    // Go knows escapes that JSON does not (\x07): shown as they stand.
    return text;
  }
}

// cmd/internal/buildid/note.go and buildid.go: a note in ELF, else a line at the start of the code.
const ID_START = Buffer.from('\xff Go build ID: "', 'latin1');
const ID_END = Buffer.from('"\n \xff', 'latin1');
const ID_SEARCHED = 32 << 10;

function readBuildId(source: ByteSource, executable: Executable): string | undefined {
  const note = readNote(source, executable, '.note.go.buildid');
  if (note) return note.toString() || undefined;
  const code = executable.sections.find(({ name }) => name === '.text' || name === '__text');
  if (!code) return undefined;
  const start = source.read(code.offset, Math.min(code.size, ID_SEARCHED));
  const at = start.indexOf(ID_START);
  const end = at < 0 ? -1 : start.indexOf(ID_END, at + ID_START.length);
  return end < 0 ? undefined : start.toString('utf8', at + ID_START.length, end) || undefined;
}

/** The value of an ELF note: lengths of name and value, the type, then `Go` or `GNU` and zeros, then the value. */
function readNote(source: ByteSource, executable: Executable, name: string): Buffer | undefined {
  const section = executable.sections.find((one) => one.name === name);
  if (!section) return undefined;
  const note = readExactly(source, section.offset, section.size, name);
  const fields = new Fields(note, executable);
  const start = 12 + Math.ceil(fields.u32(0) / 4) * 4;
  return note.subarray(start, start + fields.u32(4));
}

/**
 * Whether the file has an identity that a linker computed from its contents: NT_GNU_BUILD_ID of ld, LC_UUID of Apple's.
 * From Go 1.24 on both come from the SHA-256 of Go's own build ID, some bits of it altered (addbuildinfo in
 * cmd/link/internal/ld/elf.go, uuidFromGoBuildId in macho_update_uuid.go); from 1.27 on LC_UUID comes from the contents where
 * there is no build ID (asmbMacho in macho.go).
 */
export function hasContentId(source: ByteSource, executable: Executable): boolean {
  const id = executable.uuid ?? readNote(source, executable, '.note.gnu.build-id');
  if (!id || id.every((byte) => byte === 0)) return false;
  const ours = digestOfBytes(readBuildId(source, executable) ?? '');
  // The bytes at 0, 6 and 8 carry the altered bits.
  return [1, 9].some((at) => id.toString('hex', at, at + 5) !== ours.slice(2 * at, 2 * at + 10));
}
