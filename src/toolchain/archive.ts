/**
 * A toolchain module's zip: its sum, and its safe unpacking. Everything in it is untrusted until the sum has
 * been compared, so names are checked first, then the sum, and only then is anything written.
 */
import { hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { openPromise } from 'yauzl';
import { asFailure } from '../host/file-problem.ts';
import { type Manifest, moduleSum } from './dirhash.ts';

const MOST_ENTRIES = 100_000;
const MOST_BYTES = 4 * 1024 ** 3;
const LARGEST_FILE = 512 * 1024 ** 2;
const AT_ONCE = 8;
/** One time for every file: Go up to 1.9 rebuilds a library whose sources look newer than it. */
const FILE_TIME = new Date('2000-01-01T00:00:00Z');
const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;

interface ZipMember {
  /** Full name in the zip. */
  readonly name: string;
  /** Relative to the GOROOT. */
  readonly path: string;
  readonly start: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly stored: boolean;
}

/** Thrown for bytes that are no archive we would unpack; the message completes `the archive is refused: `. */
export class ArchiveRefused extends Error {}

/** An opened zip whose member names have all been checked. Close it. */
export class ToolchainArchive {
  readonly #file: number;
  readonly #members: readonly ZipMember[];
  readonly #prefix: string;

  private constructor(file: number, members: readonly ZipMember[], prefix: string) {
    this.#file = file;
    this.#members = members;
    this.#prefix = prefix;
  }

  /** Reads the directory of a zip. Every name must begin with `prefix` (`golang.org/toolchain@VERSION/`). */
  static async open(path: string, prefix: string): Promise<ToolchainArchive> {
    const members = await readMembers(path, prefix);
    return new ToolchainArchive(openSync(path, 'r'), members, prefix);
  }

  close(): void {
    closeSync(this.#file);
  }

  /** SHA-256 of every file, computed in memory: nothing is written. */
  async manifest(signal: AbortSignal): Promise<Manifest> {
    const digests = new Map<string, string>();
    await forEach(this.#members, signal, async (member) => {
      digests.set(member.path, hash('sha256', await this.#read(member), 'hex'));
    });
    return digests;
  }

  /** The sum of the whole module, as Go's checksum database holds it. */
  sum(manifest: Manifest): string {
    return moduleSum(manifest, this.#prefix);
  }

  /** Writes all files below a new directory: programs runnable, everything writable by its owner. */
  async unpack(directory: string, signal: AbortSignal): Promise<void> {
    const directories = new Set(this.#members.map((member) => dirname(join(directory, member.path))));
    for (const path of directories) await mkdir(path, { recursive: true, mode: 0o755 });
    await forEach(this.#members, signal, async (member) => {
      const bytes = await this.#read(member);
      const mode = isProgram(member.path, bytes) ? 0o755 : 0o644;
      for (const path of [member.path, ...realName(member.path)]) {
        const target = join(directory, path);
        try {
          await writeFile(target, bytes, { flag: 'wx', mode });
          await utimes(target, FILE_TIME, FILE_TIME);
        } catch (problem) {
          throw asFailure(problem, target);
        }
      }
    });
  }

  async #read(member: ZipMember): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(member.compressedSize);
    for (let offset = 0; offset < bytes.length; ) {
      const read = readSync(this.#file, bytes, offset, bytes.length - offset, member.start + offset);
      if (read === 0) throw new ArchiveRefused(`it ends in the middle of ${member.name}`);
      offset += read;
    }
    if (member.stored) return bytes;
    try {
      const content = await inflate(bytes, { maxOutputLength: Math.max(1, member.size) });
      if (content.length === member.size) return content;
    } catch {
      // Broken data and data longer than declared are told alike below.
    }
    throw new ArchiveRefused(`${member.name} does not unpack to its declared size`);
  }
}

const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw);

async function readMembers(path: string, prefix: string): Promise<ZipMember[]> {
  const members: ZipMember[] = [];
  let total = 0;
  try {
    const zip = await openPromise(path, { lazyEntries: true, autoClose: false, validateEntrySizes: true });
    try {
      if (zip.entryCount > MOST_ENTRIES) throw new ArchiveRefused(`it holds ${zip.entryCount} entries`);
      for await (const entry of zip.eachEntry()) {
        if (entry.fileName.endsWith('/')) continue;
        const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
        if (type !== 0 && type !== REGULAR) throw new ArchiveRefused(`${entry.fileName} is no plain file`);
        const stored = entry.compressionMethod === 0;
        if (entry.isEncrypted() || !(stored || entry.compressionMethod === 8)) {
          throw new ArchiveRefused(`${entry.fileName} is encrypted or packed in an unknown way`);
        }
        total += entry.uncompressedSize;
        if (total > MOST_BYTES || Math.max(entry.uncompressedSize, entry.compressedSize) > LARGEST_FILE) {
          throw new ArchiveRefused(`it would unpack to more than is allowed, at ${entry.fileName}`);
        }
        const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
        members.push({
          name: entry.fileName,
          path: entry.fileName.slice(prefix.length),
          start: fileDataStart,
          compressedSize: entry.compressedSize,
          size: entry.uncompressedSize,
          stored,
        });
      }
    } finally {
      zip.close();
    }
  } catch (problem) {
    if (problem instanceof ArchiveRefused || (problem as NodeJS.ErrnoException).code) throw problem;
    throw new ArchiveRefused(problem instanceof Error ? problem.message : String(problem));
  }
  checkNames(
    members.map((member) => member.name),
    prefix,
  );
  return members;
}

/** Refuses names that leave the prefix, repeat (whatever their case), or are both file and directory. */
export function checkNames(names: readonly string[], prefix: string): void {
  const files = new Map<string, string>();
  for (const name of names) {
    const path = name.slice(prefix.length);
    const elements = path.split('/');
    if (!name.startsWith(prefix) || elements.some((element) => ['', '.', '..'].includes(element))) {
      throw new ArchiveRefused(`${name} lies outside ${prefix}`);
    }
    if (/[\\:\0]/.test(path) || Buffer.byteLength(path) > 4_000) {
      throw new ArchiveRefused(`${name} is no acceptable file name`);
    }
    const twin = files.get(folded(path));
    if (twin !== undefined)
      throw new ArchiveRefused(`${name} and ${prefix}${twin} are the same file on some disks`);
    files.set(folded(path), path);
  }
  for (const path of files.keys()) {
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const parent = path.slice(0, slash);
      if (files.has(parent)) throw new ArchiveRefused(`${prefix}${parent} is both a file and a directory`);
    }
  }
}

function folded(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

/** Module zips carry no modes: programs are known by their place, scripts by their first two bytes. */
function isProgram(path: string, bytes: Uint8Array): boolean {
  return /^(bin|pkg\/tool\/[^/]+)\/[^/]+$/.test(path) || (bytes[0] === 0x23 && bytes[1] === 0x21);
}

/** A module may hold no other module, so its zip calls go.mod files `_go.mod`; both names are written. */
function realName(path: string): string[] {
  return /(^|\/)_go\.mod$/.test(path) ? [path.replace(/_go\.mod$/, 'go.mod')] : [];
}

async function forEach<T>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  let failed = false;
  const worker = async () => {
    for (const item of queue) {
      signal.throwIfAborted();
      if (failed) return;
      try {
        await work(item);
      } catch (problem) {
        failed = true;
        throw problem;
      }
    }
  };
  // All workers end before the caller closes the file under them.
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}
