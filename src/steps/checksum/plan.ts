/**
 * Declares the Steps of checksums as kubernetes/release publishes them: `X.sha256` and `X.sha512` beside X hold the
 * digits alone, SHA256SUMS and SHA512SUMS a line for each file; no file ends in a line feed.
 */
import type { Step, StepId } from '../../plan/step.ts';

/** A file of a release: its name below the release directory, and the Step that makes it. */
export interface SummedFile {
  readonly name: string;
  readonly step: StepId;
}

/** One Step for each file, and, where all files of a release are known, one for the two lists. */
export function planChecksums(files: readonly SummedFile[], directory: string, isWhole: boolean): Step[] {
  const each = files.map(({ name, step }): Step => {
    const path = `${directory}/${name}`;
    return {
      ...{ id: `checksum:${name}`, kind: 'pack', title: `checksums of ${name}`, needs: [step], keyParts: {} },
      inputs: [{ kind: 'file', path }],
      outputs: [`${path}.sha256`, `${path}.sha512`],
      action: { kind: 'pack', packer: 'checksum', parameters: null },
    };
  });
  if (!isWhole || files.length === 0) return each;
  const names = files.map(({ name }) => name).sort();
  const sums = (algorithm: string) => names.map((name) => `${directory}/${name}.${algorithm}`);
  return [
    ...each,
    {
      ...{ id: 'checksum:all', kind: 'pack', title: 'SHA256SUMS and SHA512SUMS', keyParts: {} },
      needs: each.map(({ id }) => id),
      inputs: [...sums('sha256'), ...sums('sha512')].map((path) => ({ kind: 'file', path })),
      outputs: [`${directory}/SHA256SUMS`, `${directory}/SHA512SUMS`],
      action: { kind: 'pack', packer: 'checksum', parameters: { names } },
    },
  ];
}
