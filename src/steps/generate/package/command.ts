/** The command line of one generator run for one or many Steps (spec codegen 4.4, 5.4 and 9, gengo v1). Pure. */
import type { GeneratorAction } from '../../../plan/step.ts';
import type { PlannedOutput } from './plan.ts';

export interface GeneratorPlaces {
  /** The compiled generator. */
  readonly program: string;
  /** Absolute. */
  readonly header: string;
  /** Empty directory that takes the outputs. */
  readonly scratch: string;
}

/** Steps of one batch in one process; an openapi output is a batch of its own. */
export function generatorCommand(
  outputs: readonly PlannedOutput[],
  places: GeneratorPlaces,
): readonly string[] {
  const first = outputs[0] as PlannedOutput;
  const { generator } = first;
  return [
    places.program,
    '--logtostderr',
    ...['--input-dirs', outputs.flatMap((output) => actionOf(output).packages).join(',')],
    ...actionOf(first).flags,
    ...['--output-file-base', generator.outputName.replace(/\.go$/, '')],
    ...['--output-base', places.scratch],
    ...['--go-header-file', places.header],
    ...(generator.kind === 'openapi' ? ['--report-filename', reportPath(places.scratch)] : []),
  ];
}

/** Where an openapi run says which API rules are broken. */
export function reportPath(scratch: string): string {
  return `${scratch}.violations`;
}

export function actionOf({ step }: PlannedOutput): GeneratorAction {
  return step.action as GeneratorAction;
}
