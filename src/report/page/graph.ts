/** The plan as a graph: who waits for whom, from left to right. Alike Steps stand together. */
import type { RunRecord, StepRecord } from '../fold.ts';
import { formatCount } from '../units.ts';
import { cutEnd } from '../width.ts';
import { type Html, html, joinHtml } from './html.ts';
import { coordinate, section } from './parts.ts';

/** With more Steps than this, those of one kind, platform and rank share a box. */
const MOST_BOXES = 30;
const BOX = { width: 220, height: 40, gapX: 70, gapY: 14, margin: 4 } as const;
const LABEL_COLUMNS = 27;

interface Box {
  readonly label: string;
  readonly steps: StepRecord[];
  readonly rank: number;
  readonly needs: Set<Box>;
  row: number;
}

/** Undefined for fewer than two Steps: there is nothing to wait for. */
export function renderGraph(run: RunRecord): Html | undefined {
  const steps = [...run.steps.values()];
  if (steps.length < 2) return undefined;
  const links = steps.reduce((sum, step) => sum + step.needs.length, 0);
  const note = `${formatCount(steps.length, 'step')}, ${formatCount(links, 'link')}`;
  if (links === 0) {
    return section(
      'plan',
      'Plan',
      note,
      html`<p class="empty">No step waits for another: all of them could run at once.</p>`,
    );
  }
  const boxes = groupSteps(run);
  return section('plan', 'Plan', note, drawBoxes(boxes));
}

function groupSteps(run: RunRecord): Box[] {
  const ranks = new Map<string, number>();
  const rankOf = (step: StepRecord): number => {
    const known = ranks.get(step.id);
    if (known !== undefined) return known;
    // Set before going on: a log is data, and a cycle in it must not hang the report.
    ranks.set(step.id, 0);
    const needed = step.needs.flatMap((id) => run.steps.get(id) ?? []).map((need) => rankOf(need) + 1);
    const rank = Math.max(0, ...needed);
    ranks.set(step.id, rank);
    return rank;
  };
  const isGrouped = run.steps.size > MOST_BOXES;
  const boxes = new Map<string, Box>();
  const boxOf = new Map<string, Box>();
  for (const step of run.steps.values()) {
    const rank = rankOf(step);
    const key = isGrouped ? `${rank} ${step.kind} ${step.platform ?? ''}` : step.id;
    const label = isGrouped ? `${step.kind} ${step.platform ?? ''}`.trim() : step.title;
    const box = boxes.get(key) ?? { label, steps: [], rank, needs: new Set(), row: 0 };
    box.steps.push(step);
    boxes.set(key, box);
    boxOf.set(step.id, box);
  }
  for (const [id, box] of boxOf) {
    for (const need of run.steps.get(id)?.needs ?? []) {
      const other = boxOf.get(need);
      if (other && other !== box) box.needs.add(other);
    }
  }
  return [...boxes.values()];
}

function drawBoxes(boxes: readonly Box[]): Html {
  const rows = new Map<number, number>();
  for (const box of boxes) {
    box.row = rows.get(box.rank) ?? 0;
    rows.set(box.rank, box.row + 1);
  }
  const left = (box: Box) => BOX.margin + box.rank * (BOX.width + BOX.gapX);
  const top = (box: Box) => BOX.margin + box.row * (BOX.height + BOX.gapY);
  const width = Math.max(...boxes.map(left)) + BOX.width + BOX.margin;
  const height = Math.max(...boxes.map(top)) + BOX.height + BOX.margin;
  const links = boxes.flatMap((box) =>
    [...box.needs].map((need) => {
      const [x1, y1] = [left(need) + BOX.width, top(need) + BOX.height / 2];
      const [x2, y2] = [left(box), top(box) + BOX.height / 2];
      const bend = Math.max(20, (x2 - x1) / 2);
      return html`<path class="link" d="M${x1} ${y1} C${coordinate(x1 + bend)} ${y1} ${coordinate(x2 - bend)} ${y2} ${x2} ${y2}"/>`;
    }),
  );
  const drawn = boxes.map((box) => {
    const text = box.steps.length > 1 ? `${box.steps.length} × ${box.label}` : box.steps[0]?.title;
    return html`
<g><title>${box.steps
      .slice(0, 20)
      .map((step) => `${step.title}: ${step.state}`)
      .join(
        '\n',
      )}</title><rect class="box" x="${left(box)}" y="${top(box)}" width="${BOX.width}" height="${BOX.height}" rx="6"/><rect class="fill-${stateOf(box)}" x="${left(box)}" y="${top(box)}" width="5" height="${BOX.height}" rx="2"/><text x="${left(box) + 16}" y="${top(box) + 25}">${cutEnd(text ?? '', LABEL_COLUMNS)}</text></g>`;
  });
  return html`<div class="graph"><svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="graph of the plan">${joinHtml(links)}${joinHtml(drawn)}</svg></div>`;
}

function stateOf(box: Box): string {
  const states = new Set(box.steps.map((step) => step.state));
  return (
    ['failed', 'cancelled', 'running', 'built', 'restored', 'fresh'].find((state) =>
      states.has(state as StepRecord['state']),
    ) ?? 'waiting'
  );
}
