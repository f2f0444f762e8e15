/** How large the outputs are, and what changed since an earlier run made the same file. */
import { shownPath } from '../closing.ts';
import type { OutputFile } from '../events.ts';
import type { RunRecord } from '../fold.ts';
import type { RunSummary } from '../summary.ts';
import { formatBytes, formatCount } from '../units.ts';
import { type Html, html, joinHtml } from './html.ts';
import { coordinate, section } from './parts.ts';

const SHOWN = 15;

/** The same file in an earlier run. */
interface Before {
  readonly size: number;
  readonly run: string;
}

interface Row {
  readonly file: OutputFile;
  readonly before: Before | undefined;
}

/** Undefined when the run has no outputs. */
export function renderSizes(run: RunRecord, earlier: readonly RunSummary[]): Html | undefined {
  const files = [...run.steps.values()].flatMap((step) => step.outputs).filter((file) => file.size > 0);
  if (files.length === 0) return undefined;
  const rows = files
    .map((file): Row => ({ file, before: sizeBefore(file, earlier) }))
    .toSorted((a, b) => b.file.size - a.file.size || (a.file.path < b.file.path ? -1 : 1));
  const largest = rows[0]?.file.size ?? 1;
  const draw = (row: Row) => renderRow(row, largest, run.started?.tree);
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const compared = rows.filter((row) => row.before !== undefined);
  const change = compared.reduce((sum, row) => sum + row.file.size - (row.before?.size ?? 0), 0);
  const note = [
    `${formatBytes(total)} in ${formatCount(files.length, 'file')}`,
    ...(compared.length > 0 ? [`${signed(change)} since earlier runs`] : []),
  ].join(', ');
  const rest = rows.slice(SHOWN);
  return section(
    'sizes',
    'Sizes',
    note,
    html`<table class="sizes"><tbody>${joinHtml(rows.slice(0, SHOWN).map(draw))}</tbody></table>
${rest.length > 0 && html`<details class="more"><summary>${formatCount(rest.length, 'smaller file')}</summary><table class="sizes"><tbody>${joinHtml(rest.map(draw))}</tbody></table></details>`}`,
  );
}

function renderRow({ file, before }: Row, largest: number, tree: string | undefined): Html {
  const path = shownPath(file.path, tree);
  const name = path.split('/').slice(-3).join('/');
  const share = coordinate((file.size / largest) * 100);
  const earlierShare = before && coordinate(Math.min(100, (before.size / largest) * 100));
  return html`
<tr><th scope="row" title="${path}"><code>${name}</code></th><td class="size-bar"><svg height="14" role="presentation"><rect class="track" width="100%" height="100%" rx="3"/><rect class="fill-size" width="${share}%" height="100%" rx="3"/>${earlierShare !== undefined && html`<line class="before" x1="${earlierShare}%" x2="${earlierShare}%" y1="0" y2="14"/>`}</svg></td><td class="right">${formatBytes(file.size)}</td><td class="right delta">${before && renderChange(file.size, before)}</td></tr>`;
}

/** How a size changed, in colour. */
export function renderChange(size: number, before: Before): Html {
  const change = size - before.size;
  if (change === 0) return html`<span class="same" title="as in run ${before.run}">same size</span>`;
  const percent =
    before.size > 0
      ? ` (${change > 0 ? '+' : '−'}${Math.abs((change / before.size) * 100).toFixed(1)} %)`
      : '';
  return html`<span class="${change > 0 ? 'grown' : 'shrunk'}" title="since run ${before.run}">${signed(change)}${percent}</span>`;
}

/** The size in the newest earlier run that made this file with other bytes. */
export function sizeBefore(file: OutputFile, earlier: readonly RunSummary[]): Before | undefined {
  for (const summary of earlier) {
    const found = summary.outputs.find((output) => output.path === file.path);
    if (found && found.digest !== file.digest) return { size: found.size, run: summary.run };
  }
  return undefined;
}

function signed(bytes: number): string {
  return bytes > 0 ? `+${formatBytes(bytes)}` : formatBytes(bytes);
}
