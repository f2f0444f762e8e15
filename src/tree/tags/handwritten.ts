/**
 * Hand-written functions that generated code calls: `SetDefaults_X`, `Convert_a_X_To_b_X`. One that is added, dropped
 * or moved in one package changes what is generated for others (spec codegen 3.2, 3.3 and 15.2).
 */

/** A function by its name, and the packages of its parameters as the file's imports name them. */
export interface HandwrittenFunction {
  readonly name: string;
  /** Import paths of the parameter types, sorted; the function's own package is ''. */
  readonly of: readonly string[];
}

const FUNCTION = /^func ((?:SetDefaults|SetObjectDefaults|Convert)_\w+)\(([^)]*)\)/gm;
const IMPORT = /^\s*(?:import\s+)?(?:([\p{L}_.][\p{L}\p{N}_]*)\s+)?"([^"\n]+)"/gmu;

/** The functions of a Go file whose names generators look for. */
export function handwrittenFunctions(text: string): HandwrittenFunction[] {
  const found = [...text.matchAll(FUNCTION)];
  if (found.length === 0) return [];
  const imports = importNames(text.slice(0, found[0]?.index));
  return found.map(([, name = '', parameters = '']) => {
    const types = parameters.split(',').map((parameter) => /\*\s*(?:(\w+)\.)?\w+\s*$/.exec(parameter.trim()));
    const of = types.flatMap((type) =>
      type ? [type[1] === undefined ? '' : (imports.get(type[1]) ?? type[1])] : [],
    );
    return { name, of: [...new Set(of)].sort() };
  });
}

function importNames(head: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const [, name, path = ''] of head.matchAll(IMPORT)) {
    names.set(name ?? path.slice(path.lastIndexOf('/') + 1), path);
  }
  return names;
}
