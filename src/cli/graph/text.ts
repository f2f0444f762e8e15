/** What `kubewright graph` prints: a summary, the story of one package, or a drawing for Graphviz. Pure. */
import { formatBytes, formatCount, formatDuration } from '../../report/units.ts';
import { table } from '../table.ts';
import type { PackageFacts } from './facts.ts';

const SHOWN = 20;
const CHAINS = 10;

/** Totals, and the packages whose compilation costs most. */
export function toSummary(title: string, facts: readonly PackageFacts[], targets: number): string {
  const own = facts.filter((one) => !one.isStandard);
  const learned = facts.filter((one) => one.isLearned).length;
  const costly = [...facts].sort((a, b) => b.milliseconds - a.milliseconds).slice(0, SHOWN);
  const rows = costly.map((one) => [
    one.importPath,
    costOf(one),
    formatBytes(one.bytes),
    String(one.importedBy),
    String(one.neededBy),
    `${one.targets.length} of ${targets}`,
  ]);
  const total = facts.reduce((sum, one) => sum + one.milliseconds, 0);
  const bytes = facts.reduce((sum, one) => sum + one.bytes, 0);
  return [
    `${title}: ${formatCount(facts.length, 'package')}, ${formatCount(own.length, 'package')} outside the standard library, ${formatBytes(bytes)} of Go`,
    `compiling all of it takes about ${formatDuration(total)} of one processor (${formatCount(learned, 'package')} measured, the others guessed from their size and marked ~)`,
    '',
    table([['package', 'cost', 'Go', 'imported by', 'needed by', 'targets'], ...rows], '  '),
    ...(facts.length > SHOWN
      ? ['', `  and ${formatCount(facts.length - SHOWN, 'package')} more: --json has all`]
      : []),
  ].join('\n');
}

/** One package: its cost, its importers, and the shortest way to it from each target. */
export function toStory(
  facts: PackageFacts,
  importers: readonly string[],
  chains: readonly (readonly string[])[],
): string {
  const line = [
    costOf(facts),
    `${formatBytes(facts.bytes)} of Go in ${formatCount(facts.files.length, 'file')}`,
    `${formatCount(facts.neededBy, 'package')} need it`,
  ];
  return [
    facts.importPath,
    ...(facts.module ? [`  module ${facts.module}`] : []),
    `  ${line.join(', ')}`,
    '',
    `imported by ${formatCount(importers.length, 'package')}`,
    ...importers.slice(0, SHOWN).map((path) => `  ${path}`),
    ...(importers.length > SHOWN ? [`  and ${importers.length - SHOWN} more`] : []),
    ...chains
      .slice(0, CHAINS)
      .flatMap((chain) => ['', ...chain.map((path, i) => `${i === 0 ? '' : '  '}${path}`)]),
    ...(chains.length > CHAINS ? ['', `and from ${chains.length - CHAINS} more targets`] : []),
  ].join('\n');
}

/** A directed graph in Graphviz's language, without the standard library: it would hide everything else. */
export function toDot(facts: readonly PackageFacts[]): string {
  const own = new Set(facts.filter((one) => !one.isStandard).map((one) => one.importPath));
  const lines = facts
    .filter((one) => own.has(one.importPath))
    .flatMap(({ importPath, imports }) => [
      `  ${quoted(importPath)};`,
      ...imports.filter((path) => own.has(path)).map((path) => `  ${quoted(importPath)} -> ${quoted(path)};`),
    ]);
  return ['digraph packages {', '  rankdir=LR;', '  node [shape=box];', ...lines, '}'].join('\n');
}

function costOf(one: PackageFacts): string {
  return `${one.isLearned ? '' : '~'}${formatDuration(one.milliseconds)}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
