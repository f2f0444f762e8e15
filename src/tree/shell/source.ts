/** A shell file as text: its live lines, and the places where it defines things. */
import type { Location } from '../../diagnostic/diagnostic.ts';
import type { TreeReader } from '../reader.ts';

/** The lines that run: comments are blanked, line numbers kept. `#` inside a word is no comment. */
export function liveLines(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.replace(/(^|\s)#.*$/, (_, blank: string) => blank));
}

/** The live text of a file of the tree: features are read from this, so that a commented-out line counts as absent. */
export function liveText(reader: TreeReader, path: string): string {
  return liveLines(reader.lines(path)).join('\n');
}

/** Where an array or a function that prints one is written down, preferring the literal list over its copy. */
export function locateDefinition(reader: TreeReader, path: string, name: string): Location {
  const patterns = [
    new RegExp(`^\\s*(?:readonly |declare (?:-\\S+ )*|local )?(${escapeRegExp(name)})\\+?=\\(`),
    new RegExp(`(${escapeRegExp(name)})\\b.*<<<`),
    new RegExp(`^\\s*(?:readonly |export )?(${escapeRegExp(name)})=`),
    new RegExp(`\\b(${escapeRegExp(name)})\\b`),
  ];
  for (const pattern of patterns) {
    const found = reader.find(path, pattern);
    if (found) return found;
  }
  return { file: path };
}

/** The function that prints a list: `kube::golang::server_targets() {`. */
export function locateFunction(reader: TreeReader, path: string, name: string): Location | undefined {
  return reader.find(path, new RegExp(`^\\s*(?:function\\s+)?(${escapeRegExp(name)})\\s*(?:\\(\\))?\\s*\\{`));
}

export function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
