/** Diagnostics as text: the code and what, the place with the line underlined, the reason, the remedy. */
import { styleText } from 'node:util';
import type { Diagnostic, Location, Severity } from './diagnostic.ts';

const COLORS = { error: 'red', warning: 'yellow', note: 'cyan' } as const satisfies Record<Severity, string>;

/**
 * Prints one Diagnostic, without a final newline.
 *
 * ```
 * error toolchain/go-too-old: this tree needs Go 1.20 or newer, and the Go on PATH is 1.19.13
 *   hack/lib/golang.sh:499:22
 *   499 │   minimum_go_version=go1.20
 *       │                      ~~~~~~ required here
 *   help: …
 * ```
 */
export function printDiagnostic(diagnostic: Diagnostic, color = false): string {
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    color ? styleText(format, text, { validateStream: false }) : text;
  const { severity, code, what, where, why, help } = diagnostic;
  const lines = [`${style([COLORS[severity], 'bold'], severity)} ${code}: ${escapeControls(what)}`];
  for (const location of where) lines.push(...printLocation(location).map((line) => `  ${line}`));
  if (why) lines.push(indented('why: ', why));
  lines.push(indented(`${style('bold', 'help')}: `, help));
  return lines.join('\n');
}

function printLocation({ file, line, column, length, text, note }: Location): string[] {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const lines = [escapeControls(place)];
  if (line === undefined || text === undefined) return note ? [`${place}: ${note}`] : lines;
  const gutter = ' '.repeat(String(line).length);
  lines.push(`${line} │ ${escapeControls(text.replaceAll('\t', ' '))}`);
  if (column !== undefined) {
    const underline = '~'.repeat(Math.max(1, length ?? 1));
    lines.push(`${gutter} │ ${' '.repeat(column - 1)}${underline}${note ? ` ${note}` : ''}`);
  }
  return lines;
}

function indented(label: string, text: string): string {
  return `  ${label}${escapeControls(text).split('\n').join('\n    ')}`;
}

/**
 * Makes control characters visible, line feeds excepted: names and logs from outside are data and must
 * not drive the terminal (bidirectional overrides included).
 */
export function escapeControls(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
