/** The Markdown files of the project, read for tests. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('..', import.meta.url));

const SKIPPED = new Set(['node_modules', 'dist', '_output', '.git', 'test', 'src']);

/** Paths of all Markdown files, relative to the project. */
export function markdownFiles(directory = ''): string[] {
  return readdirSync(join(PROJECT, directory), { withFileTypes: true })
    .flatMap((entry) => {
      const path = directory ? `${directory}/${entry.name}` : entry.name;
      if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : markdownFiles(path);
      return entry.name.endsWith('.md') ? [path] : [];
    })
    .sort();
}

/** The text with fenced blocks and code spans blanked out: what is in them is no link. */
export function proseOf(file: string): string {
  const text = readFileSync(join(PROJECT, file), 'utf8');
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
}

/** One command of a document and what the document says it prints; `…` stands for anything. */
export interface DocumentedCommand {
  readonly command: string;
  readonly output: readonly string[];
}

/** The commands of each ```console run block of a document, in order. */
export function runnableBlocks(file: string): DocumentedCommand[][] {
  const text = readFileSync(join(PROJECT, file), 'utf8');
  return [...text.matchAll(/^```console run\n([\s\S]*?)^```/gm)].map(([, block = '']) => {
    const commands: { command: string; output: string[] }[] = [];
    for (const line of block.trimEnd().split('\n')) {
      if (line.startsWith('$ ')) commands.push({ command: line.slice(2), output: [] });
      else commands.at(-1)?.output.push(line);
    }
    return commands;
  });
}

/** Whether a printed text holds the documented lines, one after the other. */
export function printsAsDocumented(printed: string, documented: readonly string[]): boolean {
  const escaped = documented.map((line) =>
    // A line that is `…` alone stands for any number of lines.
    line === '…'
      ? '[^]*'
      : line
          .split('…')
          .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
          .join('.*'),
  );
  return new RegExp(`^${escaped.join('\n')}$`, 'm').test(printed);
}
