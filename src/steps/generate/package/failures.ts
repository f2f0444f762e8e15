/** Whose fault a failed generator run is, read from what it printed. Pure. */
import { type Diagnostic, error, type Location } from '../../../diagnostic/diagnostic.ts';
import type { PlannedOutput } from './output.ts';

const TAIL_LINES = 12;

/** A place in a Go file that a generator complained about, relative to the tree. */
export interface Complaint {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/**
 * Positions with line and column are complaints about the tree's code: a stack trace has lines only. `places`: where
 * the tree's root may appear in paths, longest first.
 */
export function complaints(printed: readonly string[], places: readonly string[]): readonly Complaint[] {
  return printed.flatMap((line) => {
    const match = /(\/[^\s":]+\.go):(\d+):(\d+):\s*(.*)$/.exec(line);
    const [, path = '', row, column, message = ''] = match ?? [];
    const place = places.find((start) => path.startsWith(`${start}/`));
    if (!match || place === undefined) return [];
    const file = path.slice(place.length + 1);
    return [{ file, line: Number(row), column: Number(column), message: message.trim() }];
  });
}

/** The Steps whose package a generator named before it ended. */
export function namedOutputs(
  printed: readonly string[],
  outputs: readonly PlannedOutput[],
): readonly PlannedOutput[] {
  const text = printed.join('\n');
  return outputs.filter(({ step }) => {
    const { writes } = step.action as { readonly writes: string };
    return new RegExp(`(?:^|[^\\w/.-])${writes.replace(/[.+*?^$()[\]{}|\\]/g, '\\$&')}(?:$|[^\\w/-])`).test(
      text,
    );
  });
}

/** The letter of a Step whose generator failed: the tag that asked for it, and the last words. */
export function failureOf(
  output: PlannedOutput,
  exitCode: number,
  printed: readonly string[],
  found: readonly Location[],
  tagged: readonly Location[],
): Diagnostic {
  const { generator, directory } = output;
  const panicked = printed.some((line) => line.startsWith('panic: '));
  const words = lastWords(printed);
  return error('generate/failed', {
    what: `${generator.program.name} ${panicked ? 'panicked' : `ended with exit code ${exitCode}`} on ${directory}`,
    where: [...found, ...tagged],
    ...(words.length > 0 ? { why: words.map(readable).join('\n') } : {}),
    help:
      found.length > 0
        ? `correct that place, then run kubewright generate ${generator.kind}`
        : `look at what the tag asks for, then run kubewright generate ${generator.kind} --verbose`,
  });
}

/** What was printed before the stack traces, of which klog adds one to every fatal error. */
function lastWords(printed: readonly string[]): readonly string[] {
  const trace = printed.findIndex((line) => /^goroutine \d+ \[/.test(line));
  const told = trace < 0 ? printed : printed.slice(0, trace);
  return told.filter((line) => line.trim() !== '').slice(-TAIL_LINES);
}

/** Without klog's head: `F1121 09:06:06.123456   12345 main.go:83] `. */
function readable(line: string): string {
  return line.replace(/^[IWEF]\d{4} [\d:.]+\s+\d+ [\w.-]+:\d+\] /, '');
}
