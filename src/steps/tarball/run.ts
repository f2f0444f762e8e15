/** Packs a tarball: members in their order, contents streamed, large ones apart from what surrounds them. */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Packer, PackRequest } from '../../execute/artifacts/packer.ts';
import {
  DEFLATED_TRAILER_BYTES,
  type Deflated,
  deflated,
  deflatedTrailer,
  type GzipOptions,
  gzipOf,
} from '../../formats/gzip.ts';
import { Summing } from '../../formats/summing.ts';
import { TAR_END, type TarEntry, tarHeader, tarPadding } from '../../formats/tar.ts';
import { APART_BYTES, BLOCK_BYTES, type PackedMember, type TarballParameters } from './plan.ts';

export const packer: Packer = {
  version: 2,
  async pack(request) {
    const { members, time, level } = request.parameters as unknown as TarballParameters;
    const archive = new Archive(request, members, time, level);
    const sum = new Summing();
    const bytes = sum.through(gzipOf(archive.parts(), level));
    await request.host.files.writeChunks(request.outputs[0] as string, bytes);
    request.onSummed?.(0, sum.hex);
  },
};

/** Files smaller than this are read at once. */
const SMALL_BYTES = 1 << 16;

interface Sized {
  readonly member: PackedMember;
  readonly size: number;
  readonly crc?: number;
}

class Archive {
  readonly #request: PackRequest;
  readonly #members: readonly Sized[];
  readonly #time: number;
  readonly #level: number;
  readonly #total: number;
  /** What a small file is read into; it holds until the next one is asked for. */
  readonly #small = Buffer.allocUnsafeSlow(SMALL_BYTES + 1);
  #done = 0;

  constructor(request: PackRequest, members: readonly PackedMember[], time: number, level: number) {
    this.#request = request;
    this.#time = time;
    this.#level = level;
    this.#members = members.map((member) => this.#sized(member));
    this.#total = this.#members.reduce((sum, { size }) => sum + size, 0);
  }

  /** Runs of small members, each up to the header of the next large one; then that one's content. */
  async *parts(): AsyncGenerator<Deflated> {
    const options = { level: this.#level, threads: this.#request.jobs, blockBytes: BLOCK_BYTES };
    for (let start = 0; start < this.#members.length; ) {
      const found = this.#members.findIndex((one, i) => i >= start && isApart(one));
      const end = found < 0 ? this.#members.length : found;
      yield* deflated(this.#run(start, end), options);
      const large = this.#members[end];
      if (large) yield* this.#content(large, options);
      start = end + 1;
    }
    const last = this.#members.at(-1);
    const padding = last && isApart(last) ? tarPadding(last.size) : new Uint8Array();
    yield* deflated([padding, TAR_END], options);
  }

  /** Padding of the large member before, the members of the run, the header of the large member behind. */
  async *#run(start: number, end: number): AsyncGenerator<Uint8Array> {
    const before = this.#members[start - 1];
    if (before) yield tarPadding(before.size);
    for (const one of this.#members.slice(start, end)) {
      this.#request.signal.throwIfAborted();
      yield this.#header(one);
      yield* this.#bytes(one);
      yield tarPadding(one.size);
      this.#tell(one.size, one.member.path);
    }
    const large = this.#members[end];
    if (large) yield this.#header(large);
  }

  async *#content(one: Sized, options: GzipOptions): AsyncGenerator<Deflated> {
    const { host, signal } = this.#request;
    const path = this.#path(one);
    if (one.crc === undefined) {
      for await (const part of deflated(this.#exactly(one, path), options)) {
        signal.throwIfAborted();
        this.#tell(part.length, one.member.path);
        yield part;
      }
      return;
    }
    let left = (host.files.stat(path)?.size ?? 0) - DEFLATED_TRAILER_BYTES;
    let facts = { crc: one.crc, length: one.size };
    for await (const chunk of host.files.chunks(path, true)) {
      signal.throwIfAborted();
      yield { bytes: chunk.subarray(0, Math.max(0, left)), ...facts };
      left -= chunk.length;
      facts = { crc: 0, length: 0 };
    }
    this.#tell(one.size, one.member.path);
  }

  async *#bytes(one: Sized): AsyncGenerator<Uint8Array> {
    const { member } = one;
    if (member.kind === 'text') yield Buffer.from(member.text);
    if (member.kind !== 'file') return;
    const path = this.#path(one);
    if (one.size > SMALL_BYTES) {
      yield* this.#exactly(one, path);
      return;
    }
    const bytes = this.#request.host.files.readInto(path, this.#small);
    if (bytes.length !== one.size) throw new Failure(moved(path));
    yield bytes;
  }

  /** A file as long as its header said; it may not grow or shrink while it is packed. */
  async *#exactly(one: Sized, path: string): AsyncGenerator<Uint8Array> {
    let found = 0;
    for await (const chunk of this.#request.host.files.chunks(path, true)) {
      found += chunk.length;
      if (found > one.size) break;
      yield chunk;
    }
    if (found !== one.size) throw new Failure(moved(path));
  }

  #header({ member, size }: Sized): Uint8Array {
    const shared = { path: member.path, mtime: this.#time, size };
    switch (member.kind) {
      case 'directory':
        return tarHeader({ ...shared, kind: 'directory', mode: 0o755 });
      case 'symlink':
        return tarHeader({ ...shared, kind: 'symlink', mode: 0o777, target: member.target });
      case 'text':
        return tarHeader({ ...shared, kind: 'file', mode: 0o644 });
      default:
        return tarHeader({ ...shared, kind: 'file', mode: member.mode } satisfies TarEntry);
    }
  }

  #sized(member: PackedMember): Sized {
    const { files } = this.#request.host;
    if (member.kind === 'text') return { member, size: Buffer.byteLength(member.text) };
    if (member.kind !== 'file' && member.kind !== 'deflated') return { member, size: 0 };
    const path = this.#request.inputs[member.input] as string;
    if (member.kind === 'file') return { member, size: files.stat(path)?.size ?? 0 };
    const { crc, length } = files.readAtPlaces(path, (file) =>
      deflatedTrailer(file.read(file.size - DEFLATED_TRAILER_BYTES, DEFLATED_TRAILER_BYTES)),
    );
    return { member, size: length, crc };
  }

  #path({ member }: Sized): string {
    const input = 'input' in member ? member.input : 0;
    return this.#request.inputs[input] as string;
  }

  #tell(bytes: number, path: string): void {
    this.#done += bytes;
    if (bytes > 0) this.#request.onProgress(this.#done, this.#total, path);
  }
}

function isApart({ member, size }: Sized): boolean {
  return member.kind === 'deflated' || (member.kind === 'file' && size >= APART_BYTES);
}

function moved(path: string) {
  return error('build/input-changed', {
    what: `${path} changed while it was packed`,
    where: [{ file: path }],
    why: 'an archive says of each file how long it is before its content comes',
    help: 'run the command again once nobody writes to it',
  });
}
