/** What was built: a row for every Step, sortable and filtered by the script, readable without it. */
import { OUTCOMES, shownPath } from '../closing.ts';
import type { OutputFile } from '../events.ts';
import { countOutcomes, type RunRecord, type StepRecord } from '../fold.ts';
import { formatBytes, formatCount, formatDuration } from '../units.ts';
import { type Html, html, joinHtml } from './html.ts';
import { copyButton, pill, section } from './parts.ts';

const COLUMNS: readonly (readonly [title: string, kind: 'text' | 'number'])[] = [
  ['Target', 'text'],
  ['Platform', 'text'],
  ['Outcome', 'number'],
  ['Time', 'number'],
  ['Size', 'number'],
  ['Output', 'text'],
];

/** Most telling first: what failed, then what was made, then what was there already. */
const ROW_ORDER = ['failed', 'running', 'built', 'restored', 'cancelled', 'waiting', 'fresh'];

export function renderTable(run: RunRecord): Html {
  const steps = [...run.steps.values()].toSorted(
    (a, b) => ROW_ORDER.indexOf(a.state) - ROW_ORDER.indexOf(b.state) || b.milliseconds - a.milliseconds,
  );
  const counts = countOutcomes(run);
  const present = OUTCOMES.filter((outcome) => counts[outcome] > 0);
  const body =
    steps.length === 0
      ? html`<p class="empty">No step was planned: the run ended before there was anything to build.</p>`
      : html`
<div class="controls" hidden>
<input type="search" id="filter" placeholder="Filter by target, platform, path, reason or digest" aria-label="filter the steps" autocomplete="off" spellcheck="false">
${
  present.length > 1 &&
  html`<div class="chips" role="group" aria-label="outcomes">${present.map(
    (outcome) =>
      html`<button type="button" class="chip" data-outcome="${outcome}" aria-pressed="false"><i class="dot is-${outcome}"></i>${outcome} ${counts[outcome]}</button>`,
  )}</div>`
}
<p class="shown" id="shown" role="status"></p>
</div>
<div class="scroll"><table id="steps">
<thead><tr>${COLUMNS.map(
          ([title, kind]) =>
            html`<th scope="col" class="${kind === 'number' && title !== 'Outcome' && 'right'}"><button type="button" data-kind="${kind}">${title}</button></th>`,
        )}</tr></thead>
<tbody>${joinHtml(steps.map((step) => renderRow(step, run.started?.tree)))}</tbody>
</table></div>
<p class="empty" id="none" hidden>No step fits the filter.</p>`;
  return section('steps-section', 'What was built', formatCount(steps.length, 'step'), body);
}

function renderRow(step: StepRecord, tree: string | undefined): Html {
  const { title, platform, state, startedAt, milliseconds, outputs, because } = step;
  const name = platform && title.endsWith(` ${platform}`) ? title.slice(0, -platform.length - 1) : title;
  const size = outputs.reduce((sum, file) => sum + file.size, 0);
  const time = startedAt === undefined || state === 'running' ? '' : formatDuration(milliseconds);
  return html`
<tr data-outcome="${state}"><td data-sort="${title}"><b>${name}</b>${because !== '' && html`<span class="because">${because}</span>`}</td><td>${platform}</td><td data-sort="${ROW_ORDER.indexOf(state)}">${pill(state)}</td><td class="right" data-sort="${startedAt === undefined ? -1 : milliseconds}">${time}</td><td class="right" data-sort="${size}">${size > 0 && formatBytes(size)}</td><td class="files">${outputs.map((file) => renderFile(file, tree))}</td></tr>`;
}

function renderFile(file: OutputFile, tree: string | undefined): Html {
  return html`<span class="file"><code class="path">${shownPath(file.path, tree)}</code><code class="digest" title="sha256:${file.digest}">${file.digest.slice(0, 12)}</code>${copyButton(file.digest, 'copy the digest')}</span>`;
}
