/** The top of the page: how the run ended, of what, where, and how its Steps came out. */
import { OUTCOMES } from '../closing.ts';
import { countOutcomes, durationOf, type Ending, endingOf, isNoOp, type RunRecord } from '../fold.ts';
import { shellWord } from '../shell.ts';
import { formatTime } from '../text.ts';
import { formatBytes, formatCount, formatDuration } from '../units.ts';
import { type Html, html, joinHtml } from './html.ts';
import { copyButton, stackedBar } from './parts.ts';

const ENDINGS: Readonly<Record<Ending, { readonly outcome: string; readonly title: string }>> = {
  succeeded: { outcome: 'built', title: 'Done' },
  failed: { outcome: 'failed', title: 'Failed' },
  cancelled: { outcome: 'cancelled', title: 'Cancelled' },
  interrupted: { outcome: 'cancelled', title: 'No end on record' },
};

/** The words that name how a run ended. */
export function endingTitle(run: RunRecord): string {
  return isNoOp(run) ? 'Nothing to do' : ENDINGS[endingOf(run)].title;
}

export function renderHeader(run: RunRecord, name: string): Html {
  const ending = endingOf(run);
  const command = (run.started?.command ?? ['kubewright']).map(shellWord).join(' ');
  const outcome = isNoOp(run) ? 'fresh' : ENDINGS[ending].outcome;
  return html`
<header class="top">
<p class="brand">kubewright <span>run report</span></p>
<h1><span class="lamp is-${outcome}" aria-hidden="true"></span>${endingTitle(run)}<span class="h1-time"> ${ending === 'succeeded' ? 'in' : 'after'} ${formatDuration(durationOf(run))}</span></h1>
<p class="command"><code>${command}</code>${copyButton(command, 'copy the command')}</p>
${ending === 'interrupted' && html`<p class="banner">The log of this run has no end: the run is still going on, or it was killed. What is shown is what was known by then.</p>`}
${renderTiles(run)}
${renderFacts(run, name)}
</header>`;
}

function renderTiles(run: RunRecord): Html {
  const counts = countOutcomes(run);
  const all = run.steps.size;
  const open = all - Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = OUTCOMES.filter((outcome) => counts[outcome] > 0).map((outcome) => ({
    outcome,
    share: counts[outcome] / all,
    title: `${counts[outcome]} ${outcome}`,
  }));
  const hits = counts.fresh + counts.restored;
  const ended = hits + counts.built + counts.failed;
  const made = [...run.steps.values()].filter((step) => step.state === 'built' || step.state === 'restored');
  const bytes = made.flatMap((step) => step.outputs).reduce((sum, file) => sum + file.size, 0);
  return html`
<div class="tiles">
<div class="tile wide"><p class="label">${formatCount(all, 'step')}</p>
${all > 0 && stackedBar(parts)}
<ul class="legend">${OUTCOMES.filter((outcome) => counts[outcome] > 0).map(
    (outcome) => html`<li><i class="dot is-${outcome}"></i><b>${counts[outcome]}</b> ${outcome}</li>`,
  )}${open > 0 && html`<li><i class="dot"></i><b>${open}</b> never ended</li>`}</ul></div>
<div class="tile"><p class="label">From cache</p><p class="figure">${ended > 0 ? `${Math.floor((hits / ended) * 100)} %` : '–'}</p><p class="sub">${hits} of ${ended} fresh or restored</p></div>
<div class="tile"><p class="label">New outputs</p><p class="figure">${made.length > 0 ? formatBytes(bytes) : '–'}</p><p class="sub">${formatCount(made.flatMap((step) => step.outputs).length, 'file')}</p></div>
</div>`;
}

function renderFacts(run: RunRecord, name: string): Html {
  const { started } = run;
  const facts: [string, string][] = started
    ? [
        ['Tree', started.tree],
        ['Kind', started.label],
        ['Version', started.treeVersion || 'none'],
        ['Toolchain', started.toolchain],
        [
          'Host',
          `${started.host.platform}, ${formatCount(started.host.cpus, 'core')}, ${formatBytes(started.host.memoryBytes)}`,
        ],
        ['Started', formatTime(started.time)],
        ['Run', name],
        ['kubewright', started.kubewright],
      ]
    : [['Run', name]];
  return html`<dl class="facts">${joinHtml(facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`))}</dl>`;
}
