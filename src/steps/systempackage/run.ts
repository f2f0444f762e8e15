/** Packs one system package: the payload is compressed into a scratch file first, because what stands before it tells its digests. */
import { createHash, type Hash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Packer, PackRequest } from '../../execute/artifacts/packer.ts';
import { debControl, debFront, debPadding, installedKibibytes } from '../../formats/deb.ts';
import { gzip } from '../../formats/gzip.ts';
import { cpio } from '../../formats/rpm/cpio.ts';
import { RPM_MOST_BYTES, type RpmMetadata, rpmFront, rpmHeader } from '../../formats/rpm/package.ts';
import { type TarMember, tar } from '../../formats/tar.ts';
import type { Host } from '../../host/host.ts';
import type { SigningKey } from '../gpg/key.ts';
import { withSigner } from '../gpg/run.ts';
import type { RelationKind, ScriptMoment } from './definition.ts';
import { DEB_FIELDS, DEB_SCRIPTS, type PackedFile, rpmRelations, type SystemPackage } from './package.ts';

/** Parameters of the Step. */
export type SystemPackageParameters = {
  readonly package: SystemPackage;
  /** An rpm carries a signature of its own; a deb is signed by its repository. */
  readonly sign?: SigningKey;
};

export const packer: Packer = {
  version: 1,
  async pack(request) {
    const { package: one, sign } = request.parameters as SystemPackageParameters;
    const packing = new Packing(request, one);
    return one.format === 'deb' ? packing.deb() : packing.rpm(sign);
  },
};

class Packing {
  readonly #request: PackRequest;
  readonly #host: Host;
  readonly #package: SystemPackage;
  readonly #output: string;
  readonly #sizes: ReadonlyMap<PackedFile, number>;
  /** Files of the package below a megabyte or so: texts, and what is compressed beforehand. */
  readonly #small = new Map<PackedFile, Buffer>();
  #done = 0;

  constructor(request: PackRequest, one: SystemPackage) {
    this.#request = request;
    this.#host = request.host;
    this.#package = one;
    this.#output = request.outputs[0] as string;
    for (const file of one.files) {
      if (file.text === undefined) continue;
      const text = Buffer.from(file.text);
      this.#small.set(file, file.compressed ? withoutTime(gzipSync(text, { level: 9 })) : text);
    }
    this.#sizes = new Map(one.files.map((file) => [file, this.#sizeOf(file)]));
  }

  async deb(): Promise<void> {
    const one = this.#package;
    const { files } = this.#host;
    const sums = new Map<PackedFile, Hash>();
    const data = `${this.#output}.data`;
    const members = this.#tarMembers((file) => {
      const sum = createHash('md5');
      sums.set(file, sum);
      return sum;
    });
    const dataBytes = await files.writeChunks(data, this.#compressed(tar(members)));
    const control = await collected(gzip(tar(this.#controlMembers(sums)), { level: 9 }));
    const front = debFront(control, dataBytes, one.time);
    await files.writeChunks(this.#output, concatenated([front], files.chunks(data), [debPadding(dataBytes)]));
    files.remove(data);
  }

  async rpm(sign: SigningKey | undefined): Promise<void> {
    const { files } = this.#host;
    const payload = `${this.#output}.payload`;
    const [content, compressed] = [createHash('sha256'), createHash('sha256')];
    const digests = new Map<PackedFile, Hash>();
    const counted = { bytes: 0 };
    const archive = cpio(this.#cpioMembers(digests));
    const size = await files.writeChunks(
      payload,
      tapped(this.#compressed(tapped(archive, content, counted)), compressed),
    );
    const total = Math.max(size, counted.bytes);
    if (total > RPM_MOST_BYTES) throw new Failure(tooLarge(this.#package, total));
    const facts = {
      ...{ size, contentSize: counted.bytes },
      ...{ digest: compressed.digest('hex'), contentDigest: content.digest('hex') },
    };
    const metadata = this.#rpmMetadata(new Map([...digests].map(([file, sum]) => [file, sum.digest('hex')])));
    const header = rpmHeader(metadata, facts);
    const md5 = createHash('md5').update(header);
    for await (const chunk of files.chunks(payload)) md5.update(chunk);
    const signature = sign && (await this.#signed(sign, header));
    const front = rpmFront(metadata, header, facts, md5.digest(), signature);
    await files.writeChunks(this.#output, concatenated([front], [header], files.chunks(payload)));
    files.remove(payload);
  }

  async #signed(key: SigningKey, header: Buffer) {
    const { inputs, signal } = this.#request;
    const scratch = `${this.#output}.header`;
    this.#host.files.write(scratch, header);
    try {
      const signing = { host: this.#host, key, inputs, signal, time: this.#package.time };
      return await withSigner(signing, (signer) => signer.detached(scratch));
    } finally {
      this.#host.files.remove(scratch);
    }
  }

  #compressed(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    return gzip(source, { threads: this.#request.jobs });
  }

  /** All entries of the data archive: each directory before what lies in it. */
  *#tarMembers(sumOf: (file: PackedFile) => Hash): Generator<TarMember> {
    const { files, time } = this.#package;
    const own = new Map(files.filter(({ kind }) => kind === 'directory').map((file) => [file.path, file]));
    const made = new Set<string>();
    const entryOf = (path: string, kind: TarMember['entry']['kind'], mode: number) => ({
      ...{ path: `.${path}`, kind, mode, mtime: time, size: 0 },
    });
    for (const file of files) {
      for (const parent of ['/', ...parentsOf(file.path)]) {
        if (made.has(parent)) continue;
        made.add(parent);
        yield { entry: entryOf(parent, 'directory', own.get(parent)?.mode ?? 0o755) };
      }
      if (file.kind === 'directory') {
        if (!made.has(file.path)) yield { entry: entryOf(file.path, 'directory', file.mode) };
        made.add(file.path);
      } else if (file.kind === 'symlink') {
        yield { entry: { ...entryOf(file.path, 'symlink', 0o777), target: file.target ?? '' } };
      } else {
        const size = this.#sizes.get(file) ?? 0;
        yield {
          entry: { ...entryOf(file.path, 'file', file.mode), size },
          content: tapped(this.#content(file), sumOf(file)),
        };
      }
    }
  }

  *#controlMembers(sums: ReadonlyMap<PackedFile, Hash>): Generator<TarMember> {
    const one = this.#package;
    const { time, scripts } = one;
    const sized = one.files.map((file) => ({ kind: file.kind, size: this.#sizes.get(file) ?? 0 }));
    const relations = Object.fromEntries(
      Object.entries(one.relations).map(([kind, list]) => [DEB_FIELDS[kind as RelationKind], list]),
    );
    const control = debControl(
      { ...one, version: `${one.version}-${one.revision}`, relations },
      installedKibibytes(sized),
    );
    const configured = one.files.filter(({ role }) => role === 'config');
    const md5sums = [...sums].map(([file, sum]) => `${sum.digest('hex')}  ${file.path.slice(1)}\n`);
    const texts: (readonly [name: string, text: string, mode: number])[] = [
      ...(configured.length > 0
        ? [['conffiles', configured.map(({ path }) => `${path}\n`).join(''), 0o644] as const]
        : []),
      ['control', control, 0o644],
      ['md5sums', md5sums.join(''), 0o644],
      ...Object.entries(scripts)
        .map(([moment, text]) => [DEB_SCRIPTS[moment as ScriptMoment], text, 0o755] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ];
    yield { entry: { path: './', kind: 'directory', mode: 0o755, size: 0, mtime: time } };
    for (const [name, text, mode] of texts) {
      const content = Buffer.from(text);
      yield { entry: { path: `./${name}`, kind: 'file', mode, size: content.length, mtime: time }, content };
    }
  }

  *#cpioMembers(digests: Map<PackedFile, Hash>) {
    const { files, time } = this.#package;
    for (const file of files) {
      const size = this.#sizes.get(file) ?? 0;
      const entry = {
        ...{ path: file.path, kind: file.kind, mode: modeOf(file), size, time },
        ...(file.target === undefined ? {} : { target: file.target }),
      };
      if (file.kind !== 'file') {
        yield { entry };
        continue;
      }
      const sum = createHash('sha256');
      digests.set(file, sum);
      yield { entry, content: tapped(this.#content(file), sum) };
    }
  }

  #rpmMetadata(digests: ReadonlyMap<PackedFile, string>): RpmMetadata {
    const one = this.#package;
    const { name, version, architecture, summary, licence, time } = one;
    return {
      ...{ name, version, architecture, summary, licence, time },
      release: one.revision,
      description: one.description || one.summary,
      group: one.section,
      ...(one.homepage === undefined ? {} : { url: one.homepage }),
      packager: one.maintainer,
      requires: rpmRelations(one.relations, 'depends'),
      recommends: rpmRelations(one.relations, 'recommends'),
      suggests: rpmRelations(one.relations, 'suggests'),
      conflicts: [...rpmRelations(one.relations, 'conflicts'), ...rpmRelations(one.relations, 'breaks')],
      obsoletes: rpmRelations(one.relations, 'replaces'),
      provides: rpmRelations(one.relations, 'provides'),
      scripts: one.scripts,
      changelog: { author: `${one.maintainer} - ${version}-${one.revision}`, text: `- ${changeOf(one)}` },
      files: one.files.map((file) => {
        const { path, kind, role, target } = file;
        const digest = digests.get(file);
        return {
          ...{ path, kind, mode: modeOf(file), size: this.#sizes.get(file) ?? 0 },
          ...(digest === undefined ? {} : { digest }),
          ...(target === undefined ? {} : { target }),
          ...(role === undefined ? {} : { role }),
        };
      }),
    };
  }

  #sizeOf(file: PackedFile): number {
    if (file.kind === 'symlink') return Buffer.byteLength(file.target ?? '');
    if (file.kind === 'directory') return 0;
    const small = this.#small.get(file);
    return small ? small.length : (this.#host.files.stat(this.#inputOf(file))?.size ?? 0);
  }

  #inputOf(file: PackedFile): string {
    return this.#request.inputs[file.input ?? -1] as string;
  }

  async *#content(file: PackedFile): AsyncGenerator<Uint8Array> {
    const small = this.#small.get(file);
    if (small) {
      yield small;
      return;
    }
    const total = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
    for await (const chunk of this.#host.files.chunks(this.#inputOf(file))) {
      this.#request.signal.throwIfAborted();
      yield chunk;
      this.#done += chunk.length;
      this.#request.onProgress(this.#done, total, file.path);
    }
  }
}

/** What the changelog of a package says. */
export function changeOf({ name, version }: Pick<SystemPackage, 'name' | 'version'>): string {
  return `${name} ${version}`;
}

function modeOf(file: PackedFile): number {
  return file.kind === 'symlink' ? 0o777 : file.mode;
}

/** `/usr/bin/x` → `/usr`, `/usr/bin`. */
function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`);
}

// gzipSync writes no time; the tenth byte names the operating system.
function withoutTime(bytes: Buffer): Buffer {
  bytes[9] = 3;
  return bytes;
}

/** Bytes on their way, added to a digest and counted. */
async function* tapped(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sum: Hash,
  count: { bytes: number } = { bytes: 0 },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    sum.update(chunk);
    count.bytes += chunk.length;
    yield chunk;
  }
}

async function* concatenated(
  ...parts: readonly (Iterable<Uint8Array> | AsyncIterable<Uint8Array>)[]
): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield* part;
}

async function collected(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function tooLarge({ name }: SystemPackage, bytes: number) {
  return error('systempackage/too-large', {
    what: `${name} holds ${bytes} bytes, more than an rpm can`,
    why: 'the sizes in the header of an rpm have 32 bits',
    help: 'leave out debug data (build without --debug), or split the package: packages in kubewright.yaml',
  });
}
