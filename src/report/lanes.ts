/** Puts spans of time into as few lanes as possible, none of them overlapping in its lane. */

export interface Span {
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** The lane of each span, counted from 0, in the order of the spans given. */
export function packLanes(spans: readonly Span[]): number[] {
  const order = spans
    .map((_, i) => i)
    .sort((a, b) => at(spans, a).startedAt - at(spans, b).startedAt || a - b);
  const ends: number[] = [];
  const lanes = new Array<number>(spans.length).fill(0);
  for (const i of order) {
    const { startedAt, finishedAt } = at(spans, i);
    const free = ends.findIndex((end) => end <= startedAt);
    const lane = free === -1 ? ends.length : free;
    ends[lane] = finishedAt;
    lanes[i] = lane;
  }
  return lanes;
}

function at(spans: readonly Span[], i: number): Span {
  return spans[i] as Span;
}
