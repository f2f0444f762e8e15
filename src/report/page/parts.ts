/** Small pieces that several sections of the page share. */
import { type Html, html, joinHtml } from './html.ts';

/** A section with its heading; `note` stands beside the heading in small type. */
export function section(id: string, title: string, note: string, body: Html): Html {
  return html`
<section id="${id}" aria-labelledby="${id}-title">
<div class="section-head"><h2 id="${id}-title">${title}</h2>${note !== '' && html`<p class="note">${note}</p>`}</div>
${body}
</section>`;
}

/** Names an outcome in its colour. */
export function pill(outcome: string, text = outcome): Html {
  return html`<span class="pill is-${outcome}">${text}</span>`;
}

/** A button that copies a text; the script shows it only where scripts run. */
export function copyButton(text: string, label: string): Html {
  return html`<button type="button" class="copy" data-copy="${text}" aria-label="${label}" title="${label}" hidden>copy</button>`;
}

/** A number of SVG: short, and never in exponents. */
export function coordinate(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}

/** A bar with one or more coloured parts, each a share of 1 of the whole width. */
export function stackedBar(
  parts: readonly { readonly outcome: string; readonly share: number; readonly title: string }[],
): Html {
  let x = 0;
  const rects = parts.map(({ outcome, share, title }) => {
    const rect = html`<rect class="fill-${outcome}" x="${coordinate(x * 100)}%" y="0" width="${coordinate(share * 100)}%" height="100%"><title>${title}</title></rect>`;
    x += share;
    return rect;
  });
  return html`<svg class="stacked" role="img" aria-label="${parts.map(({ title }) => title).join(', ')}">${joinHtml(rects)}</svg>`;
}
