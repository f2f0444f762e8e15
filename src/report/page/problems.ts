/** The Diagnostics of the run, as letters with the place in the reader's own file. */
import type { Diagnostic, Location } from '../../diagnostic/diagnostic.ts';
import { escapeControls } from '../../diagnostic/printer.ts';
import { formatCount } from '../units.ts';
import { type Html, html, joinHtml } from './html.ts';
import { section } from './parts.ts';

const ORDER = ['error', 'warning', 'note'];

/** Errors first. Undefined when there is nothing to tell. */
export function renderProblems(diagnostics: readonly Diagnostic[]): Html | undefined {
  if (diagnostics.length === 0) return undefined;
  const sorted = diagnostics.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const others = diagnostics.length - errors;
  const note = [
    errors > 0 && formatCount(errors, 'error'),
    others > 0 &&
      formatCount(
        others,
        errors > 0 ? 'remark' : 'warning or note',
        errors > 0 ? 'remarks' : 'warnings and notes',
      ),
  ]
    .filter((part) => part !== false)
    .join(', ');
  return section('problems', errors > 0 ? 'Problems' : 'Remarks', note, joinHtml(sorted.map(renderProblem)));
}

function renderProblem({ severity, code, what, where, why, help }: Diagnostic): Html {
  return html`
<article class="problem is-${severity}">
<h3><span class="severity">${severity}</span> ${escapeControls(what)}</h3>
<p class="code">${code}</p>
${where.map(renderLocation)}
${why !== undefined && html`<p class="why">${escapeControls(why)}</p>`}
<p class="help"><b>help</b> ${escapeControls(help)}</p>
</article>`;
}

function renderLocation({ file, line, column, length, text, note }: Location): Html {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  if (line === undefined || text === undefined) {
    return html`<p class="place"><code>${escapeControls(place)}</code>${note !== undefined && html` ${note}`}</p>`;
  }
  const shown = escapeControls(text.replaceAll('\t', ' '));
  const underline =
    column === undefined
      ? undefined
      : html`
<span class="gutter">${' '.repeat(String(line).length)} │ </span>${' '.repeat(column - 1)}<span class="underline">${'~'.repeat(Math.max(1, length ?? 1))}${note ? ` ${note}` : ''}</span>`;
  return html`<p class="place"><code>${escapeControls(place)}</code></p><pre class="source"><span class="gutter">${line} │ </span>${shown}${underline}</pre>`;
}
