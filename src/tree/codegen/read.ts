/** How a tree says what is generated in it, whichever way its era has. */
import type { TreeReader } from '../reader.ts';
import { readMakefileModel } from './makefile.ts';
import type { GenerationModel } from './model.ts';
import { readScriptModel } from './script.ts';

/** Undefined when the tree has neither the makefile nor a script that we read. */
export function readGenerationModel(reader: TreeReader, goPackage: string): GenerationModel | undefined {
  const model = readMakefileModel(reader, goPackage) ?? readScriptModel(reader, goPackage);
  return model && model.generators.length > 0 ? model : undefined;
}
