/** Reads the packages of a folder and writes the index that apt or dnf reads, signed when there is a key. */
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Packer, PackRequest } from '../../execute/artifacts/packer.ts';
import { fieldOf, type IndexedDeb, packagesIndex, releaseFile } from '../../formats/aptrepository.ts';
import { digestOfBytes } from '../../formats/digest.ts';
import { gzip } from '../../formats/gzip.ts';
import { readRpm } from '../../formats/rpm/read.ts';
import { type IndexedRpm, repositoryIndex, repositoryLists } from '../../formats/rpm/repodata.ts';
import { MalformedArchive, membersOf } from '../../formats/unpack.ts';
import type { Host } from '../../host/host.ts';
import { type Signer, withSigner } from '../gpg/run.ts';
import { rfc2822 } from '../systempackage/copyright.ts';
import type { RepositoryParameters } from './plan.ts';

export const packer: Packer = {
  version: 1,
  pack(request) {
    const parameters = request.parameters as RepositoryParameters;
    return parameters.format === 'deb' ? packApt(request, parameters) : packYum(request, parameters);
  },
};

async function packApt(request: PackRequest, parameters: RepositoryParameters): Promise<void> {
  const { host } = request;
  const debs: IndexedDeb[] = [];
  for (const file of filesOf(request, parameters))
    debs.push({ ...file, control: await controlOf(host, file.absolute, file.path) });
  const index = Buffer.from(packagesIndex(debs));
  const compressed = await compressedBytes(index);
  const architectures = new Set(debs.map(({ control }) => fieldOf(control, 'Architecture') ?? 'all'));
  const release = releaseFile({
    ...{ origin: parameters.origin, label: parameters.origin, date: rfc2822(parameters.time) },
    architectures: [...architectures].sort(),
    files: [described('Packages', index), described('Packages.gz', compressed)],
  });
  const [packages = '', packed = '', plain = '', key = '', detached = '', inline = ''] = request.outputs;
  host.files.write(packages, index);
  host.files.write(packed, compressed);
  host.files.write(plain, release);
  await whenSigned(request, parameters, async (signer) => {
    host.files.write(key, await signer.publicKey());
    host.files.write(detached, await signer.armored(plain));
    host.files.write(inline, await signer.inline(plain));
  });
}

async function packYum(request: PackRequest, parameters: RepositoryParameters): Promise<void> {
  const { host } = request;
  const rpms: IndexedRpm[] = filesOf(request, parameters).map((file) => {
    const rpm = host.files.readAtPlaces(file.absolute, (source) =>
      readRpm((start, length) => source.read(start, length)),
    );
    if (!rpm) throw new Failure(noPackage(file.path, 'its headers cannot be read as those of a binary rpm'));
    return { ...file, rpm };
  });
  const lists = repositoryLists(rpms);
  const described = [];
  for (const [i, type] of (['primary', 'filelists', 'other'] as const).entries()) {
    const open = Buffer.from(lists[type]);
    const packed = await compressedBytes(open);
    host.files.write(request.outputs[i] as string, packed);
    described.push({
      ...{ type, size: packed.length, digest: digestOfBytes(packed) },
      ...{ openSize: open.length, openDigest: digestOfBytes(open) },
    });
  }
  const [index = '', key = '', detached = ''] = request.outputs.slice(3);
  host.files.write(index, repositoryIndex(described, parameters.time));
  await whenSigned(request, parameters, async (signer) => {
    host.files.write(key, await signer.publicKey());
    host.files.write(detached, await signer.armored(index));
  });
}

function filesOf({ host, inputs, digests }: PackRequest, { packages }: RepositoryParameters) {
  return packages.map((path, i) => {
    const absolute = inputs[i] as string;
    return { path, absolute, size: host.files.stat(absolute)?.size ?? 0, digest: digests[i] as string };
  });
}

async function whenSigned(
  { host, inputs, signal }: PackRequest,
  { sign, time }: RepositoryParameters,
  use: (signer: Signer) => Promise<void>,
): Promise<void> {
  if (sign) await withSigner({ host, inputs, signal, key: sign, time }, use);
}

/** The control file of a deb; its data is not read. */
async function controlOf(host: Host, file: string, name: string): Promise<string> {
  try {
    for await (const { path, content } of membersOf(host.files.chunks(file))) {
      const [archive = '', member] = path;
      if (archive.startsWith('data.tar')) break;
      if (!archive.startsWith('control.tar') || member?.replace(/^\.\//, '') !== 'control') continue;
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(chunk);
      return Buffer.concat(chunks).toString('utf8');
    }
  } catch (problem) {
    if (!(problem instanceof MalformedArchive)) throw problem;
    throw new Failure(noPackage(name, problem.message));
  }
  throw new Failure(noPackage(name, 'no control file could be found in it; xz is not read here'));
}

function described(name: string, bytes: Buffer) {
  return { name, size: bytes.length, digest: digestOfBytes(bytes) };
}

async function compressedBytes(bytes: Buffer): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of gzip([bytes], { level: 9 })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function noPackage(path: string, why: string) {
  return error('systempackage/repository', {
    what: `${path} in the repository is no package that can be read`,
    why,
    help: 'take it out of the folder, or put a whole package in its place; every .deb and .rpm there is indexed',
  });
}
