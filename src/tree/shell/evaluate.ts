/**
 * Asks a tree's own script for its lists, and turns what goes wrong into letters that point to the line.
 * Spec versions-and-targets 8.2.
 */
import { join } from 'node:path';
import { bad, type Diagnostic, error, type Location, ok, type Result } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import type { TreeReader } from '../reader.ts';
import { runInCell } from '../sandbox.ts';
import { readDeclarations, type ShellVariables } from './declarations.ts';

export interface EvaluateRequest {
  /** The script to source, relative to the root. */
  readonly script: string;
  /** Files it may read, relative to the root. */
  readonly visible: readonly string[];
  /** Names of variables to bring back start so. */
  readonly prefixes: readonly string[];
  /** The file that people edit to change the lists; blamed when bash names no line. */
  readonly lists: string;
  readonly timeoutMilliseconds: number;
  /** Bash that is run after the script, to call its functions; what it sets is brought back. */
  readonly after?: string;
  readonly signal?: AbortSignal;
}

/** `unavailable`: no sandbox here; the caller parses. */
export type Evaluation =
  | { readonly kind: 'evaluated'; readonly variables: ShellVariables }
  | { readonly kind: 'unavailable'; readonly why: string };

const MARK = '--- kubewright: the variables follow ---';

/**
 * The library switches on errexit, nounset and an ERR trap; the trap itself fails outside a function, so it
 * is taken off before anything is printed. What the library prints belongs to nobody: it goes to stderr.
 */
const ask = (after: string) => `
root=$1 script=$2; shift 2
prefixes=("$@"); set --
cd "$root" || exit
source "$root/$script" >&2
trap - ERR DEBUG RETURN EXIT; set +o errexit +o nounset +o pipefail +o xtrace
${after}
printf '%s\\n' '${MARK}'
for prefix in "\${prefixes[@]}"; do
  for name in $(compgen -v "$prefix"); do declare -p "$name"; done
done
`;

/** Sources the script in the sandbox and reads its variables. */
export async function evaluate(
  host: Host,
  reader: TreeReader,
  request: EvaluateRequest,
): Promise<Result<Evaluation>> {
  // Looked at first, so that the cached answer depends on each of them.
  const files = request.visible.filter((path) => reader.text(path) !== undefined);
  const cell = await runInCell(host, {
    files: files.map((path) => join(reader.root, path)),
    script: ask(request.after ?? ''),
    arguments: [reader.root, request.script, ...request.prefixes],
    environment: passedEnvironment(host.environment),
    timeoutMilliseconds: request.timeoutMilliseconds,
    ...(request.signal ? { signal: request.signal } : {}),
  });
  if (cell.kind === 'unavailable') return ok({ kind: 'unavailable', why: cell.why });
  const { result } = cell;
  request.signal?.throwIfAborted();
  const log = readLog(reader, result.stderr);
  if (result.timedOut) return bad(timedOut(request, reader));
  const problem = log.syntax ?? log.wrote;
  if (problem) return bad(problem);
  if (result.signal === 'SIGXFSZ') return bad(wrote({ file: request.lists }, 'it wrote into a file'));
  const start = result.stdout.indexOf(`${MARK}\n`);
  if (start < 0) return bad(failed(request, reader, result.exitCode, log.last, result.stderr));
  const variables = readDeclarations(result.stdout.slice(start + MARK.length + 1));
  return ok({ kind: 'evaluated', variables });
}

/** Variables of the caller that a list may depend on; everything else stays outside. */
const PASSED = /^(KUBE_(?!ROOT$)\w+|KUBERNETES_CONTRIB|KUBEEDGE_\w+|KARMADA_\w+|OSTYPE|GO_VERSION)$/;

/** The environment that lists may depend on: by name, and a fixed locale. It is part of the cached answer's key. */
export function passedEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const passed: Record<string, string> = { HOME: '/', LC_ALL: 'C', TZ: 'UTC' };
  for (const name of Object.keys(environment).sort()) {
    const value = environment[name];
    if (value !== undefined && PASSED.test(name)) passed[name] = value;
  }
  return passed;
}

interface Log {
  readonly syntax?: Diagnostic;
  readonly wrote?: Diagnostic;
  readonly last?: { readonly where: Location; readonly message: string };
}

/** Programs whose only use is to change files: calling one is an attempt to write. */
const WRITERS =
  /^(mkdir|touch|rm|rmdir|cp|mv|ln|tee|install|chmod|chown|mktemp|rsync|tar|dd|truncate): command not found$/;

/** Reads bash's own messages: `FILE: line 12: message`. */
function readLog(reader: TreeReader, stderr: string): Log {
  let log: Log = {};
  for (const line of stderr.split('\n')) {
    // The second form is what the libraries' own ERR traps print: a place, and no message.
    const match = line.match(/^(\/.*?): line (\d+): (.*)$/) ?? line.match(/(\/.*?):(\d+)()/);
    const path = match?.[1] ?? '';
    if (!match || !path.startsWith(`${reader.root}/`)) continue;
    const file = path.slice(reader.root.length + 1);
    const message = match[3] ?? '';
    const where = whole(reader, file, Number(match[2]));
    if (/^syntax error|^unexpected EOF/.test(message))
      log = { ...log, syntax: log.syntax ?? syntaxError(where, message) };
    else if (isWrite(message, where.text ?? '')) log = { ...log, wrote: log.wrote ?? wrote(where, message) };
    else if (message !== '' && !message.startsWith('`')) log = { ...log, last: { where, message } };
    else if (message === '')
      log = { ...log, last: log.last ?? { where, message: 'a command ended with an error' } };
  }
  return log;
}

function isWrite(message: string, line: string): boolean {
  if (/: (Read-only file system|File too large|Permission denied)$/.test(message)) return true;
  if (WRITERS.test(message)) return true;
  return /: No such file or directory$/.test(message) && /(^|[^0-9&])>{1,2}\s*[^&(\s]/.test(line);
}

/** The whole line, underlined from its first character that is no blank. */
function whole(reader: TreeReader, file: string, line: number): Location {
  const text = reader.lines(file)[line - 1] ?? '';
  const column = Math.max(0, text.search(/\S/)) + 1;
  return reader.at(file, line, column, Math.max(1, text.trimEnd().length - column + 1));
}

function syntaxError(where: Location, message: string): Diagnostic {
  return error('tree/syntax-error', {
    what: `${where.file} does not parse: ${message}`,
    where: [{ ...where, note: 'bash stopped here' }],
    why: 'the lists of targets and platforms are written in this script, and bash cannot read it',
    help: `correct the script (bash -n ${where.file} shows the same error), or read the lists without running it: --no-eval`,
  });
}

function wrote(where: Location, message: string): Diagnostic {
  return error('tree/eval-wrote', {
    what: `${where.file} tried to change a file while its lists were read: ${message}`,
    where: [{ ...where, note: 'this writes' }],
    why: 'reading a tree changes nothing: the script runs in a sandbox where nothing can be written',
    help: 'move this line into a function that runs only in a build, or read the lists without running the script: --no-eval',
  });
}

function timedOut(request: EvaluateRequest, reader: TreeReader): Diagnostic {
  const seconds = request.timeoutMilliseconds / 1000;
  const loop = reader.find(
    request.lists,
    /^\s*(while\s+(?:true|:)\b|until\s+false\b|for\s*\(\(\s*;\s*;)/,
    'a loop without an end?',
  );
  return error('tree/eval-timeout', {
    what: `${request.script} did not end within ${seconds} s`,
    where: [loop ?? { file: request.lists }],
    why: 'the lists of targets and platforms are read by running this script in a sandbox',
    help: `find what it waits for (bash -x ${request.script}), or read the lists without running it: --no-eval`,
  });
}

function failed(
  request: EvaluateRequest,
  reader: TreeReader,
  exitCode: number,
  last: Log['last'],
  stderr: string,
): Diagnostic {
  const said = stderr.trim().split('\n').slice(-3).join('\n').replaceAll(`${reader.root}/`, '');
  return error('tree/eval-failed', {
    what: last ? `${last.where.file} failed: ${last.message}` : `${request.script} ended with ${exitCode}`,
    where: [last?.where ?? { file: request.lists }],
    why: `the lists of targets and platforms are read by running ${request.script} in a sandbox that holds bash, text tools and the tree's scripts${last || !said ? '' : `; it said:\n${said}`}`,
    help: 'correct the script, or read the lists without running it: --no-eval',
  });
}
