/** Programs of this machine that a generator starts: where they are, and whether they are those that it wants. */
import { dirname } from 'node:path';
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import { programPath } from '../../execute/generation/programs.ts';
import type { PlanFacts } from '../../steps/generate/package/output.ts';
import type { Generator, MachineTool } from '../../tree/codegen/model.ts';
import type { CommandContext } from '../request.ts';

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
      const { path, version, lacking } = await findTool(context, tool);
      if (lacking) letters.push(toolMissing(`${kind} ${lacking}`, nameOf(tool)));
      else {
        places.add(dirname(path));
        versions.set(tool.name, version);
      }
    }
  }
  if (letters.length > 0) throw new Failure(...letters);
  return { path: [...places].join(':'), versions };
}

export interface FoundTool {
  readonly path: string;
  /** What it says of itself; empty where any does. */
  readonly version: string;
  /** `wants protoc 23.4, and there is none on PATH`. */
  readonly lacking?: string;
}

/** Looks for one program on PATH, and asks it for its version where one is wanted. */
export async function findTool({ host, signal }: CommandContext, tool: MachineTool): Promise<FoundTool> {
  const path = host.processes.find(tool.name);
  const wish = `wants ${nameOf(tool)}, and`;
  if (!path) return { path: '', version: '', lacking: `${wish} there is none on PATH` };
  if (!tool.version) return { path, version: '' };
  const { stdout } = await host.processes.run({
    ...{ argv: [path, '--version'], environment: {}, workingDirectory: '/', signal },
  });
  const version = /\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? 'unknown';
  const fits = tool.version.endsWith('.') ? version.startsWith(tool.version) : version === tool.version;
  return { path, version, ...(fits ? {} : { lacking: `${wish} ${path} is ${version}` }) };
}

/** `protoc 3.x` */
export function nameOf({ name, version = '' }: MachineTool): string {
  return `${name} ${version.endsWith('.') ? `${version}x` : version}`.trim();
}

function toolMissing(what: string, tool: string): Diagnostic {
  return error('generate/tool-missing', {
    what,
    help: `install ${tool}; kube-cross, the tree’s own build image, has it too`,
  });
}
