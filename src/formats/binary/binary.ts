/**
 * What a program file says of itself: format, platform, libraries, symbols, and what Go left in it. This folder reads
 * ELF, PE and Mach-O as far as that needs, in a few positioned reads; it knows neither trees nor builds.
 */
import { bad, error, ok, type Result } from '../../diagnostic/diagnostic.ts';
import type { Platform } from '../../target/platform.ts';
import { type GoFacts, hasContentId, readGoFacts, readVariable, variablesOfFlags } from './buildinfo.ts';
import { type ByteSource, MalformedBinary } from './bytes.ts';
import { readElf } from './elf.ts';
import type { BinaryFormat, Executable, Section } from './executable.ts';
import { readMachO } from './macho.ts';
import { linkedPackages } from './packages.ts';
import { readPe } from './pe.ts';

export interface BinaryFacts extends GoFacts {
  readonly format: BinaryFormat;
  /** Where it runs, in Go's words. */
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
  /** Values of the variables that were asked for, and of those that kept linker flags set. */
  readonly variables: Readonly<Record<string, string>>;
}

// GOOS and GOARCH whose programs have another format: AIX (XCOFF), Plan 9 (a.out), WebAssembly.
const OTHER_FORMATS = /^(aix|plan9|js|wasip1)\/|\/wasm$/;

/** Whether Go writes a format that readBinary knows, for a platform. */
export function hasReadableFormat(platform: Platform): boolean {
  return !OTHER_FORMATS.test(platform);
}

/**
 * Reads a program; `file` names it in the Diagnostics. `variables`: Go variables of type string to look up, as
 * `k8s.io/component-base/version.gitVersion`; a stripped program gives none.
 */
export function readBinary(
  source: ByteSource,
  file: string,
  variables: readonly string[] = [],
): Result<BinaryFacts> {
  const start = source.read(0, 8);
  const read = readerOf(start);
  if (!read) return bad(notABinary(file, start));
  try {
    return ok(factsOf(source, read(source), variables));
  } catch (problem) {
    // A damaged length that leads a fixed field out of its table is Node's RangeError.
    if (!(problem instanceof MalformedBinary || problem instanceof RangeError)) throw problem;
    return bad(damaged(file, problem));
  }
}

/**
 * Whether a program holds a hash of its own contents, so that changing bytes in place gives another file than linking
 * with them: Apple's signature of pages, and the identity that a C toolchain's linker adds.
 */
export function hashesItself(source: ByteSource): boolean {
  const executable = readerOf(source.read(0, 8))?.(source);
  return executable === undefined || executable.signed || hasContentId(source, executable);
}

/** Import paths of the packages that are linked into a program of Go; none of a program of another language. */
export function readPackages(source: ByteSource): string[] {
  const executable = readerOf(source.read(0, 8))?.(source);
  return executable ? linkedPackages(source, executable) : [];
}

/** The parts of a program by name, as its section table has them; undefined when it is no program. */
export function readSections(source: ByteSource): readonly Section[] | undefined {
  return readerOf(source.read(0, 8))?.(source).sections;
}

function readerOf(start: Buffer): ((source: ByteSource) => Executable) | undefined {
  const magic = start.length < 4 ? 0 : start.readUInt32BE(0);
  if (magic === 0x7f454c46) return readElf;
  if (magic === 0xcffaedfe || magic === 0xcefaedfe) return readMachO;
  return start.toString('latin1', 0, 2) === 'MZ' ? readPe : undefined;
}

function factsOf(source: ByteSource, executable: Executable, variables: readonly string[]): BinaryFacts {
  const { format, os, arch, linkage, libraries, libraryVersions, stripped, dwarf, signed } = executable;
  const go = readGoFacts(source, executable);
  const found = variables.flatMap((name) => {
    const value = readVariable(source, executable, name);
    return value === undefined ? [] : [[name, value]];
  });
  return {
    format,
    // illumos and solaris, linux and android without cgo look alike; Go 1.18 and newer tells.
    os: go.build?.settings['GOOS'] ?? os,
    arch,
    ...{ linkage, libraries, stripped, dwarf, signed },
    ...(libraryVersions ? { libraryVersions } : {}),
    ...go,
    variables: { ...variablesOfFlags(go.build), ...Object.fromEntries(found) },
  };
}

const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/^cafebabe/, 'it is a universal Mach-O file, which holds several programs: take one out with lipo -thin'],
  [/^2321/, 'it begins with #!, so it is a script'],
  [/^1f8b/, 'it is compressed with gzip: unpack it first'],
  [/^504b0304/, 'it is a zip file: unpack it first'],
  [/^213c617263683e/, 'it is an ar archive: a library or a Debian package'],
  [/^0061736d/, 'it is WebAssembly, which has neither platform nor symbols to show'],
];

function notABinary(file: string, start: Buffer) {
  const hex = start.toString('hex');
  const known = KNOWN.find(([pattern]) => pattern.test(hex))?.[1];
  const why = start.length === 0 ? 'it is empty' : `it begins with the bytes ${hex}`;
  return error('binary/not-a-program', {
    what: `${file} is no program file`,
    why: known ?? why,
    help: 'give a program for Linux (ELF), Windows (PE) or macOS (Mach-O); kubewright build names the files that it writes',
  });
}

function damaged(file: string, problem: Error) {
  const isCut = problem instanceof MalformedBinary && problem.kind === 'truncated';
  return error('binary/damaged', {
    what: isCut ? `${file} is cut short` : `${file} is damaged`,
    why: problem instanceof MalformedBinary ? problem.message : 'a field leads out of its table',
    help: 'copy or download it again and compare its checksum; if kubewright wrote it, build it again: kubewright cache verify proves the store',
  });
}
