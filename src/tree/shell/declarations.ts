/** Shell variables as bash prints them with `declare -p`. */

/** Arrays as lists, everything else as a list of one; a variable without a value is an empty list. */
export type ShellVariables = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the output of `declare -p`: `declare -ar NAME=([0]="a" [1]="b")`, `declare -r NAME="v"`,
 * `declare -a NAME`. Lines of another shape are skipped: values may hold line feeds.
 */
export function readDeclarations(text: string): ShellVariables {
  const variables = new Map<string, readonly string[]>();
  const header = /^declare -(\S+) ([A-Za-z_]\w*)(=)?/gm;
  for (let match = header.exec(text); match; match = header.exec(text)) {
    const [, flags = '', name = '', equals] = match;
    if (!equals) {
      variables.set(name, []);
      continue;
    }
    const start = match.index + match[0].length;
    const read =
      flags.includes('a') || flags.includes('A') ? readArray(text, start) : readScalar(text, start);
    variables.set(name, read.values);
    header.lastIndex = read.end;
  }
  return variables;
}

interface Read {
  readonly values: readonly string[];
  readonly end: number;
}

function readScalar(text: string, start: number): Read {
  const { value, end } = readWord(text, start);
  return { values: [value], end };
}

/** `([0]="a" [1]="b")`, and the older `'([0]="a" [1]="b")'` of bash 4.3 and before. */
function readArray(text: string, start: number): Read {
  if (text[start] === "'") {
    const { value, end } = readWord(text, start);
    return { values: readArray(value, 0).values, end };
  }
  const values: string[] = [];
  let at = start + 1;
  while (at < text.length && text[at] !== ')') {
    const index = /^\s*\[[^\]]*\]=/.exec(text.slice(at, at + 200));
    if (!index) {
      at++;
      continue;
    }
    const { value, end } = readWord(text, at + index[0].length);
    values.push(value);
    at = end;
  }
  return { values, end: at + 1 };
}

/** One word of bash's own output: `"…"` with backslashes, `'…'`, or `$'…'` with C escapes. */
function readWord(text: string, start: number): { value: string; end: number } {
  const close = text.startsWith("$'", start) || text[start] === "'" ? "'" : '"';
  const ansi = text.startsWith("$'", start);
  let at = start + (ansi ? 2 : 1);
  let value = '';
  while (at < text.length && text[at] !== close) {
    // In the C locale bash writes letters beyond ASCII as the octal bytes of their UTF-8.
    OCTAL.lastIndex = at;
    const octal = ansi ? OCTAL.exec(text)?.[0] : undefined;
    if (octal) {
      value += Buffer.from(
        octal
          .slice(1)
          .split('\\')
          .map((digits) => Number.parseInt(digits, 8)),
      ).toString('utf8');
      at += octal.length;
    } else if (text[at] === '\\' && (ansi || close === '"')) {
      const next = text[at + 1] ?? '';
      value += ansi ? (ESCAPES[next] ?? next) : next;
      at += 2;
    } else value += text[at++];
  }
  return { value, end: at + 1 };
}

const OCTAL = /(?:\\[0-7]{3})+/y;
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  b: '\b',
  e: '\u001b',
};
