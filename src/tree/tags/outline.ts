/**
 * What code generators look at in a Go file, as a Go file: gengo checks types with `IgnoreFuncBodies`, so bodies of
 * functions, functions and variables that no generator asks for, and the imports that only these use, cost it time and
 * memory and tell it nothing. Lines keep their numbers: tags belong to the declaration on the line below them. Pure.
 */

import { closing, find, lineEnd, skip, statementEnd } from '../packages/lexemes.ts';

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
 * behind an import path, undefined when it is unknown. `isAsked`: whether a generator looks for functions, methods or
 * variables of a name; without it all stay.
 */
export function outlineOf(
  text: string,
  nameOf: (importPath: string) => string | undefined,
  isAsked: (name: string) => boolean = () => true,
): Outline | undefined {
  const found = new Scanner(text, isAsked).scan();
  if (!found) return undefined;
  const kept = without(text, found.cuts);
  // Import blocks name packages too, without a dot behind the name.
  const used = new Set(kept.match(QUALIFIER));
  const drops = found.imports.filter(({ name, path }) => !isUsed(name, path, used, nameOf));
  const cuts = [...drops, ...found.cuts].sort((a, b) => a.from - b.from);
  const imports = found.imports.filter((spec) => !drops.includes(spec)).map(({ path }) => path);
  return { text: drops.length === 0 ? kept : without(text, cuts), imports };
}

const QUALIFIER = /[\w\x80-\uffff]+(?=\s*\.)/g;

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
const VARIABLE_NAMES = /^var\s+([\p{L}_][\p{L}\p{N}_]*(?:\s*,\s*[\p{L}_][\p{L}\p{N}_]*)*)/gu;
/** What begins a line of a group; of a value that goes on over lines too, which keeps more than it must. */
const GROUPED_NAMES = /^(?:var\s*\()?[ \t]*([\p{L}_][\p{L}\p{N}_]*(?:\s*,\s*[\p{L}_][\p{L}\p{N}_]*)*)/gmu;
const FUNCTION_NAME = /^func\s*(?:\([^)]*\)\s*)?([\p{L}_][\p{L}\p{N}_]*)/u;

class Scanner {
  readonly #text: string;
  readonly #isAsked: (name: string) => boolean;
  readonly #cuts: Cut[] = [];
  readonly #imports: ImportSpec[] = [];

  constructor(text: string, isAsked: (name: string) => boolean) {
    this.#text = text;
    this.#isAsked = isAsked;
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
    if (/^func[\s(]/.test(this.#text.slice(at, at + 5))) return this.#function(at);
    if (/^var[\s(]/.test(this.#text.slice(at, at + 4))) return this.#variables(at);
    if (/^import[\s("`]/.test(this.#text.slice(at, at + 7))) return this.#import(at);
    return at;
  }

  #function(at: number): number {
    const cuts = this.#cuts.length;
    const end = this.#functionEnd(at + 'func'.length);
    const name = FUNCTION_NAME.exec(this.#text.slice(at, at + 400))?.[1];
    if (end < 0 || name === undefined || !this.#isDropped(at, end, [name])) return end;
    this.#cuts.splice(cuts, Number.POSITIVE_INFINITY, { from: at, to: end });
    return end;
  }

  /** Cuts variables of which none is asked for: a group of them, or what one line begins. */
  #variables(at: number): number {
    const end = statementEnd(this.#text, at);
    if (end < 0) return at + 'var'.length;
    const statement = this.#text.slice(at, end);
    const lists = statement.matchAll(/^var\s*\(/.test(statement) ? GROUPED_NAMES : VARIABLE_NAMES);
    const names = [...lists].flatMap(([, list = '']) => list.split(/\s*,\s*/));
    if (names.length === 0 || !this.#isDropped(at, end, names)) return at + 'var'.length;
    this.#cuts.push({ from: at, to: end });
    return end;
  }

  /** Whether nothing asks for a declaration, and its absence hands no comment to another one. */
  #isDropped(at: number, end: number, names: readonly string[]): boolean {
    if (names.some((name) => this.#isAsked(name))) return false;
    return this.#isApart(end) || !/\/\/|\*\//.test(twoLinesAbove(this.#text, at));
  }

  /** Behind the function whose parameters or receiver come next; its body is cut. */
  #functionEnd(start: number): number {
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
    if ((this.#isApart(close + 1) && inside.includes('\n')) || !/\/[/*]/.test(inside))
      this.#cuts.push({ from: open + 1, to: close });
    return close + 1;
  }

  /** Whether an empty line follows: a comment one or two lines above a declaration is read as its own. */
  #isApart(end: number): boolean {
    return /^[^\n]*(?:\n[ \t\r]*\n|\n?$)/.test(this.#text.slice(end, end + 400));
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

function twoLinesAbove(text: string, at: number): string {
  const above = text.lastIndexOf('\n', at - 2);
  return text.slice(Math.max(0, text.lastIndexOf('\n', above - 1)), at);
}
