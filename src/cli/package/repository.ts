/** Repositories of system packages: what lies in the folder already, and what this run adds. */
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import { fieldOf } from '../../formats/aptrepository.ts';
import type { Host } from '../../host/host.ts';
import type { Step } from '../../plan/step.ts';
import { planRepository } from '../../steps/packagerepository/plan.ts';
import type { PackageFormat } from '../../steps/systempackage/definition.ts';
import type { ChosenKey } from './signing.ts';

export interface RepositoriesRequest {
  /** Steps that make packages. */
  readonly steps: readonly Step[];
  /** Absolute; each format has a folder below it. */
  readonly directory: string;
  readonly formats: readonly PackageFormat[];
  /** Seconds since 1970. */
  readonly time: number;
  readonly origin: string;
  readonly sign: ChosenKey | undefined;
}

/** One Step for each format that has packages. */
export function planRepositories(host: Host, request: RepositoriesRequest): Step[] {
  return request.formats.flatMap((format) => {
    const directory = `${request.directory}/${format}`;
    const making = request.steps.filter(({ outputs }) =>
      outputs.some((path) => path.startsWith(`${directory}/`)),
    );
    const made = making.flatMap(({ outputs }) => outputs);
    if (made.length === 0) return [];
    const signature = SIGNATURES.map((name) => `${directory}/${name}`).find((path) =>
      host.files.exists(path),
    );
    if (signature !== undefined && !request.sign) throw new Failure(isSigned(directory, signature));
    return [
      planRepository({
        ...{ format, directory, origin: request.origin, sign: request.sign },
        packages: [...packagesIn(host, directory, format), ...made],
        needs: making.map(({ id }) => id),
        // apt takes no Release that is older than the one it knows: an older branch may be added later.
        time: Math.max(request.time, earlierTime(host, directory)),
      }),
    ];
  });
}

const SIGNATURES = ['InRelease', 'Release.gpg', 'repodata/repomd.xml.asc'];

/** An index without its signature would leave the old one beside it, and clients would refuse both. */
function isSigned(directory: string, signature: string): Diagnostic {
  return error('gpg/key-missing', {
    what: `the repository ${directory} is signed, and no key is given`,
    why: `${signature} is the signature of the index that is there now`,
    help: 'name the key: --sign-key KEY; to go on without signatures, remove that file and its neighbours',
  });
}

/** Packages in a folder and the folders in it. */
function packagesIn(host: Host, directory: string, format: PackageFormat): string[] {
  if (!host.files.isDirectory(directory)) return [];
  return host.files.list(directory).flatMap((name) => {
    const path = `${directory}/${name}`;
    if (name.endsWith('/')) return packagesIn(host, path.slice(0, -1), format);
    return name.endsWith(`.${format}`) && !name.startsWith('.') ? [path] : [];
  });
}

/** The time that the index in the folder tells; 0 when there is none. */
function earlierTime(host: Host, directory: string): number {
  const release = host.files.readTextIfAny(`${directory}/Release`);
  const date = release === undefined ? undefined : fieldOf(release, 'Date');
  const repomd = host.files.readTextIfAny(`${directory}/repodata/repomd.xml`);
  const revision = /<revision>(\d+)<\/revision>/.exec(repomd ?? '')?.[1];
  const seconds = date === undefined ? Number(revision ?? 0) : Date.parse(date) / 1000;
  return Number.isFinite(seconds) ? seconds : 0;
}
