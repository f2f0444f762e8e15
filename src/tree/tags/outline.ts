/**
 * What code generators look at in a Go file, as a Go file: gengo checks types with `IgnoreFuncBodies`, so bodies of
 * functions, and the imports that only they use, cost it time and memory and tell it nothing. Lines keep their numbers:
 * tags belong to the declaration on the line below them. Pure.
 */

export interface Outline {
  readonly text: string;
  /** Paths that the outline still imports. */
  readonly imports: readonly string[];
}

interface Cut {
  readonly from: number;
  readonly to: number;
}

interface ImportSpec extends Cut {
  readonly name: string | undefined;
  readonly path: string;
}

/**
 * The outline of a Go file; undefined when it cannot be told where its functions end. `nameOf`: the name of the package
 * behind an import path, undefined when it is unknown.
 */
export function outlineOf(
  text: string,
  nameOf: (importPath: string) => string | undefined,
): Outline | undefined {
  const found = new Scanner(text).scan();
  if (!found) return undefined;
  const kept = without(text, found.cuts);
  // Import blocks name packages too, without a dot behind the name.
  const used = new Set(kept.match(QUALIFIER));
  const drops = found.imports.filter(({ name, path }) => !isUsed(name, path, used, nameOf));
  const cuts = [...drops, ...found.cuts].sort((a, b) => a.from - b.from);
  const imports = found.imports.filter((spec) => !drops.includes(spec)).map(({ path }) => path);
  return { text: drops.length === 0 ? kept : without(text, cuts), imports };
}

const QUALIFIER = /[\p{L}_][\p{L}\p{N}_]*(?=\s*\.)/gu;

function isUsed(
  name: string | undefined,
  path: string,
  used: ReadonlySet<string>,
  nameOf: (importPath: string) => string | undefined,
): boolean {
  if (path === 'C' || path === 'unsafe' || name === '.') return true;
  if (name === '_') return false;
  const shown = name ?? nameOf(path);
  return shown === undefined || used.has(shown);
}

function without(text: string, cuts: readonly Cut[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { from, to } of cuts) {
    parts.push(text.slice(at, from), text.slice(from, to).replace(/[^\n]+/g, ''));
    at = to;
  }
  return parts.join('') + text.slice(at);
}

const LITERAL = '[]byte{';

class Scanner {
  readonly #text: string;
  readonly #cuts: Cut[] = [];
  readonly #imports: ImportSpec[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** Undefined when something does not end. */
  scan(): { readonly cuts: readonly Cut[]; readonly imports: readonly ImportSpec[] } | undefined {
    const text = this.#text;
    for (let at = this.#declaration(0); at < text.length; ) {
      if (at < 0) return undefined;
      const next = find(text, at, /["'`/\n[]/g);
      if (next < 0) break;
      if (text[next] === '\n') at = this.#declaration(next + 1);
      else if (text[next] === '[') {
        const isBytes = text.startsWith(LITERAL, next);
        at = isBytes ? this.#block(next + LITERAL.length - 1) : next + 1;
      } else at = skip(text, next);
    }
    return { cuts: this.#cuts, imports: this.#imports };
  }

  /** From the beginning of a line at the top level: behind a function or an import, else where it was. */
  #declaration(at: number): number {
    if (/^func[\s(]/.test(this.#text.slice(at, at + 5))) return this.#function(at + 4);
    if (/^import[\s("`]/.test(this.#text.slice(at, at + 7))) return this.#import(at);
    return at;
  }

  #function(start: number): number {
    const text = this.#text;
    let depth = 0;
    for (let at = start; ; ) {
      const next = find(text, at, /["'`/()[\]{\n]/g);
      if (next < 0) return text.length;
      const mark = text[next] as string;
      at = next + 1;
      if (mark === '(' || mark === '[') depth++;
      else if (mark === ')' || mark === ']') depth--;
      else if (mark === '{') {
        const isType =
          depth > 0 || /\b(?:interface|struct)\s*$/.test(text.slice(Math.max(0, next - 20), next));
        if (!isType) return this.#block(next);
        const end = closing(text, next);
        if (end < 0) return -1;
        at = end + 1;
      } else if (mark === '\n') {
        if (depth === 0) return next;
      } else {
        at = skip(text, next);
        if (at < 0) return -1;
      }
    }
  }

  /** Cuts what stands between braces, and returns the place behind them. */
  #block(open: number): number {
    const close = closing(this.#text, open);
    if (close < 0) return -1;
    const inside = this.#text.slice(open + 1, close);
    // A comment one or two lines above a declaration is read as its own.
    const isApart = /^[^\n]*(?:\n[ \t\r]*\n|\n?$)/.test(this.#text.slice(close + 1, close + 400));
    if ((isApart && inside.includes('\n')) || !/\/[/*]/.test(inside))
      this.#cuts.push({ from: open + 1, to: close });
    return close + 1;
  }

  #import(at: number): number {
    const text = this.#text;
    const group = /^import\s*\(/.exec(text.slice(at, at + 40));
    if (!group) {
      const end = lineEnd(text, at);
      this.#spec(at, end, /^import\s+(?:([\p{L}_.][\p{L}\p{N}_]*)\s+)?["`]([^"`\s]+)["`]/u);
      return end;
    }
    for (let line = at + group[0].length; ; ) {
      const end = lineEnd(text, line);
      const shown = text.slice(line, end).trim();
      if (shown.startsWith(')') || end === text.length) return end;
      // Comments of many lines and specs side by side are left to Go.
      if (!shown.startsWith('//') && /\/\*|;/.test(shown)) return text.length;
      this.#spec(line, end, /^\s*(?:([\p{L}_.][\p{L}\p{N}_]*)\s+)?["`]([^"`\s]+)["`]/u);
      line = end + 1;
    }
  }

  #spec(from: number, end: number, form: RegExp): void {
    const match = form.exec(this.#text.slice(from, end));
    if (!match) return;
    this.#imports.push({ from, to: from + match[0].length, name: match[1], path: match[2] as string });
  }
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function find(text: string, at: number, marks: RegExp): number {
  marks.lastIndex = at;
  return marks.exec(text)?.index ?? -1;
}

/** Behind the string, rune or comment that begins here, or behind a slash; -1 when it does not end. */
function skip(text: string, at: number): number {
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
function closing(text: string, open: number): number {
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
