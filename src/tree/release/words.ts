/**
 * Words of bash as the packaging scripts of these trees use them: quotes, variables, arrays, and the few forms of
 * `${…}` that build paths and platform names. Globs and command substitutions are left for who reads the command.
 */

/** Arrays and scalars (arrays of one) by name. */
export type Variables = ReadonlyMap<string, readonly string[]>;

/** The words of one command. A word with an array in it becomes several, as bash has it. */
export function expandWords(text: string, variables: Variables): string[] {
  return splitWords(text).flatMap((word) => expandWord(word, variables));
}

/** Splits at blanks outside of quotes and `${…}`; quotes are kept. */
export function splitWords(text: string): string[] {
  const words = text.match(/(?:"(?:\$\{(?:[^{}]|\$?\{[^{}]*\})*\}|\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/g);
  return words ?? [];
}

function expandWord(word: string, variables: Variables): string[] {
  let results = [''];
  const add = (pieces: readonly string[]) => {
    results =
      pieces.length === 1
        ? results.map((result) => result + pieces[0])
        : pieces.flatMap((piece) => results.map((result) => result + piece));
  };
  const pieces = word.match(
    /'[^']*'|\$\{(?:[^{}]|\$?\{(?:[^{}]|\$?\{[^{}]*\})*\})*\}|\$\w+|\\.|"|[^'"$\\]+|\$/g,
  );
  for (const piece of pieces ?? []) {
    if (piece === '"') continue;
    if (piece.startsWith("'")) add([piece.slice(1, -1)]);
    else if (piece.startsWith('\\')) add([piece.slice(1)]);
    else if (piece.startsWith('${')) add(expandBraces(piece.slice(2, -1), variables));
    else if (piece.startsWith('$') && piece.length > 1) add(variables.get(piece.slice(1)) ?? ['']);
    else add([piece]);
  }
  return results;
}

/** `NAME`, `NAME[@]`, `NAME-default`, `NAME/a/b`, `NAME%/*`, `NAME##*​/`, `NAME[@]/#/prefix`. */
function expandBraces(inner: string, variables: Variables): readonly string[] {
  const match = inner.match(/^(\w+)(\[[@*]\])?([\s\S]*)$/);
  if (!match) return [''];
  const [, name = '', , operation = ''] = match;
  const values = variables.get(name);
  const text = (pattern: string) => expandWord(pattern.replaceAll('"', ''), variables)[0] ?? '';
  if (/^:?-/.test(operation)) return values ?? [text(operation.replace(/^:?-/, ''))];
  const each = values ?? [''];
  if (operation === '') return each;
  if (operation.startsWith('/#/')) return each.map((value) => text(operation.slice(3)) + value);
  const replaced = operation.match(/^\/((?:\\.|[^/\\])+)\/(.*)$/);
  if (replaced) {
    const [, from = '', to = ''] = replaced;
    return each.map((value) => value.replace(from.replace(/\\(.)/g, '$1'), () => text(to)));
  }
  const trimmed = operation.match(/^(##|#|%%|%)(.*)$/);
  if (!trimmed) return each;
  const [, side = '', pattern = ''] = trimmed;
  return each.map((value) => trim(value, side, text(pattern)));
}

/** Takes away what a pattern with at most one star matches at one end. */
function trim(value: string, side: string, pattern: string): string {
  if (!pattern.includes('*')) {
    if (side.startsWith('#')) return value.startsWith(pattern) ? value.slice(pattern.length) : value;
    return value.endsWith(pattern) ? value.slice(0, value.length - pattern.length) : value;
  }
  const mark = pattern.replace('*', '');
  const at = side === '##' || side === '%' ? value.lastIndexOf(mark) : value.indexOf(mark);
  if (at < 0) return value;
  return side.startsWith('#') ? value.slice(at + mark.length) : value.slice(0, at);
}
