/** HTML made of escaped parts: text can never become markup, whoever wrote it. */

/** Markup that is safe to insert; only `html` and `joinHtml` make it. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

type Part = Html | string | number | undefined | false | readonly Part[];

/** Template whose inserted values are escaped, for text and for quoted attributes. `undefined` and false are nothing. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let markup = texts[0] ?? '';
  for (const [i, part] of parts.entries()) markup += markupOf(part) + (texts[i + 1] ?? '');
  return new Html(markup);
}

export function joinHtml(parts: readonly Part[]): Html {
  return new Html(markupOf(parts));
}

function markupOf(part: Part): string {
  if (part instanceof Html) return part.markup;
  if (Array.isArray(part)) return (part as readonly Part[]).map(markupOf).join('');
  if (part === undefined || part === false) return '';
  return escapeHtml(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
