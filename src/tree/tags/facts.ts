/** What generators can learn from one Go file; kept in the index so that it is read once. Pure. */
import { digestOfBytes } from '../../formats/digest.ts';
import { declarationsOf } from '../packages/declarations.ts';
import { readGoHeader } from '../packages/header.ts';
import { type HandwrittenFunction, handwrittenFunctions } from './handwritten.ts';
import { isSeen } from './seen.ts';
import { packageClause } from './tag.ts';

export interface SourceFacts {
  /** Whether generators look at the file at all: tests and generated files are not for them. */
  readonly isSeen: boolean;
  readonly imports: readonly string[];
  /** Of the declarations with their comments; package comments and function bodies aside. */
  readonly declarations: string;
  readonly functions: readonly HandwrittenFunction[];
}

/** Generated files hide themselves by a build tag; one that was edited may have lost it. */
const UNREAD = /(?:_test\.go|(?:^|\/)zz_generated\.[^/]*)$/;

const UNSEEN: SourceFacts = { isSeen: false, imports: [], declarations: '', functions: [] };

/** Reads a Go file as generators do. */
export function sourceFacts(name: string, text: string): SourceFacts {
  if (UNREAD.test(name)) return UNSEEN;
  const header = readGoHeader(text);
  if (!isSeen(header.constraints)) return UNSEEN;
  const declared = `${header.constraints.join('\n')}\n${declarationsOf(text.slice(packageClause(text)))}`;
  return {
    isSeen: true,
    imports: [...new Set(header.imports)].sort(),
    declarations: digestOfBytes(declared).slice(0, 20),
    functions: handwrittenFunctions(text),
  };
}
