/**
 * Generator tags in the comments of a Go file: `// +k8s:deepcopy-gen=package`. This file knows how they are written
 * and where they stand (spec codegen 2 and 3; gengo's comment rules of 1.7 to 1.29); what a value means to a
 * generator is `known.ts`.
 */

/** Where a tag stands: above the package clause, above (or in) a declaration at the top level, or deeper, at a field. */
export type TagPlace = 'package' | 'declaration' | 'field';

export interface GeneratorTag {
  /** Up to the first `=`, without the plus: `k8s:deepcopy-gen`. */
  readonly name: string;
  /** After the first `=`; empty when there is none. */
  readonly value: string;
  readonly line: number;
  /** Of the plus, from 1. */
  readonly column: number;
  readonly place: TagPlace;
}

// The first filter of every era: only such files are looked at, whatever indented tags say (spec codegen 2).
const CANDIDATE = /^\/\/ *\+k8s:/m;
const TAG_LINE = /^([ \t]*)\/\/([ \t]*)\+((?:k8s:|gen|group)[^\s=]*)(?:=(.*))?$/gm;

// kube_codegen.sh looks for clients on their own, indented or not (spec codegen 10).
const CLIENT_CANDIDATE = /^\s*\/\/\s*\+(?:genclient|k8s:|groupName)/m;

/** Whether upstream's first filter picks the file: a line that is `//`, blanks, `+k8s:`; for clients `+genclient` too. */
export function hasTags(text: string, findsClients = false): boolean {
  return (findsClients ? CLIENT_CANDIDATE : CANDIDATE).test(text);
}

/** All generator tags of a Go file, in order. A tag of a longer comment, or in a string, is no tag. */
export function readTags(text: string): GeneratorTag[] {
  const clause = packageClause(text);
  const tags: GeneratorTag[] = [];
  let line = 1;
  let counted = 0;
  for (const match of text.matchAll(TAG_LINE)) {
    for (let at = text.indexOf('\n', counted); at >= 0 && at < match.index; at = text.indexOf('\n', at + 1)) {
      line++;
      counted = at + 1;
    }
    const [, indent = '', blanks = '', name = '', value = ''] = match;
    tags.push({
      name,
      value: value.trim(),
      line,
      column: indent.length + 2 + blanks.length + 1,
      place: match.index < clause ? 'package' : indent === '' ? 'declaration' : 'field',
    });
  }
  return tags;
}

/** Offset of the word `package`, comments skipped; the length of the text when there is none. */
export function packageClause(text: string): number {
  for (let at = 0; at < text.length; ) {
    if (text.startsWith('//', at)) at = endOf(text, '\n', at);
    else if (text.startsWith('/*', at)) at = endOf(text, '*/', at + 2);
    else if (/\s|\ufeff/.test(text[at] as string)) at++;
    else return text.startsWith('package', at) ? at : text.length;
  }
  return text.length;
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at + mark.length;
}
