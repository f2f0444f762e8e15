/**
 * What code generators can see of a Go file: its text without function bodies. Generators read types, tags,
 * signatures and doc comments; an edit inside a function must not make generated code stale.
 */

import { closing } from './lexemes.ts';

/** The declarations and comments of a Go file, blanks aside, with the bodies of functions left out. */
export function declarationsOf(text: string): string {
  const kept: string[] = [];
  const lexemes = new RegExp(LEXEME);
  let depth = 0;
  let inFunction = false;
  for (let match = lexemes.exec(text); match; match = lexemes.exec(text)) {
    const [lexeme] = match;
    kept.push(lexeme);
    if (lexeme === '{' && inFunction) {
      const end = closing(text, match.index);
      if (end < 0) break;
      kept.push('}');
      lexemes.lastIndex = end + 1;
      inFunction = isTypeBraces(kept);
    } else if (lexeme === '{') depth++;
    else if (lexeme === '}') depth--;
    else if (lexeme === 'func' && depth === 0) inFunction = true;
    // A signature without a body ends with its line.
    else if (lexeme === '\n' && inFunction && !/[(,]$/.test(kept.at(-2) ?? '')) inFunction = false;
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

// Comments, strings and runes first: braces in them are no braces. Outside of them every sign beyond ASCII is a letter.
const LEXEME =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|`[^`]*`|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[{}\n]|[\w\x80-\uffff]+|[^\s\w\x80-\uffff{}"'`/]+|\//g;

/** Whether the braces just closed belong to `interface{}` or `struct{}` in a signature. */
function isTypeBraces(kept: readonly string[]): boolean {
  const before = kept.at(-3);
  return before === 'interface' || before === 'struct';
}
