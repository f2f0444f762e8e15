/** Steps of generators that print: what they read is one file, whatever it imports. Pure. */
import { type Diagnostic, error } from '../../../diagnostic/diagnostic.ts';
import { digestOfBytes } from '../../../formats/digest.ts';
import type { PrintingGenerator } from '../../../tree/codegen/model.ts';
import { makeStep, type PlanFacts, type PlannedOutput } from './output.ts';

/** The one output in a directory. */
export function planPrinted(
  facts: PlanFacts,
  generator: PrintingGenerator,
  directory: string,
): PlannedOutput {
  const file = `${directory}/${generator.source}`;
  const flags = generator.flagsFor(file);
  const step = makeStep(facts, generator, {
    ...{ directory, packages: [], writes: directory, reads: [], tags: [], flags, keyFlags: flags },
    more: {
      [file]: facts.fileDigest(file),
      'text around it': digestOfBytes(generator.before(directory) + generator.after).slice(0, 20),
    },
  });
  const isThere = facts.sights.index.goFiles(directory).includes(generator.source);
  return {
    ...{ step, generator, directory, path: step.outputs[0] as string },
    ...{
      selected: { directory, file },
      reads: [],
      problems: isThere ? [] : [missingSource(generator, file)],
    },
  };
}

function missingSource({ kind }: PrintingGenerator, file: string): Diagnostic {
  return error('generate/package-missing', {
    what: `${kind} is wanted of ${file}, and there is no such file`,
    where: [{ file: 'hack/lib/init.sh' }],
    why: 'KUBE_AVAILABLE_GROUP_VERSIONS or the script lists this version of the API',
    help: 'add the types, or take the version out of the list; nothing else is held up by this',
  });
}
