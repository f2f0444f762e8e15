/** Whole packages that are made by generators of kubewright.yaml and that a build asked for in vain. */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts';
import { Failure } from '../../diagnostic/diagnostic.ts';
import { saveSources } from '../../execute/generation/memory.ts';
import { executeGeneration } from '../../execute/generation/run.ts';
import { readGenerationModel } from '../../tree/codegen/read.ts';
import { TreeReader } from '../../tree/reader.ts';
import { prepareGeneration } from '../generate/prepare.ts';
import { generationOf, landOutput } from '../generate/run.ts';
import type { Recording } from '../recordedrun.ts';
import { statusLine } from '../statusline.ts';
import type { PreparedBuild } from './prepare.ts';

/**
 * Generates the packages (clientsets, listers, API definitions) that `problems` of a package graph name as missing.
 * Says whether there were any: then the graph is to be read again.
 */
export async function generateMissingPackages(
  { session, toolchain }: PreparedBuild,
  problems: readonly Diagnostic[],
  { lock, emit, stage }: Pick<Recording, 'lock' | 'emit' | 'stage'>,
): Promise<boolean> {
  const { context, tree, config, own } = session;
  const { host } = context;
  if (!config.generators || problems.length === 0) return false;
  const model = readGenerationModel(new TreeReader(host, tree.root), tree.goPackage, config);
  const isMissing = (directory: string) => {
    const name = model?.importPath(directory) ?? directory;
    return problems.some(({ what }) =>
      what.split(/[\s:;"]+/).some((word) => `${word}/`.startsWith(`${name}/`)),
    );
  };
  const kinds = (model?.generators ?? []).filter(
    (generator) => 'outputDirectory' in generator && isMissing(generator.outputDirectory),
  );
  if (kinds.length === 0) return false;
  const names = kinds.map(({ kind }) => kind);
  const line = statusLine(context);
  line.show(`generating ${names.join(', ')}: packages are missing that targets import`);
  const prepared = await prepareGeneration(session, names, toolchain);
  const counts = await executeGeneration({
    ...generationOf(
      prepared,
      `${stage}/generate`,
      (event) => {
        if (event.type === 'diagnostic') emit(event);
      },
      (pid) => lock.addGroup(pid),
    ),
    take: (output, made) =>
      landOutput(prepared, output, made, (diagnostic) => emit({ type: 'diagnostic', diagnostic })),
  }).finally(line.clear);
  saveSources(host, own, prepared.sights.index.state());
  context.signal.throwIfAborted();
  if (counts.failed + counts.cancelled > 0) throw new Failure();
  return counts.built > 0;
}
