/** Where strings, comments and blocks of a Go text end (Go specification, Lexical elements). Pure. */

/** The place of the line feed that ends this line, or of the end. */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/** The place of the next mark; -1 when there is none. */
export function find(text: string, at: number, marks: RegExp): number {
  marks.lastIndex = at;
  return marks.exec(text)?.index ?? -1;
}

/** Behind the string, rune or comment that begins here, or behind a slash; -1 when it does not end. */
export function skip(text: string, at: number): number {
  const mark = text[at] as string;
  if (mark === '/') {
    if (text[at + 1] === '/') return lineEnd(text, at);
    if (text[at + 1] !== '*') return at + 1;
    const end = text.indexOf('*/', at + 2);
    return end < 0 ? -1 : end + 2;
  }
  if (mark === '`') return text.indexOf('`', at + 1) + 1 || -1;
  for (let next = at + 1; next < text.length; next++) {
    if (text[next] === '\\') next++;
    else if (text[next] === mark) return next + 1;
    else if (text[next] === '\n') return -1;
  }
  return -1;
}

/** The brace that closes the one at `open`; -1 when none does. */
export function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at >= 0; ) {
    const next = find(text, at, /["'`/{}]/g);
    if (next < 0) return -1;
    if (text[next] === '{') depth++;
    else if (text[next] === '}' && --depth === 0) return next;
    at = text[next] === '{' || text[next] === '}' ? next + 1 : skip(text, next);
  }
  return -1;
}

/** The line feed at which the statement that begins here ends, or the end of the text; -1 when something does not end. */
export function statementEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at >= 0; ) {
    const next = find(text, at, /["'`/()[\]{}\n]/g);
    if (next < 0) return depth === 0 ? text.length : -1;
    const mark = text[next] as string;
    if ('([{'.includes(mark)) depth++;
    else if (')]}'.includes(mark)) depth--;
    else if (mark === '\n' && depth === 0 && !/[-+*/%&|^<>=!.,]\s*$/.test(text.slice(next - 20, next)))
      return next;
    at = /["'`/]/.test(mark) ? skip(text, next) : next + 1;
  }
  return -1;
}
