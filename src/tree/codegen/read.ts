/** How a tree says what is generated in it, whichever way its era has. */
import type { Config } from '../../config/config.ts';
import type { TreeReader } from '../reader.ts';
import { configuredModel } from './configured.ts';
import { readMakefileModel } from './makefile.ts';
import type { GenerationModel } from './model.ts';
import { readScriptModel } from './script.ts';

/** The file of the user wins; undefined when neither it nor the tree says anything that we read. */
export function readGenerationModel(
  reader: TreeReader,
  goPackage: string,
  config: Config,
): GenerationModel | undefined {
  if (config.generators) return configuredModel(reader, goPackage, config, config.generators);
  const model = readMakefileModel(reader, goPackage) ?? readScriptModel(reader, goPackage);
  return model && model.generators.length > 0 ? model : undefined;
}
