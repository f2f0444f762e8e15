/** The command line of one generator run for one or many Steps (spec codegen 4.4, 5.4, 9 and 10). Pure. */
import type { GeneratorAction } from '../../../plan/step.ts';
import type { Dialect, SpreadGenerator } from '../../../tree/codegen/model.ts';
import type { PlannedOutput } from './output.ts';

export interface GeneratorPlaces {
  /** The compiled generator. */
  readonly program: string;
  readonly dialect: Dialect;
  /** Absolute; undefined: no text above the outputs. */
  readonly header: string | undefined;
  /** The schema of the API, for a generator that takes one. */
  readonly schema?: string | undefined;
  /** Directory that takes the outputs: empty, or a copy of the tree in which the generator works. */
  readonly scratch: string;
}

/** Steps of one batch in one process; an output of many packages is a batch of its own. */
export function generatorCommand(
  outputs: readonly PlannedOutput[],
  places: GeneratorPlaces,
): readonly string[] {
  const packages = outputs.flatMap((output) => actionOf(output).packages);
  const first = outputs[0] as PlannedOutput;
  if (first.generator.shape === 'printed') return [places.program, ...actionOf(first).flags];
  if (first.generator.shape === 'spread') return spreadCommand(first, first.generator, places);
  return places.dialect === 'gengo-v1'
    ? commandV1(first, packages, places)
    : commandV2(first, packages, places);
}

/** What it makes for vendored packages is imported from its scratch place before the tree's. */
function spreadCommand(
  output: PlannedOutput,
  { header }: SpreadGenerator,
  { program, scratch }: GeneratorPlaces,
): readonly string[] {
  const { packages, flags, writes, workingDirectory } = actionOf(output);
  const vendor = `${scratch}/${writes}/vendor`;
  return [
    ...[program, '--packages', packages.join(','), '--proto-import', vendor, ...flags],
    ...['--output-base', scratch, '--vendor-output-base', vendor],
    ...['--go-header-file', `${workingDirectory}/${header}`],
  ];
}

function commandV1(
  first: PlannedOutput,
  packages: readonly string[],
  { program, header, scratch, schema }: GeneratorPlaces,
): readonly string[] {
  const { generator } = first;
  const takesSchema = generator.shape === 'directory' && generator.schema;
  return [
    program,
    '--logtostderr',
    ...(packages.length > 0 ? ['--input-dirs', packages.join(',')] : []),
    ...actionOf(first).flags,
    ...(generator.outputName ? ['--output-file-base', generator.outputName.replace(/\.go$/, '')] : []),
    ...['--output-base', scratch],
    ...(header ? ['--go-header-file', header] : []),
    ...(takesSchema && schema ? [takesSchema.flag, schema] : []),
    ...(generator.kind === 'openapi' ? ['--report-filename', reportPath(scratch)] : []),
  ];
}

function commandV2(
  first: PlannedOutput,
  packages: readonly string[],
  { program, header, scratch }: GeneratorPlaces,
): readonly string[] {
  const { generator } = first;
  const takesHeader = generator.shape !== 'directory' || generator.takesHeader;
  return [
    program,
    ...(generator.outputName ? ['--output-file', generator.outputName] : []),
    ...actionOf(first).flags,
    ...(header && takesHeader ? ['--go-header-file', header] : []),
    ...(generator.kind === 'openapi' ? ['--report-filename', reportPath(scratch)] : []),
    ...packages,
  ];
}

/** Where an openapi run says which API rules are broken. */
export function reportPath(scratch: string): string {
  return `${scratch}.violations`;
}

export function actionOf({ step }: PlannedOutput): GeneratorAction {
  return step.action as GeneratorAction;
}
