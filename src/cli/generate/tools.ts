/** Programs of this machine that a generator starts: where they are, and whether they are those that it wants. */
import { dirname } from 'node:path';
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import { programPath } from '../../execute/generation/programs.ts';
import type { PlanFacts } from '../../steps/generate/package/output.ts';
import type { Generator, MachineTool } from '../../tree/codegen/model.ts';
import type { CommandContext } from '../request.ts';
import { protocVersion, shownVersion } from './elsewhere.ts';

/** Looks for the tools of these generators. `directory`: of compiled generators. A missing or wrong one is a Failure. */
export async function findTools(
  context: CommandContext,
  generators: readonly Generator[],
  programKey: PlanFacts['programKey'],
  directory: string,
): Promise<PlanFacts['tools']> {
  const versions = new Map<string, string>();
  const places = new Set<string>();
  const letters: Diagnostic[] = [];
  for (const { kind, tools, plugins } of generators.filter((one) => one.shape === 'spread')) {
    for (const program of plugins)
      places.add(dirname(programPath(directory, { program, key: programKey(program) })));
    for (const tool of tools) {
      const path = context.host.processes.find(tool.name);
      const found = path && tool.version ? await protocVersion(context, path) : '';
      if (!path || (tool.version && !fits(tool.version, found)))
        letters.push(toolMissing(kind, tool, path, found));
      else {
        places.add(dirname(path));
        versions.set(tool.name, found);
      }
    }
  }
  if (letters.length > 0) throw new Failure(...letters);
  return { path: [...places].join(':'), versions };
}

/** `3.` takes any of that line. */
function fits(wanted: string, found = ''): boolean {
  return wanted.endsWith('.') ? found.startsWith(wanted) : found === wanted;
}

function toolMissing(
  kind: string,
  { name, version }: MachineTool,
  path: string | undefined,
  found = '',
): Diagnostic {
  const wanted = version ? `${name} ${shownVersion(version)}` : name;
  return error('generate/tool-missing', {
    what: path
      ? `${kind} wants ${wanted}, and ${path} is ${found}`
      : `${kind} wants ${wanted}, and there is none on PATH`,
    help: `install ${wanted}, or run the tree’s script in its build container, which has it: kubewright container shell`,
  });
}
