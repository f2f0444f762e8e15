/**
 * The file behind KUBE_GIT_VERSION_FILE: five shell assignments (spec versions-and-targets 9.8). It is parsed,
 * not sourced: a line of another shape is refused.
 */
import { bad, type Diagnostic, error, ok, type Result } from '../../diagnostic/diagnostic.ts';

const NAMES = [
  'KUBE_GIT_COMMIT',
  'KUBE_GIT_TREE_STATE',
  'KUBE_GIT_VERSION',
  'KUBE_GIT_MAJOR',
  'KUBE_GIT_MINOR',
];

/** Values by name; empty values count as absent. `file` is how the user named it. */
export function parseVersionFile(file: string, text: string): Result<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  const problems: Diagnostic[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const match =
      line.match(/^(?:export\s+)?(\w+)='([^']*)'\s*$/) ??
      line.match(/^(?:export\s+)?(\w+)="([^"$`\\]*)"\s*$/);
    const [, name = '', value = ''] = match ?? [];
    if (!match || !NAMES.includes(name)) problems.push(wrongLine(file, line, index + 1));
    else if (value) values[name] = value;
  }
  return problems.length > 0 ? bad(...problems) : ok(values);
}

function wrongLine(file: string, text: string, line: number): Diagnostic {
  const column = text.search(/\S/) + 1;
  return error('version/file-invalid', {
    what: `line ${line} of the version file is no NAME='VALUE' of a version`,
    where: [{ file, line, column, length: Math.max(1, text.trim().length), text, note: 'this line' }],
    why: `the file is read, never run: each line sets one of ${NAMES.join(', ')}`,
    help: `correct the line, or unset KUBE_GIT_VERSION_FILE to ask git`,
  });
}
