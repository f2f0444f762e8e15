/** A Debian package read member by member: its control files, and the tree of files that it brings. */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import { arEntries } from '../../formats/ararchive.ts';
import { ByteReader, type Bytes, MalformedArchive } from '../../formats/bytereader.ts';
import { type ControlFields, parseControl } from '../../formats/debcontrol.ts';
import { plain, RefusedArchive } from '../../formats/oci/layer.ts';
import { type ReadTarMember, tarEntries } from '../../formats/tarreader.ts';
import type { Host } from '../../host/host.ts';
import { ProgramFailed } from '../../host/piped.ts';

export interface ControlFiles {
  readonly fields: ControlFields;
  /** `postinst`, `md5sums`, `conffiles` … with their bytes and modes. */
  readonly control: ReadonlyMap<string, { readonly bytes: Buffer; readonly mode: number }>;
}

export interface OpenPackage extends ControlFiles {
  /** The members of the data archive; nothing is unpacked before the first is asked for. */
  readonly data: AsyncIterable<ReadTarMember>;
  close(): Promise<void>;
}

/** Opens a package; its problems are made letters by `damagedPackage`. */
export async function openPackage(host: Host, signal: AbortSignal, path: string): Promise<OpenPackage> {
  const reader = new ByteReader(host.files.chunks(path));
  let files: ControlFiles | undefined;
  const entries = arEntries(reader);
  for (let next = await entries.next(); !next.done; next = await entries.next()) {
    const { name, content } = next.value;
    const unpacked = () => new ByteReader(decompressed(host, signal, name, content));
    if (name.startsWith('control.tar')) files = await readControl(unpacked());
    if (!name.startsWith('data.tar')) continue;
    if (!files) break;
    const data = unpacked();
    const close = async () => {
      await data.close();
      await reader.close();
    };
    return { ...files, data: tarEntries(data), close };
  }
  await reader.close();
  throw new MalformedArchive('it has no control files in front of a data archive');
}

/** A letter about a package that cannot be read; other problems stay what they are. */
export function damagedPackage(path: string, problem: unknown): unknown {
  const isDamage =
    problem instanceof MalformedArchive ||
    problem instanceof RefusedArchive ||
    problem instanceof ProgramFailed;
  return isDamage ? new Failure(damaged(path, problem.message)) : problem;
}

async function readControl(reader: ByteReader): Promise<ControlFiles> {
  const control = new Map<string, { bytes: Buffer; mode: number }>();
  for await (const { entry, content } of tarEntries(reader)) {
    if (entry.kind !== 'file') continue;
    const parts: Uint8Array[] = [];
    for await (const chunk of content) parts.push(chunk);
    control.set(entry.path.replace(/^(\.?\/)+/, ''), { bytes: Buffer.concat(parts), mode: entry.mode });
  }
  const fields = parseControl(control.get('control')?.bytes.toString('utf8') ?? '');
  if (!fields.get('Package')) throw new MalformedArchive('its control file names no package');
  return { fields, control };
}

/** gzip, zstd and no compression are ours (deb(5) names them all); xz is the program's. */
function decompressed(host: Host, signal: AbortSignal, name: string, content: Bytes): Bytes {
  if (!/\.(xz|lzma|bz2)$/.test(name)) return plain(content);
  const program = name.endsWith('.bz2') ? 'bzip2' : 'xz';
  if (!host.processes.find(program)) throw new Failure(noDecompressor(program));
  return host.processes.pipe({
    ...{ argv: [program, '--decompress', '--stdout'], environment: {}, workingDirectory: '/', signal },
    input: content,
  });
}

function noDecompressor(program: string) {
  return error('source/tool-missing', {
    what: `a Debian package is packed with ${program}, and that was not found on PATH`,
    why: 'packages of Debian are xz archives',
    help: `install it: apt-get install ${program === 'xz' ? 'xz-utils' : program}`,
  });
}

function damaged(path: string, message: string) {
  return error('image/package-damaged', {
    what: `a Debian package is damaged: ${message}`,
    where: [{ file: path }],
    why: 'its digest is the one that the repository names, so the repository serves it like that',
    help: 'tell whoever keeps the repository; another mirror is named by mirrors in kubewright.yaml',
  });
}
