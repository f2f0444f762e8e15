/**
 * The report of a run as one HTML page. It holds its style and script, allows nothing else to load or run,
 * and opens from a file, from an archive of a CI job, or from a mail.
 */
import { createHash } from 'node:crypto';
import type { RunRecord } from '../fold.ts';
import type { RunSummary } from '../summary.ts';
import { renderCommands } from './commands.ts';
import { renderGraph } from './graph.ts';
import { endingTitle, renderHeader } from './header.ts';
import { Html, html } from './html.ts';
import { renderProblems } from './problems.ts';
import { renderRelease } from './release.ts';
import { SCRIPT } from './script.ts';
import { renderSizes } from './sizes.ts';
import { STYLE } from './style.ts';
import { renderTable } from './table.ts';
import { renderTimeline } from './timeline.ts';

export interface PageOptions {
  /** Name of the run. */
  readonly name: string;
  /** Earlier runs that made outputs, newest first. */
  readonly earlier: readonly RunSummary[];
}

/** The whole page. The same record gives the same bytes. */
export function renderPage(run: RunRecord, options: PageOptions): string {
  const sections = [
    renderProblems(run.diagnostics),
    renderRelease(run, options.earlier),
    renderTable(run),
    renderTimeline(run),
    renderSizes(run, options.earlier),
    renderGraph(run),
    renderCommands(run),
  ];
  const policy = `default-src 'none'; style-src '${hashSource(STYLE)}'; script-src '${hashSource(SCRIPT)}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${endingTitle(run)}: ${(run.started?.command ?? ['kubewright']).join(' ')}</title>
<link rel="icon" href="data:,">
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
${renderHeader(run, options.name)}
${sections}
</main>
<footer>Drawn from <code>events.jsonl</code> beside this page. <code>trace.json</code> opens in Perfetto.</footer>
<script>${new Html(SCRIPT)}</script>
</body>
</html>
`.markup;
}

function hashSource(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
