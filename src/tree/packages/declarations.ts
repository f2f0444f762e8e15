/**
 * What code generators can see of a Go file: its text without function bodies. Generators read types, tags,
 * signatures and doc comments; an edit inside a function must not make generated code stale.
 */

/** The declarations and comments of a Go file, blanks aside, with the bodies of functions left out. */
export function declarationsOf(text: string): string {
  const kept: string[] = [];
  let depth = 0;
  let inFunction = false;
  for (const [lexeme] of text.matchAll(LEXEME)) {
    if (lexeme === 'func' && depth === 0) inFunction = true;
    if (lexeme === '}') depth--;
    if (!inFunction || depth === 0) kept.push(lexeme);
    if (lexeme === '{') depth++;
    if (depth > 0 || !inFunction) continue;
    // The closing brace of the body ends the function, and so does the line feed after a signature without one.
    if ((lexeme === '}' && !isTypeBraces(kept)) || (lexeme === '\n' && !/[(,]$/.test(kept.at(-2) ?? ''))) {
      inFunction = false;
    }
  }
  return withoutAsides(kept)
    .filter((lexeme) => lexeme !== '\n')
    .join(' ');
}

/**
 * Leaves out comments that stand for themselves, before a blank line or the end, unless a tag is among them: gengo reads
 * tags there too, and quotes no other text from there.
 */
function withoutAsides(lexemes: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < lexemes.length; at++) {
    const lexeme = lexemes[at] as string;
    if (!isComment(lexeme) || (at > 0 && lexemes[at - 1] !== '\n')) {
      kept.push(lexeme);
      continue;
    }
    let end = at + 1;
    while (lexemes[end] === '\n' && isComment(lexemes[end + 1])) end += 2;
    const group = lexemes.slice(at, end);
    const next = lexemes.slice(end, end + 2);
    const standsAlone = next[0] === undefined || (next[0] === '\n' && (next[1] ?? '\n') === '\n');
    if (!standsAlone || group.some((comment) => /\+\w/.test(comment))) kept.push(...group);
    at = end - 1;
  }
  return kept;
}

function isComment(lexeme: string | undefined): boolean {
  return lexeme !== undefined && /^\/[/*]/.test(lexeme);
}

// Comments, strings and runes first: braces in them are no braces.
const LEXEME =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|`[^`]*`|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[{}]|\n|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_{}"'`/]+|\//gu;

/** Whether the braces just closed belong to `interface{}` or `struct{}` in a signature. */
function isTypeBraces(kept: readonly string[]): boolean {
  const before = kept.at(-3);
  return before === 'interface' || before === 'struct';
}
