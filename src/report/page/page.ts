/** The report of a run as one HTML page that needs nothing but a browser. */
import { headline } from '../closing.ts';
import type { RunRecord } from '../fold.ts';
import type { RunSummary } from '../summary.ts';
import { html } from './html.ts';

export interface PageOptions {
  /** Name of the run. */
  readonly name: string;
  /** Earlier runs that made outputs, newest first. */
  readonly earlier: readonly RunSummary[];
}

export function renderPage(run: RunRecord, options: PageOptions): string {
  return html`<!doctype html><title>${options.name}</title><p>${headline(run)}</p>`.markup;
}
