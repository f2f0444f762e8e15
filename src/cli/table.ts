/** Columns of text for people. */
import type { Location } from '../diagnostic/diagnostic.ts';

/** Rows with their columns aligned, two blanks apart, no blanks at line ends. */
export function table(rows: readonly (readonly string[])[], indent = ''): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows
    .map((row) => (indent + row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).trimEnd())
    .join('\n');
}

/** `hack/lib/golang.sh:70` */
export function place({ file, line }: Location): string {
  return line === undefined ? file : `${file}:${line}`;
}
