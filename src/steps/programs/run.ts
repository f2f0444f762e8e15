/**
 * Reads the platform and the version out of the programs of a release and holds them against each other and against
 * the release: programs of two builds must not travel under one version.
 */
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Packer, PackRequest } from '../../execute/artifacts/packer.ts';
import { hasReadableFormat, readBinary } from '../../formats/binary/binary.ts';
import type { ProgramsParameters } from './plan.ts';
import { foundVersions } from './versions.ts';

export const packer: Packer = {
  version: 1,
  async pack(request) {
    const { platform, version, names } = request.parameters as unknown as ProgramsParameters;
    const problems: Diagnostic[] = [];
    const found: { readonly name: string; readonly path: string; readonly version?: string }[] = [];
    for (const [i, path] of request.inputs.entries()) {
      const name = names[i] as string;
      problems.push(...wrongPlatform(request, path, name, platform));
      const versions = await foundVersions(() => request.host.files.chunks(path, true), version);
      request.signal.throwIfAborted();
      found.push({ name, path, ...(versions[0] === undefined ? {} : { version: versions[0] }) });
    }
    const wanted = version ?? mostCommon(found.flatMap((one) => one.version ?? []));
    for (const one of found)
      if (one.version !== undefined && one.version !== wanted)
        problems.push(
          otherVersion(one.path, one.version, wanted ?? '', `${one.name} --platform ${platform}`),
        );
    if (problems.length > 0) throw new Failure(...problems);
    const facts = found.map((one) => ({ name: one.name, version: one.version ?? null }));
    request.host.files.write(
      request.outputs[0] as string,
      `${JSON.stringify({ platform, programs: facts })}\n`,
    );
  },
};

function wrongPlatform({ host }: PackRequest, path: string, name: string, platform: string): Diagnostic[] {
  if (!hasReadableFormat(platform as `${string}/${string}`)) return [];
  const read = host.files.readAtPlaces(path, (source) => readBinary(source, path));
  if (!read.ok) return [...read.diagnostics];
  const { os, arch } = read.value;
  if (`${os}/${arch}` === platform) return [];
  return [
    error('release/binaries-differ', {
      what: `${path} is a program for ${os}/${arch}, not for ${platform}`,
      where: [{ file: path }],
      why: 'it lies where programs for another platform belong, and would be released for that one',
      help: `build it again: kubewright build ${name} --platform ${platform}`,
    }),
  ];
}

function otherVersion(path: string, found: string, wanted: string, words: string): Diagnostic {
  return error('release/binaries-differ', {
    what: `${path} says that it is ${found}, and the release is ${wanted}`,
    where: [{ file: path }],
    why: 'all programs of a release carry one version: its archives, images and packages are named by it',
    help: `build it again: kubewright build ${words}; or release what was built: --version-string ${found}`,
  });
}

function mostCommon(versions: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const version of versions) counts.set(version, (counts.get(version) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}
