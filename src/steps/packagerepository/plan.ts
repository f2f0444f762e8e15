/** One Step for the index of a folder of packages: after it, apt or dnf installs from there. Pure. */
import type { Step, StepId } from '../../plan/step.ts';
import type { SigningKey } from '../gpg/key.ts';
import type { PackageFormat } from '../systempackage/definition.ts';

/** Parameters of the Step. A type: it is JSON. */
export type RepositoryParameters = {
  readonly format: PackageFormat;
  /** Packages relative to the folder, in the order of the inputs. */
  readonly packages: readonly string[];
  /** Whose packages these are, for apt: `kubernetes`. */
  readonly origin: string;
  /** Seconds since 1970, for all that the index says of times. */
  readonly time: number;
  readonly sign?: SigningKey;
};

export interface RepositoryRequest {
  readonly format: PackageFormat;
  /** Absolute. */
  readonly directory: string;
  /** Absolute paths of all packages that lie below it, or will. */
  readonly packages: readonly string[];
  readonly needs: readonly StepId[];
  readonly origin: string;
  readonly time: number;
  readonly sign: { readonly key: Omit<SigningKey, 'input'>; readonly file?: string } | undefined;
}

/** Files of an index in the order in which they appear: clients begin with the last. */
const FILES: Readonly<Record<PackageFormat, { readonly plain: string[]; readonly signed: string[] }>> = {
  deb: {
    plain: ['Packages', 'Packages.gz', 'Release'],
    signed: ['Release.key', 'Release.gpg', 'InRelease'],
  },
  rpm: {
    plain: [
      ...['primary', 'filelists', 'other'].map((name) => `repodata/${name}.xml.gz`),
      'repodata/repomd.xml',
    ],
    signed: ['repodata/repomd.xml.key', 'repodata/repomd.xml.asc'],
  },
};

/** Plans the Step that makes the index. */
export function planRepository(request: RepositoryRequest): Step {
  const { format, directory, needs, origin, time, sign } = request;
  const paths = [...new Set(request.packages)].sort();
  const parameters: RepositoryParameters = {
    ...{ format, origin, time, packages: paths.map((path) => path.slice(directory.length + 1)) },
    ...(sign ? { sign: { ...sign.key, ...(sign.file === undefined ? {} : { input: paths.length }) } } : {}),
  };
  const files = [...FILES[format].plain, ...(sign ? FILES[format].signed : [])];
  return {
    id: `repository:${format}`,
    kind: 'pack',
    title: `${format === 'deb' ? 'apt' : 'yum'} repository`,
    needs,
    inputs: [...paths, ...(sign?.file === undefined ? [] : [sign.file])].map((path) => ({
      kind: 'file',
      path,
    })),
    outputs: files.map((file) => `${directory}/${file}`),
    action: { kind: 'pack', packer: 'package-repository', parameters },
    keyParts: {},
  };
}
