/** `generate --dry-run`: the Steps that would run and their exact command lines. Starts no process. */
import { assessOutput } from '../../execute/generation/assess.ts';
import { installCommands, programPath } from '../../execute/generation/programs.ts';
import { actionOf, generatorCommand } from '../../steps/generate/package/command.ts';
import { type PlannedOutput, programsOf } from '../../steps/generate/package/output.ts';
import { shellLine } from '../shell.ts';
import type { PreparedGeneration } from './prepare.ts';

/** Prints the plan to stdout, as text or as one JSON document; returns the exit code. */
export function printGenerationPlan(prepared: PreparedGeneration): number {
  const { session, outputs, sights, state, programs, toolchain, header } = prepared;
  const { context, tree, own } = session;
  const stale = outputs.flatMap((output) => {
    const found = assessOutput(context.host, tree.root, sights, state, output);
    return found.kind === 'stale' ? [{ output, because: found.because }] : [];
  });
  if (context.options.json) {
    context.print(
      JSON.stringify({ steps: stale.map(({ output, because }) => ({ ...output.step, because })) }),
    );
    return 0;
  }
  const names = new Set(stale.flatMap(({ output }) => programsOf(output.generator)).map(({ name }) => name));
  const requests = [...names].flatMap((name) => programs.get(name)?.request ?? []);
  const missing = requests.filter(
    (request) => !context.host.files.isFile(programPath(`${own}/generators`, request)),
  );
  const lines: string[] = [];
  if (missing.length > 0)
    lines.push(
      `# generators: ${missing.map(({ program }) => program.name).join(' ')}`,
      ...installCommands(toolchain.root, missing).map(({ argv }) => shellLine(argv)),
      '',
    );
  for (const batch of batchesOf(stale.map(({ output }) => output))) {
    const first = batch[0] as PlannedOutput;
    for (const { step } of batch)
      lines.push(
        `# ${step.id} (${stale.find(({ output }) => output.step === step)?.because}) → ${step.outputs.join(' ')}`,
      );
    const request = programs.get(first.generator.program.name)?.request;
    const program = request ? programPath(`${own}/generators`, request) : first.generator.program.name;
    const argv = generatorCommand(batch, {
      program,
      header,
      dialect: prepared.model.dialect,
      scratch: `${own}/generate-stage/0`,
      schema: `${own}/generate-stage/schema.json`,
    });
    lines.push(`cd ${shellLine([actionOf(first).workingDirectory])} && ${shellLine(argv)}`, '');
  }
  context.print(lines.length === 0 ? 'everything is fresh' : lines.join('\n').trimEnd());
  return 0;
}

function batchesOf(outputs: readonly PlannedOutput[]): PlannedOutput[][] {
  const batches = new Map<string, PlannedOutput[]>();
  for (const output of outputs)
    batches.set(actionOf(output).batch, [...(batches.get(actionOf(output).batch) ?? []), output]);
  return [...batches.values()];
}
