/** The key of a Step, and which of its parts differs from last time. Pure. */
import { type Digest, digestOfBytes, digestOfRecord } from '../formats/digest.ts';
import type { Step } from '../plan/step.ts';
import type { StepHistory } from './history.ts';

/** Rises when the same Step gives other bytes than before. */
const KEY_SCHEMA = 2;

/** SHA-256 over the labelled parts of a Step and the content of its packages; no clock, no user. */
export function keyOf(step: Step, packages: ReadonlyMap<string, string>): Digest {
  return digestOfRecord({ schema: KEY_SCHEMA, parts: step.keyParts, inputs: digestOfPackages(packages) });
}

/** A Step and its program before it is stamped have the same packages. */
const digests = new WeakMap<ReadonlyMap<string, string>, Digest>();

function digestOfPackages(packages: ReadonlyMap<string, string>): Digest {
  const known = digests.get(packages);
  if (known) return known;
  const inputs = [...packages].map(([name, digest]) => `${name}\0${digest}\n`).sort();
  const digest = digestOfBytes(inputs.join(''));
  digests.set(packages, digest);
  return digest;
}

/** What one package is made of: `name digest` for each file. */
export type FileList = readonly string[];

/**
 * Every reason why a Step is not as it was, most telling first: files, then packages, flags, environment, toolchain.
 * `now` gives the files of a package today, `then` those behind an earlier digest.
 */
export function differences(
  record: StepHistory | undefined,
  step: Step,
  packages: ReadonlyMap<string, string>,
  now: (name: string) => FileList | undefined,
  then: (digest: string) => FileList | undefined,
): string[] {
  if (!record) return ['it was never built here'];
  return [
    ...packageDifferences(record, packages, now, then),
    ...partDifferences(record.keyParts, step.keyParts),
  ];
}

function packageDifferences(
  record: StepHistory,
  packages: ReadonlyMap<string, string>,
  now: (name: string) => FileList | undefined,
  then: (digest: string) => FileList | undefined,
): string[] {
  const reasons: string[] = [];
  for (const [name, digest] of packages) {
    const before = record.packages[name];
    if (before === digest) continue;
    if (before === undefined) reasons.push(`package ${name} joined`);
    else reasons.push(...fileDifferences(name, then(before), now(name)));
  }
  for (const name of Object.keys(record.packages))
    if (!packages.has(name)) reasons.push(`package ${name} left`);
  return reasons;
}

function fileDifferences(name: string, before: FileList | undefined, after: FileList | undefined): string[] {
  if (!before || !after) return [`${name} changed`];
  const digests = new Map(before.map(splitLast));
  const reasons = after.map(splitLast).flatMap(([file, digest]) => {
    const known = digests.get(file);
    digests.delete(file);
    if (known === digest) return [];
    return [`${file} in ${name} ${known === undefined ? 'was added' : 'changed'}`];
  });
  return [...reasons, ...[...digests.keys()].map((file) => `${file} in ${name} was removed`)];
}

function splitLast(text: string): [string, string] {
  const blank = text.lastIndexOf(' ');
  return [text.slice(0, blank), text.slice(blank + 1)];
}

function partDifferences(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string[] {
  const labels = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return labels.flatMap((label) => {
    const [old, current] = [before[label], after[label]];
    if (old === current) return [];
    if (old === undefined) return [`${label} was added: ${current}`];
    if (current === undefined) return [`${label} was dropped: ${old}`];
    return [`${label} changed: ${firstDifference(old, current)}`];
  });
}

/** The words that differ, not the whole of two long lines. */
function firstDifference(old: string, current: string): string {
  const [before, after] = [old.split(' '), current.split(' ')];
  const at = before.findIndex((word, i) => word !== after[i]);
  if (before.length !== after.length || at < 0) return `${old} → ${current}`;
  return `${before[at]} → ${after[at]}`;
}
