/**
 * Build constraints: which lines of a file are ones, and whether they hold. The rules are those of go/build
 * (`parseFileHeader`, `shouldBuild`) and go/build/constraint; Go up to 1.16 knows the `+build` form alone.
 */

export interface ConstraintLines {
  /** Trimmed `//go:build` and `// +build` lines, in order. */
  readonly lines: readonly string[];
  /** Two `//go:build` lines in one file: Go stops at that. */
  readonly broken: boolean;
  /** Whether the text ended before anything but comments: the file may go on. */
  readonly reachedEnd: boolean;
}

/** The constraint lines of a Go, assembly or C file. */
export function readConstraints(text: string): ConstraintLines {
  const plus: { readonly at: number; readonly line: string }[] = [];
  const goBuild: string[] = [];
  let lastBlank = 0;
  let inComment = false;
  let plusAllowed = true;
  let reachedEnd = true;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const next = end < 0 ? text.length : end + 1;
    let line = text.slice(at, end < 0 ? next : end).trim();
    const start = at;
    at = next;
    if (line === '' && plusAllowed) {
      lastBlank = next;
      continue;
    }
    const isLineComment = line.startsWith('//');
    if (!isLineComment) plusAllowed = false;
    if (!inComment && isLineComment) {
      if (/^\/\/go:build(?:[ \t]|$)/.test(line)) goBuild.push(line);
      else if (plusAllowed && /^\/\/\s*\+build(?:\s|$)/.test(line)) plus.push({ at: start, line });
    }
    while (line !== '') {
      if (inComment) {
        const close = line.indexOf('*/');
        if (close < 0) break;
        inComment = false;
        line = line.slice(close + 2).trim();
      } else if (line.startsWith('//')) break;
      else if (line.startsWith('/*')) {
        inComment = true;
        line = line.slice(2).trim();
      } else {
        reachedEnd = false;
        break;
      }
    }
    if (!reachedEnd) break;
  }
  // `+build` lines count only above a blank line that stands before the first text.
  const lines = [...goBuild, ...plus.filter((one) => one.at < lastBlank).map((one) => one.line)];
  return { lines, broken: goBuild.length > 1, reachedEnd };
}

/** How one Go reads constraints: from 1.17 `//go:build` decides when it is there. */
export type Dialect = 'plus-build' | 'go-build';

/** Whether constraint lines hold under the tags that `isSet` knows; undefined when a line does not parse. */
export function constraintsHold(
  lines: readonly string[],
  dialect: Dialect,
  isSet: (tag: string) => boolean,
): boolean | undefined {
  if (dialect === 'go-build') {
    const expression = lines.find((line) => line.startsWith('//go:build'));
    if (expression) return new Expression(expression.slice('//go:build'.length), isSet).value();
  }
  return lines.filter((line) => !line.startsWith('//go:build')).every((line) => plusBuildHolds(line, isSet));
}

/** `// +build a,!b c`: words are alternatives, commas join, `!` denies. */
function plusBuildHolds(line: string, isSet: (tag: string) => boolean): boolean {
  const words = line
    .replace(/^\/\/\s*\+build/, '')
    .split(/\s+/)
    .filter(Boolean);
  return words.some((word) => word.split(',').every((term) => termHolds(term, isSet)));
}

function termHolds(term: string, isSet: (tag: string) => boolean): boolean {
  const denied = term.startsWith('!');
  const tag = denied ? term.slice(1) : term;
  if (!/^[\p{L}\p{N}_.]+$/u.test(tag)) return false;
  return isSet(tag) !== denied;
}

/** A `//go:build` expression: `||`, `&&`, `!`, parentheses and tags. */
class Expression {
  readonly #tokens: readonly string[];
  readonly #isSet: (tag: string) => boolean;
  #at = 0;
  #wrong = false;

  constructor(text: string, isSet: (tag: string) => boolean) {
    const code = text.replace(/\/\/.*$/, '');
    this.#tokens = code.match(/\|\||&&|[!()]|[\p{L}\p{N}_.]+|\S/gu) ?? [];
    this.#isSet = isSet;
  }

  value(): boolean | undefined {
    const value = this.#or();
    return this.#wrong || this.#at < this.#tokens.length ? undefined : value;
  }

  #or(): boolean {
    let value = this.#and();
    while (this.#take('||')) value = this.#and() || value;
    return value;
  }

  #and(): boolean {
    let value = this.#not();
    while (this.#take('&&')) value = this.#not() && value;
    return value;
  }

  #not(): boolean {
    if (this.#take('!')) return !this.#not();
    if (this.#take('(')) {
      const value = this.#or();
      if (!this.#take(')')) this.#wrong = true;
      return value;
    }
    const tag = this.#tokens[this.#at++] ?? '';
    if (!/^[\p{L}\p{N}_.]+$/u.test(tag)) this.#wrong = true;
    return this.#isSet(tag);
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }
}
