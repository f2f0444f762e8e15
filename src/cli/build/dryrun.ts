/** A dry run: every Step of the plan and its exact command lines. Starts no process. */
import { rememberedClosures } from '../../execute/closures.ts';
import type { CommandAction, GoBuildAction, Step } from '../../plan/step.ts';
import { commandLines } from '../../steps/compile/run.ts';
import type { Places } from '../../steps/package/places.ts';
import { shellLine } from '../shell.ts';
import { OWN_COMMAND } from './generation.ts';
import type { PreparedBuild } from './prepare.ts';
import { openMemory, planBuild } from './run.ts';

/** Prints the plan to stdout, as text or as one JSON document; returns the exit code. */
export function printPlan(build: PreparedBuild): number {
  const { context, tree, own } = build.session;
  const memory = openMemory(build);
  const closures = rememberedClosures(build.steps, memory.graph, build.toolchain.version);
  const { plan, because } = planBuild(build, memory, closures);
  for (const note of build.notes) context.report(note);
  for (const missing of build.missingCompilers) context.report({ ...missing, severity: 'warning' });
  if (context.options.json) {
    context.print(JSON.stringify({ steps: plan.steps }));
    return 0;
  }
  const lines: string[] = [];
  for (const group of inBatches(plan.steps)) {
    for (const step of group) {
      const reason = because.get(step.id);
      lines.push(`# ${step.id}${reason ? ` (${reason})` : ''} → ${step.outputs.join(' ')}`);
    }
    for (const [here, there] of placesOf(group)) lines.push(`# in programs ${here} is called ${there}`);
    lines.push(...commandsOf(group, build, `${own}/stage`), '');
  }
  const possible = tree.generatedFiles.filter(
    ({ path }) => !context.host.files.exists(`${tree.root}/${path}`),
  );
  if (closures.size < build.steps.length) {
    for (const { path, command } of possible)
      lines.push(`# first, for targets that reach it, ${path} is made by: ${maker(path, command)}`);
  }
  context.print(lines.join('\n').trimEnd());
  return 0;
}

function placesOf([step]: readonly Step[]): Places {
  return step?.action.kind === 'go-build' ? (step.action.places ?? []) : [];
}

/** zz_generated files are ours to make; for others the tree has a command. */
function maker(path: string, command: readonly string[]): string {
  return (/\/zz_generated\.[^/]*$/.test(path) ? OWN_COMMAND : command).join(' ');
}

function inBatches(steps: readonly Step[]): Step[][] {
  const groups = new Map<string, Step[]>();
  for (const step of steps) {
    const key = step.action.kind === 'go-build' ? step.action.batch : step.id;
    groups.set(key, [...(groups.get(key) ?? []), step]);
  }
  return [...groups.values()];
}

function commandsOf(group: readonly Step[], build: PreparedBuild, stage: string): string[] {
  const action = group[0]?.action as GoBuildAction | CommandAction;
  const argvs =
    action.kind === 'command'
      ? [action.argv]
      : commandLines(group, build.toolchain.version, stage, build.session.context.options.jobs);
  const environment = Object.entries(action.environment).map(([name, value]) => `${name}=${value}`);
  return argvs.map(
    (argv) => `cd ${shellLine([action.workingDirectory])} && env -i ${shellLine([...environment, ...argv])}`,
  );
}
