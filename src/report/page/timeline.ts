/** When everything ran: bars in lanes, the critical path, and how many packages were compiled a second. */
import { type Bar, barsOf, criticalPath } from '../bars.ts';
import { durationOf, type RunRecord } from '../fold.ts';
import { packLanes } from '../lanes.ts';
import { formatBytes, formatCount, formatDuration } from '../units.ts';
import { type Html, html, joinHtml } from './html.ts';
import { coordinate, section } from './parts.ts';

const LANE_HEIGHT = 34;
const BAR_HEIGHT = 28;
const AXIS_HEIGHT = 24;
const TICKS = 8;
const BINS = 160;
const CURVE_HEIGHT = 56;
/** Shorter parts of the critical path are not worth a word. */
const TOLD_SHARE = 0.01;
const TOLD_BARS = 10;
/** A bar below this share of the width has no room for a word. */
const LABEL_SHARE = 0.025;

/** Undefined when no Step started. */
export function renderTimeline(run: RunRecord): Html | undefined {
  const duration = Math.max(1, durationOf(run));
  const bars = barsOf(run);
  if (bars.length === 0) return undefined;
  const critical = criticalPath(bars, duration);
  // Where every bar is on the path, outlines would tell nothing.
  const path = new Set(critical.length < bars.length ? critical : []);
  const lanes = packLanes(bars);
  const height = (Math.max(...lanes) + 1) * LANE_HEIGHT;
  const ticks = ticksOf(duration);
  const chart = html`
<div class="chart"><svg class="timeline" height="${height + AXIS_HEIGHT}" role="img" aria-label="timeline of ${formatCount(bars.length, 'bar')}">
${ticks.map(({ at, label }) => {
  const x = coordinate((at / duration) * 100);
  return html`<line class="grid" x1="${x}%" x2="${x}%" y1="0" y2="${height}"/><text class="tick" x="${x}%" y="${height + 17}" dx="${at === 0 ? 0 : -2}" text-anchor="${at === 0 ? 'start' : at > duration * 0.95 ? 'end' : 'middle'}">${label}</text>`;
})}
${bars.map((bar, i) => renderBar(bar, (lanes[i] ?? 0) * LANE_HEIGHT, duration, path.has(bar)))}
</svg>
${renderCurve(run, duration)}</div>
${renderPath(critical, duration)}`;
  return section('timeline', 'Timeline', path.size > 0 ? 'the critical path is outlined' : '', chart);
}

function renderBar(bar: Bar, y: number, duration: number, isCritical: boolean): Html {
  const length = bar.finishedAt - bar.startedAt;
  const size = bar.steps.flatMap((step) => step.outputs).reduce((sum, file) => sum + file.size, 0);
  const names = bar.steps.slice(0, 12).map((step) => step.title);
  const more = bar.steps.length - names.length;
  const title = [
    `${bar.label}: ${bar.outcome}, ${formatDuration(length)}${size > 0 ? `, ${formatBytes(size)}` : ''}`,
    ...(bar.steps.length > 1
      ? [...names, ...(more > 0 ? [`and ${more} more`] : [])]
      : [bar.steps[0]?.because ?? '']),
  ].join('\n');
  const isMixed = bar.failed > 0 && bar.outcome !== 'failed';
  const label = `${bar.label}${isMixed ? `, ${bar.failed} failed` : ''} · ${formatDuration(length)}`;
  const x = coordinate((bar.startedAt / duration) * 100);
  // The nested picture clips the label at the end of its bar.
  const width = coordinate(Math.max(0.15, (length / duration) * 100));
  return html`
<svg x="${x}%" y="${y}" width="${width}%" height="${LANE_HEIGHT}" class="bar${isCritical ? ' critical' : ''}"><title>${title}</title><rect class="fill-${bar.outcome}" x="1" y="2" width="100%" height="${BAR_HEIGHT}" rx="3"/>${isMixed && html`<rect class="fill-failed" x="1" y="${BAR_HEIGHT - 3}" width="100%" height="5"/>`}${length >= duration * LABEL_SHARE && html`<text x="9" y="${BAR_HEIGHT / 2 + 6}">${label}</text>`}</svg>`;
}

function renderPath(path: readonly Bar[], duration: number): Html {
  const told = path.filter((bar) => bar.finishedAt - bar.startedAt >= duration * TOLD_SHARE);
  const longest = new Set(told.toSorted((a, b) => lengthOf(b) - lengthOf(a)).slice(0, TOLD_BARS));
  const parts = told
    .filter((bar) => longest.has(bar))
    .map((bar) => html`<li><b>${bar.label}</b> ${formatDuration(lengthOf(bar))}</li>`);
  const more = told.length - parts.length;
  const time = told.reduce((sum, bar) => sum + lengthOf(bar), 0);
  return html`<div class="path"><p class="label">Critical path, ${formatDuration(time)} of ${formatDuration(duration)}</p><ol>${joinHtml(parts)}</ol>${more > 0 && html`<p class="note">and ${formatCount(more, 'shorter bar')} between them</p>`}</div>`;
}

function lengthOf(bar: Bar): number {
  return bar.finishedAt - bar.startedAt;
}

/** Packages a second, all processes together. */
function renderCurve(run: RunRecord, duration: number): Html | undefined {
  if (run.progressPoints.length < 3) return undefined;
  const bins = new Array<number>(BINS).fill(0);
  const before = new Map<number | undefined, { done: number; at: number }>();
  for (const { at, command, done } of run.progressPoints) {
    const start = run.commands.find(({ id }) => id === command)?.startedAt ?? 0;
    const last = before.get(command) ?? { done: 0, at: start };
    spread(bins, (last.at / duration) * BINS, (at / duration) * BINS, Math.max(0, done - last.done));
    before.set(command, { done, at });
  }
  const perSecond = bins.map((count) => count / (duration / BINS / 1000));
  const most = Math.max(...perSecond);
  if (most <= 0) return undefined;
  const points = perSecond.map(
    (value, i) => `L${coordinate(i + 0.5)} ${coordinate(100 - (value / most) * 96)}`,
  );
  return html`
<div class="curve"><svg height="${CURVE_HEIGHT}" viewBox="0 0 ${BINS} 100" preserveAspectRatio="none" role="img" aria-label="packages compiled a second, at most ${Math.round(most)}"><path d="M0 100 ${points.join(' ')} L${BINS} 100 Z"/></svg><p class="note">packages a second, at most ${most >= 10 ? Math.round(most) : Math.round(most * 10) / 10}</p></div>`;
}

/** Adds a count to the bins between two places, in proportion. */
function spread(bins: number[], from: number, to: number, count: number): void {
  const length = Math.max(1e-9, to - from);
  for (let i = Math.max(0, Math.floor(from)); i < Math.min(bins.length, to); i++) {
    const share = (Math.min(to, i + 1) - Math.max(from, i)) / length;
    bins[i] = (bins[i] ?? 0) + count * Math.max(0, share);
  }
}

/** Round times along the run, about eight of them. */
function ticksOf(duration: number): { readonly at: number; readonly label: string }[] {
  const rough = duration / TICKS;
  const steps = [
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    ...[1, 2, 5, 10, 15, 30].map((s) => s * 1000),
    ...[1, 2, 5, 10, 15, 30, 60, 120, 240].map((m) => m * 60_000),
  ];
  const step = steps.find((candidate) => candidate >= rough) ?? 480 * 60_000;
  return Array.from({ length: Math.floor(duration / step) + 1 }, (_, i) => ({
    at: i * step,
    label: tickLabel(i * step, step),
  }));
}

function tickLabel(at: number, step: number): string {
  if (at === 0) return '0';
  if (step < 1000) return `${coordinate(at / 1000)} s`;
  return formatDuration(at).replace(/\.0 s$/, ' s');
}
