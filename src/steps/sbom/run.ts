/** Describes artifacts: finds the programs in them, however deep, and writes what they are made of in both forms. */
import { createHash } from 'node:crypto';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Packer, PackRequest } from '../../execute/artifacts/packer.ts';
import { readBinary, readPackages } from '../../formats/binary/binary.ts';
import { cycloneDxDocument } from '../../formats/cyclonedx/document.ts';
import { LicenseRecogniser } from '../../formats/licenses/recognise.ts';
import { spdxDocument } from '../../formats/spdx/document.ts';
import { MalformedArchive, type Member, membersOf } from '../../formats/unpack.ts';
import type { Host } from '../../host/host.ts';
import { type ArtifactContents, bomOf, type LicensesOf, type Part } from './bom.ts';
import type { ProgramContents } from './modules.ts';
import type { SbomParameters } from './plan.ts';

/** Remembers what it read of each artifact, for the document about all of them. */
export const SBOM = sbomPacker();

function sbomPacker(): Packer {
  const read = new Map<string, Promise<readonly Part[]>>();
  let recogniser: Promise<LicenseRecogniser> | undefined;
  return {
    version: 1,
    async pack(request) {
      const parameters = request.parameters as unknown as SbomParameters;
      const contents: ArtifactContents[] = [];
      let first = 0;
      for (const { name, files } of parameters.artifacts) {
        const own = Array.from({ length: files }, (_, i) => first + i);
        const key = own.map((i) => request.digests[i]).join();
        const known = read.get(key) ?? partsOf(request, name, own);
        read.set(key, known);
        contents.push({ name, parts: await known });
        first += files;
      }
      recogniser ??= loadRecogniser();
      const bom = bomOf(parameters, contents, licenseReader(request, parameters, first, await recogniser));
      request.host.files.write(request.outputs[0] as string, spdxDocument(bom));
      request.host.files.write(request.outputs[1] as string, cycloneDxDocument(bom));
    },
  };
}

/** Five megabytes of licence texts: loaded when the first document is really written. */
async function loadRecogniser(): Promise<LicenseRecogniser> {
  const list = await import('spdx-license-list/full.js');
  return new LicenseRecogniser(list.default);
}

function licenseReader(
  { host, inputs }: PackRequest,
  { licenses }: SbomParameters,
  first: number,
  recogniser: LicenseRecogniser,
): LicensesOf {
  const paths = new Map(licenses.map((name, i) => [name, inputs[first + i] as string]));
  return (module) => {
    const texts = module.licenses.flatMap((name) => {
      const path = paths.get(name);
      return path === undefined ? [] : [host.files.readText(path)];
    });
    const found = texts.map((text) => ({ text, ids: recogniser.recognise(text) }));
    return {
      ids: [...new Set(found.flatMap(({ ids }) => ids))].sort(),
      texts: found.filter(({ ids }) => ids.length === 0).map(({ text }) => text),
    };
  };
}

/** The artifact and the programs and archives in it. Of a directory: every file is looked into. */
async function partsOf(request: PackRequest, name: string, own: readonly number[]): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for (const i of own) {
    const path = request.inputs[i] as string;
    const sub = own.length === 1 ? [] : [path.slice(path.lastIndexOf('/') + 1)];
    parts.push(...(await partsOfFile(request, name, path, sub)));
  }
  if (own.length === 1) return parts;
  return [
    { ...sums(own.map((i) => request.digests[i]).join('\n')), path: [] },
    ...parts.filter(isWorthNaming),
  ];
}

function sums(text: string): Omit<Part, 'path'> {
  const sum = (algorithm: string) => createHash(algorithm).update(text).digest('hex');
  return { size: text.length, sha1: sum('sha1'), sha256: sum('sha256') };
}

function isWorthNaming({ program, path }: Part): boolean {
  return program !== undefined || path.length === 0;
}

async function partsOfFile(
  { host, signal, outputs, onProgress }: PackRequest,
  name: string,
  path: string,
  sub: readonly string[],
): Promise<readonly Part[]> {
  const whole = new Sums();
  const total = host.files.stat(path)?.size ?? 0;
  async function* counted() {
    for await (const chunk of host.files.chunks(path)) {
      signal.throwIfAborted();
      whole.update(chunk);
      onProgress(whole.size, total, name);
      yield chunk;
    }
  }
  const found: Part[] = [];
  let itself: ProgramContents | undefined;
  try {
    for await (const member of membersOf(counted())) {
      if (member.path.length === 0 && member.archive === undefined) {
        for await (const _ of member.content);
        itself = programOf(host, path, name);
      } else if (member.kind === 'file' && member.archive === undefined) {
        const part = await partOf(host, member, `${outputs[0]}.member`);
        if (part) found.push({ ...part, path: [...sub, ...part.path] });
      }
    }
  } catch (problem) {
    if (problem instanceof MalformedArchive) throw new Failure(damaged(path, problem));
    throw problem;
  }
  return [{ path: sub, ...whole.digests(), ...(itself ? { program: itself } : {}) }, ...found];
}

/** A program in an archive is copied out to be read; anything else is passed over. */
async function partOf(host: Host, member: Member, scratch: string): Promise<Part | undefined> {
  const part = new Sums();
  let writes = false;
  try {
    for await (const chunk of member.content) {
      if (part.size === 0) {
        writes = looksLikeProgram(chunk);
        if (!writes) return undefined;
        host.files.write(scratch, chunk);
      } else host.files.append(scratch, chunk);
      part.update(chunk);
    }
    const program = writes ? programOf(host, scratch, member.path.join('!')) : undefined;
    return program && { path: member.path, ...part.digests(), program };
  } finally {
    if (writes) host.files.remove(scratch);
  }
}

function looksLikeProgram(start: Uint8Array): boolean {
  const magic = Buffer.from(start.subarray(0, 4)).toString('hex');
  return /^(7f454c46|c[ef]faedfe|4d5a)/.test(magic);
}

/** What a file tells of itself when it is a program of Go; another program has no modules to name. */
function programOf(host: Host, path: string, name: string): ProgramContents | undefined {
  return host.files.readAtPlaces(path, (source) => {
    const read = readBinary(source, name);
    if (!read.ok) return undefined;
    const { os, arch, goVersion, build } = read.value;
    const needsPackages = goVersion !== undefined && !(build?.main && build.modules.length > 0);
    return {
      platform: `${os}/${arch}`,
      ...(goVersion ? { goVersion } : {}),
      ...(build ? { build } : {}),
      packages: needsPackages ? readPackages(source) : [],
    };
  });
}

class Sums {
  readonly #sums = { sha1: createHash('sha1'), sha256: createHash('sha256') };
  size = 0;

  update(chunk: Uint8Array): void {
    this.size += chunk.length;
    for (const sum of Object.values(this.#sums)) sum.update(chunk);
  }

  digests(): Pick<Part, 'size' | 'sha1' | 'sha256'> {
    const { sha1, sha256 } = this.#sums;
    return { size: this.size, sha1: sha1.digest('hex'), sha256: sha256.digest('hex') };
  }
}

function damaged(path: string, problem: MalformedArchive) {
  return error('archive/damaged', {
    what: `${path} is damaged: ${problem.message}`,
    where: [{ file: path }],
    why: 'a bill of materials names what lies in an archive, so the archive is read to its end',
    help: 'make it again: kubewright writes archives whole or not at all, so this file was changed or cut short afterwards',
  });
}
