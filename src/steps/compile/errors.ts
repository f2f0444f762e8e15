/** What go prints when it fails, as Diagnostics that point into the tree. */
import { type Diagnostic, error, type Location } from '../../diagnostic/diagnostic.ts';

export interface GoOutputContext {
  /** Turns a path as go prints it into the user's path, with the text of a line. */
  readonly locate: (path: string, line: number) => { readonly file: string; readonly text?: string };
  /** Names of the targets that hold a package. */
  readonly targetsOf: (importPath: string) => readonly string[];
}

const MAX_PLACES = 10;

/** One Diagnostic per package that does not compile, in the order that go reported them. */
export function readGoErrors(output: string, context: GoOutputContext): Diagnostic[] {
  const groups: { name: string; lines: string[] }[] = [];
  for (const line of output.split('\n')) {
    const heading = /^# (\S+)/.exec(line);
    if (heading?.[1]) groups.push({ name: heading[1], lines: [] });
    else if (line.trim() && !isPackageName(line)) {
      if (groups.length === 0 || /^(go: |go build |can't load package|package \S+: )/.test(line))
        groups.push({ name: '', lines: [] });
      groups.at(-1)?.lines.push(line);
    }
  }
  return merge(groups.filter((group) => group.lines.length > 0)).map((group) => toDiagnostic(group, context));
}

/** `go build -v` prints the packages that it compiles, one a line. */
export function isPackageName(line: string): boolean {
  return /^[\p{L}\p{N}._~/+-]+$/u.test(line.trim()) && !/\.go$/.test(line);
}

function merge(groups: readonly { name: string; lines: string[] }[]): { name: string; lines: string[] }[] {
  const merged = new Map<string, { name: string; lines: string[] }>();
  for (const group of groups) {
    const known = merged.get(group.name);
    if (known && group.name) known.lines.push(...group.lines.filter((line) => !known.lines.includes(line)));
    else merged.set(group.name || `${merged.size}`, { name: group.name, lines: [...group.lines] });
  }
  return [...merged.values()];
}

function toDiagnostic(
  group: { name: string; lines: readonly string[] },
  context: GoOutputContext,
): Diagnostic {
  const where: Location[] = [];
  const rest: string[] = [];
  for (const line of group.lines) {
    const match = /^(.+?\.(?:go|s|c|h)):(\d+)(?::(\d+))?: (.*)$/.exec(line.trim());
    if (!match) {
      rest.push(line);
      continue;
    }
    const [, path = '', row, column, message = ''] = match;
    const { file, text } = context.locate(path, Number(row));
    where.push({
      file,
      line: Number(row),
      ...(column ? { column: Number(column) } : {}),
      ...(text === undefined ? {} : { text }),
      note: message,
    });
  }
  const targets = context.targetsOf(group.name);
  const first = where[0]?.note ?? rest[0]?.trim() ?? 'no reason given';
  return error('build/compile-failed', {
    what: group.name ? `${group.name} does not compile: ${first}` : first,
    where: where.slice(0, MAX_PLACES),
    ...(rest.length > 0 && group.name ? { why: rest.slice(0, 20).join('\n') } : {}),
    help: `${where.length > 0 ? 'mend the place above' : 'read the reason above'} and build again${
      targets.length > 0 ? `; it stops ${listed(targets)}` : ''
    }`,
  });
}

function listed(names: readonly string[]): string {
  return names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 4).join(', ')} and ${names.length - 4} more`;
}
