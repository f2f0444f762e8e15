/** Declares the Steps that describe artifacts: one for each, and one for all of them together. */
import type { Step } from '../../plan/step.ts';
import type { KnownModule } from './modules.ts';

/** One artifact: a file, or a directory that is one thing (an OCI layout). */
export interface DescribedArtifact {
  /** As the documents name it: relative to the release directory. */
  readonly name: string;
  /** Absolute; several for a directory. */
  readonly files: readonly string[];
  /** Absolute paths of its documents. */
  readonly spdx: string;
  readonly cycloneDx: string;
}

export interface SbomFacts {
  /** Of the release, or of the one artifact: the name of the document. */
  readonly version: string;
  readonly created: string;
  readonly main: KnownModule;
  readonly modules: readonly KnownModule[];
  /** Absolute paths of licence files by the names that the modules use. */
  readonly licenseFiles: Readonly<Record<string, string>>;
  readonly tool: { readonly name: string; readonly version: string };
}

/** What the packer is told: data without absolute paths. */
export interface SbomParameters {
  readonly name: string;
  /** Names of the artifacts, and how many of the input files each has. */
  readonly artifacts: readonly { readonly name: string; readonly files: number }[];
  readonly isRelease: boolean;
  readonly version: string;
  readonly created: string;
  readonly main: KnownModule;
  readonly modules: readonly KnownModule[];
  /** Names of the input files behind those of the artifacts. */
  readonly licenses: readonly string[];
  readonly tool: { readonly name: string; readonly version: string };
}

/** `release`: name and documents of the whole; absent for loose files. */
export function planSboms(
  artifacts: readonly DescribedArtifact[],
  facts: SbomFacts,
  release?: Pick<DescribedArtifact, 'name' | 'spdx' | 'cycloneDx'>,
): Step[] {
  const steps = artifacts.map((artifact) => planSbom(artifact.name, artifact, [artifact], false, facts));
  if (!release) return steps;
  const all = planSbom(release.name, release, artifacts, true, facts);
  // The packer remembers what it has read, so the last Step reads nothing twice.
  return [...steps, { ...all, needs: steps.map(({ id }) => id) }];
}

function planSbom(
  name: string,
  { spdx, cycloneDx }: Pick<DescribedArtifact, 'spdx' | 'cycloneDx'>,
  artifacts: readonly DescribedArtifact[],
  isRelease: boolean,
  { licenseFiles, ...facts }: SbomFacts,
): Step {
  const licenses = Object.keys(licenseFiles).sort();
  const parameters = {
    ...{ name, isRelease, ...facts, licenses },
    artifacts: artifacts.map((artifact) => ({ name: artifact.name, files: artifact.files.length })),
  } satisfies SbomParameters;
  const paths = [
    ...artifacts.flatMap(({ files }) => files),
    ...licenses.map((one) => licenseFiles[one] as string),
  ];
  return {
    id: `sbom:${name}`,
    kind: 'pack',
    title: `bill of materials of ${name}`,
    needs: [],
    inputs: paths.map((path) => ({ kind: 'file', path })),
    outputs: [spdx, cycloneDx],
    action: { kind: 'pack', packer: 'sbom', parameters: parameters as never },
    keyParts: {},
  };
}
