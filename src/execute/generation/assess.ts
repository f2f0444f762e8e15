/** Whether a generated file is fresh, and the one line that says why not. */
import type { Digest } from '../../formats/digest.ts';
import type { Host } from '../../host/host.ts';
import type { PlannedOutput } from '../../steps/generate/package/output.ts';
import type { PackageSights } from '../../tree/tags/packages.ts';
import { isIntact } from '../outputs.ts';
import { type GeneratedRecord, type GeneratedState, generationKey } from './memory.ts';

export type Freshness =
  | { readonly kind: 'fresh'; readonly record: GeneratedRecord }
  | { readonly kind: 'stale'; readonly key: Digest; readonly because: string };

/** By key and by the output's stat; a file that was edited by hand is stale. */
export function assessOutput(
  host: Host,
  root: string,
  sights: PackageSights,
  state: GeneratedState,
  output: PlannedOutput,
): Freshness {
  const key = generationKey(output.step);
  const record = state.outputs[output.step.id];
  const exists = host.files.exists(`${root}/${output.path}`);
  if (!record)
    return { kind: 'stale', key, because: exists ? 'it was never generated here' : 'it is missing' };
  if (record.key !== key) return { kind: 'stale', key, because: difference(sights, state, record, output) };
  if (record.files.length === 0) {
    return exists && output.generator.outputName !== ''
      ? { kind: 'stale', key, because: 'its generator writes no such file' }
      : { kind: 'fresh', record };
  }
  for (const file of record.files) {
    const path = `${root}/${file.path}`;
    if (!host.files.exists(path))
      return { kind: 'stale', key, because: `${file.path === output.path ? 'it' : file.path} is missing` };
    if (!isIntact(host, { ...file, path }))
      return { kind: 'stale', key, because: `${file.path === output.path ? 'it' : file.path} was edited` };
  }
  return { kind: 'fresh', record };
}

function difference(
  sights: PackageSights,
  state: GeneratedState,
  record: GeneratedRecord,
  { step, reads }: PlannedOutput,
): string {
  const labels = [...new Set([...Object.keys(step.keyParts), ...Object.keys(record.keyParts)])];
  const label = labels.find((name) => step.keyParts[name] !== record.keyParts[name]) ?? 'its key';
  if (!label.startsWith('declarations ')) return `${label} changed`;
  const reached = new Set(reads.flatMap((directory) => [...sights.closure(directory)]));
  const changed = [...reached].find((directory) => {
    const before = state.declarations[directory];
    return before !== undefined && before !== sights.sight(directory).own;
  });
  return changed === undefined
    ? `what ${label.slice('declarations '.length)} imports changed`
    : `declarations of ${changed} changed`;
}
