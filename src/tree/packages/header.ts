/** The part of a Go file that decides which files and packages belong to a build, read without Go. */
import { readConstraints } from './resolver/constraints.ts';
import { embedLines } from './resolver/embedlines.ts';

export interface GoHeader {
  readonly packageName: string;
  readonly imports: readonly string[];
  /** `//go:build` and `// +build` lines where Go reads them: above the package clause, the old form before a blank line. */
  readonly constraints: readonly string[];
  /** Patterns of `//go:embed` lines, one line each. */
  readonly embeds: readonly string[];
  /** `#cgo` lines: flags for the C compiler and the linker. Absent without `import "C"`. */
  readonly cgo?: readonly string[];
  /** The path of `package x // import "path"`, which GOPATH mode enforces. */
  readonly importComment?: string;
  /** Go would not parse it, or we cannot: nothing else here is to be relied on. */
  readonly broken?: boolean;
}

const [LF, CR, TAB, SPACE, SLASH, STAR, SEMICOLON, OPEN, CLOSE, QUOTE, BACKQUOTE] = [
  ...[10, 13, 9, 32, 47, 42, 59, 40, 41, 34, 96],
] as const;

/** Reads package clause, imports, build constraints and embed patterns; tolerant of files that do not parse. */
export function readGoHeader(text: string): GoHeader {
  return new HeaderScanner(text).read(true) as GoHeader;
}

/** As readGoHeader without `#cgo` lines, of a file of which `text` is the beginning; undefined when that is too little. */
export function readGoHead(text: string): GoHeader | undefined {
  return new HeaderScanner(text).read(false);
}

class HeaderScanner {
  readonly #text: string;
  #at: number;
  /** Where the imports end: comments behind them may be go:embed lines. */
  #body = 0;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  }

  read(isWhole: boolean): GoHeader | undefined {
    const imports: string[] = [];
    const header = { packageName: '', imports, constraints: [] as readonly string[], embeds: [] as string[] };
    this.#skip(false);
    if (this.#word() === 'package') {
      this.#skip(false);
      header.packageName = this.#word();
    }
    const comment = header.packageName ? this.#importComment() : undefined;
    const broken = !header.packageName || !this.#imports(imports);
    // A word or a string may be cut where the text ends.
    if (!isWhole && this.#at + MARGIN >= this.#text.length) return undefined;
    const constraints = readConstraints(this.#text);
    if (imports.includes('embed')) {
      if (!isWhole) return undefined;
      header.embeds = embedLines(this.#text, this.#body);
    }
    return {
      ...header,
      constraints: constraints.lines,
      ...(comment === undefined ? {} : { importComment: comment }),
      ...(isWhole && imports.includes('C')
        ? { cgo: [...this.#text.matchAll(CGO)].map(([line]) => line.trim()) }
        : {}),
      ...(broken || constraints.broken ? { broken: true } : {}),
    };
  }

  /** Import declarations; false when one of them does not parse. */
  #imports(found: string[]): boolean {
    for (;;) {
      this.#body = this.#at;
      this.#skip(true);
      const before = this.#at;
      if (this.#word() !== 'import') {
        this.#at = before;
        return true;
      }
      this.#skip(false);
      if (this.#text.charCodeAt(this.#at) !== OPEN) {
        if (!this.#spec(found)) return false;
        continue;
      }
      this.#at++;
      for (;;) {
        this.#skip(true);
        if (this.#text.charCodeAt(this.#at) === CLOSE) break;
        if (!this.#spec(found)) return false;
      }
      this.#at++;
    }
  }

  /** `"path"`, `name "path"` or `. "path"`. */
  #spec(found: string[]): boolean {
    if (this.#text[this.#at] === '.') this.#at++;
    else this.#word();
    this.#skip(false);
    const quote = this.#text.charCodeAt(this.#at);
    if (quote !== QUOTE && quote !== BACKQUOTE) return false;
    const end = this.#text.indexOf(quote === QUOTE ? '"' : '`', this.#at + 1);
    const path = end < 0 ? '' : this.#text.slice(this.#at + 1, end);
    this.#at = end < 0 ? this.#text.length : end + 1;
    if (path === '' || /[\s\\]/.test(path)) return false;
    found.push(path);
    return true;
  }

  #skip(semicolons: boolean): void {
    const text = this.#text;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (
        code === SPACE ||
        code === TAB ||
        code === LF ||
        code === CR ||
        (semicolons && code === SEMICOLON)
      ) {
        this.#at++;
      } else if (code === SLASH && text.charCodeAt(this.#at + 1) === SLASH) {
        this.#at = endOf(text, '\n', this.#at);
      } else if (code === SLASH && text.charCodeAt(this.#at + 1) === STAR) {
        this.#at = endOf(text, '*/', this.#at + 2);
      } else return;
    }
  }

  /** The identifier that starts here, or ''. */
  #word(): string {
    const text = this.#text;
    const start = this.#at;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      const isAsciiWord =
        (code >= 97 && code <= 122) ||
        (code >= 65 && code <= 90) ||
        code === 95 ||
        (code >= 48 && code <= 57);
      if (!isAsciiWord && !(code >= 0x80 && /[\p{L}\p{N}]/u.test(text[this.#at] ?? ''))) break;
      this.#at++;
    }
    return text.slice(start, this.#at);
  }

  #importComment(): string | undefined {
    COMMENT.lastIndex = this.#at;
    return COMMENT.exec(this.#text)?.groups?.['path'];
  }
}

const MARGIN = 8;
const CGO = /^[ \t]*(?:\/\/)?[ \t]*#cgo[ \t].*$/gm;
const COMMENT = /[ \t\r]*(?:\/\/|\/\*)[ \t]*import[ \t]+["`](?<path>[^"`\n]*)["`]/y;

function endOf(text: string, what: string, from: number): number {
  const end = text.indexOf(what, from);
  return end < 0 ? text.length : end + what.length;
}
