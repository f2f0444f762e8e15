/** `//go:embed` lines of a Go file, found as go/build does: comments at the start of a line, outside strings. */

// Strings, runes and comments are passed over whole, so that a directive inside them is none.
const LEXEME = /`[^`]*`|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

/** The text behind each `//go:embed` from a place in the file on. */
export function embedLines(text: string, from = 0): string[] {
  const lines: string[] = [];
  LEXEME.lastIndex = from;
  for (let match = LEXEME.exec(text); match; match = LEXEME.exec(text)) {
    const directive = /^\/\/go:embed[ \t]+(.*?)\s*$/.exec(match[0]);
    if (!directive) continue;
    const lineStart = text.lastIndexOf('\n', match.index) + 1;
    if (text.slice(lineStart, match.index).trim() === '') lines.push(directive[1] ?? '');
  }
  return lines;
}

/** The patterns of one line: words, or Go strings for patterns with spaces; undefined when it does not parse. */
export function embedPatterns(line: string): string[] | undefined {
  const patterns: string[] = [];
  let rest = line.trim();
  while (rest !== '') {
    const match = /^(?:`([^`]*)`|("(?:[^"\\]|\\.)*")|([^\s"`]\S*))(?=\s|$)/.exec(rest);
    if (!match) return undefined;
    if (match[2]?.includes('\\')) return undefined;
    patterns.push(match[1] ?? match[2]?.slice(1, -1) ?? match[3] ?? '');
    rest = rest.slice(match[0].length).trim();
  }
  return patterns;
}
