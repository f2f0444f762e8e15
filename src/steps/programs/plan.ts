/** Declares the Steps that hold the programs of a release against each other, one for each platform. */
import type { Step, StepId } from '../../plan/step.ts';
import type { Program } from '../../release/member.ts';
import type { Platform } from '../../target/platform.ts';

export interface ProgramsParameters {
  readonly platform: Platform;
  /** Of the release; absent where the tree has none, and then the programs are only compared with each other. */
  readonly version?: string;
  /** Of the input files, in their order. */
  readonly names: readonly string[];
}

export function programsStep(platform: Platform): StepId {
  return `programs:${platform}`;
}

/** `directory`: absolute, for what was found. */
export function planPrograms(
  programs: readonly Program[],
  version: string | undefined,
  directory: string,
): Step[] {
  const platforms = [...new Set(programs.map(({ platform }) => platform))].sort();
  return platforms.map((platform): Step => {
    const own = new Map(
      programs.filter((one) => one.platform === platform).map((one) => [one.path, one.name]),
    );
    const paths = [...own.keys()].sort();
    const names = paths.map((path) => own.get(path) as string);
    const parameters = { platform, names, ...(version ? { version } : {}) } satisfies ProgramsParameters;
    return {
      ...{ id: programsStep(platform), kind: 'pack', title: `programs of ${platform}, compared`, platform },
      ...{ needs: [], keyParts: {} },
      inputs: paths.map((path) => ({ kind: 'file', path })),
      outputs: [`${directory}/${platform.replace('/', '-')}.json`],
      action: { kind: 'pack', packer: 'programs', parameters: parameters as never },
    };
  });
}
