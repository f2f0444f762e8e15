/** `generate --list`: one line for each generated file. */
import { assessOutput, type Freshness } from '../../execute/generation/assess.ts';
import { saveSources } from '../../execute/generation/memory.ts';
import type { PlannedOutput } from '../../steps/generate/package/output.ts';
import { table } from '../table.ts';
import type { PreparedGeneration } from './prepare.ts';

/** Prints package, tag, place of the tag, output and state; as JSON lines with --json. Exit code 0. */
export function printList(prepared: PreparedGeneration): number {
  const { session, outputs, sights, state } = prepared;
  const { context, tree, own } = session;
  const rows = outputs.map((output) => ({
    output,
    freshness: assessOutput(context.host, tree.root, sights, state, output),
  }));
  if (context.options.json)
    for (const { output, freshness } of rows) context.print(JSON.stringify(record(output, freshness)));
  else {
    const cells = rows.map(({ output, freshness }) => [
      output.directory,
      tagText(output),
      place(output),
      output.path,
      stateText(freshness),
    ]);
    context.print(table([['package', 'tag', 'at', 'output', 'state'], ...cells]));
  }
  if (sights.index.reads > 0) saveSources(context.host, own, sights.index.state());
  return 0;
}

function record(output: PlannedOutput, freshness: Freshness) {
  return {
    ...{ kind: output.generator.kind, package: output.directory, tag: tagText(output), at: place(output) },
    ...{ output: output.path, state: freshness.kind },
    ...(freshness.kind === 'stale' ? { because: freshness.because } : {}),
  };
}

function tagText({ selected: { tag }, generator }: PlannedOutput): string {
  if (generator.shape === 'printed') return `(${generator.source})`;
  return tag ? `+${tag.name}${tag.value === '' ? '' : `=${tag.value}`}` : `(${generator.tag})`;
}

function place({ selected: { file, tag } }: PlannedOutput): string {
  return tag ? `${file}:${tag.line}` : file;
}

function stateText(freshness: Freshness): string {
  return freshness.kind === 'fresh' ? 'fresh' : `stale: ${freshness.because}`;
}
