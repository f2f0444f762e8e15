/** `kubewright report`: the report of a run, opened, printed or written elsewhere. */
import { isAbsolute, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../../config/load.ts';
import { type Diagnostic, error, Failure, taken } from '../../diagnostic/diagnostic.ts';
import { nearest } from '../../diagnostic/nearest.ts';
import type { Host } from '../../host/host.ts';
import { drawPage, openRun, PAGE_FILE, writePage } from '../../report/finish.ts';
import type { RunRecord } from '../../report/fold.ts';
import { findRun, hasJournal, LATEST_LINK, listRuns } from '../../report/runs.ts';
import { type RunSummary, readSummary, summarise } from '../../report/summary.ts';
import { renderRunList, renderText } from '../../report/text.ts';
import { formatCount } from '../../report/units.ts';
import { findTreeRoot } from '../../tree/open.ts';
import type { Start } from '../commands.ts';
import type { CommandContext } from '../request.ts';

interface ReportValues {
  readonly list?: boolean;
  readonly print?: boolean;
  readonly html?: string;
}

const OPEN_MILLISECONDS = 10_000;

export function configure(command: Command, start: Start): void {
  command
    .argument('[run]', 'a run: its name, the start or end of it, or its directory (default: the latest)')
    .option('--list', 'list the runs that are kept')
    .option('--print', 'print a summary instead of opening the page')
    .option('--html <file>', 'write the page to this file')
    .action((asked: string | undefined, values: ReportValues) =>
      start(async (context) => {
        if (values.list) return printList(context, await runsDirectory(context));
        return showRun(context, await runDirectoryOf(context, asked ?? LATEST_LINK), values);
      }),
    );
}

function printList(context: CommandContext, runs: string): number {
  const { host, options } = context;
  const summaries = listRuns(host, runs)
    .reverse()
    .flatMap((name) => summaryOf(host, join(runs, name), name) ?? [])
    // Names of one second differ by letters that mean nothing.
    .toSorted((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0));
  if (options.json) context.print(JSON.stringify(summaries));
  else if (summaries.length === 0) throw new Failure(noRun(host, runs, LATEST_LINK));
  else context.print(renderRunList(summaries));
  return 0;
}

/** The kept summary, else one made of the log of a run that was killed. */
function summaryOf(host: Host, directory: string, name: string): RunSummary | undefined {
  const kept = readSummary(host, directory);
  if (kept || !hasJournal(host, directory)) return kept;
  return summarise(openRun(host, directory).run, name);
}

async function showRun(context: CommandContext, directory: string, values: ReportValues): Promise<number> {
  const { host, options } = context;
  const { run } = openRun(host, directory);
  const name = run.started?.run ?? directory.slice(directory.lastIndexOf('/') + 1);
  if (options.json) {
    context.print(JSON.stringify(asDocument(run, name, directory)));
    return 0;
  }
  if (values.print) {
    context.print(renderText(run, name));
    return 0;
  }
  if (values.html !== undefined) {
    const target = resolve(host.workingDirectory, values.html);
    host.files.publish(target, await drawPage(host, directory, run), { fsync: false });
    context.print(target);
    return 0;
  }
  // A run without an end may still go on: its page is drawn anew each time.
  const kept = join(directory, PAGE_FILE);
  const page = host.files.isFile(kept) && run.finished ? kept : await writePage(host, directory, run);
  if (!(await openInBrowser(context, page))) context.print(page);
  return 0;
}

function asDocument(run: RunRecord, name: string, directory: string): object {
  const steps = [...run.steps.values()].map(
    ({ id, title, kind, platform, state, because, milliseconds, outputs, key }) => ({
      ...{ id, title, kind, platform, outcome: state, because, milliseconds, outputs, key },
    }),
  );
  return { ...summarise(run, name), directory, steps, commands: run.commands, diagnostics: run.diagnostics };
}

async function openInBrowser({ host, signal }: CommandContext, page: string): Promise<boolean> {
  const isMac = host.platform.startsWith('darwin/');
  const hasDisplay = isMac || Boolean(host.environment['DISPLAY'] || host.environment['WAYLAND_DISPLAY']);
  const opener = host.processes.find(isMac ? 'open' : 'xdg-open');
  if (host.stdout.isTTY !== true || !hasDisplay || !opener) return false;
  const environment = Object.fromEntries(
    Object.entries(host.environment).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  const { exitCode } = await host.processes.run({
    ...{ argv: [opener, page], environment, workingDirectory: host.workingDirectory, signal },
    timeoutMilliseconds: OPEN_MILLISECONDS,
  });
  return exitCode === 0;
}

async function runDirectoryOf(context: CommandContext, asked: string): Promise<string> {
  const { host } = context;
  const path = resolve(host.workingDirectory, asked);
  if (asked !== LATEST_LINK && hasJournal(host, path)) return path;
  const runs = await runsDirectory(context);
  const name = findRun(host, runs, asked);
  if (name === undefined || !hasJournal(host, join(runs, name))) throw new Failure(noRun(host, runs, asked));
  return join(runs, name);
}

/** Where the runs of the request's tree lie. A directory that holds outputs but no tree will do. */
async function runsDirectory({ host, options }: CommandContext): Promise<string> {
  const start = resolve(host.workingDirectory, options.tree ?? '.');
  const root = findTreeRoot(host, start) ?? start;
  const configured = options.out ?? taken(await loadConfig(host, root, options.config)).value.out;
  const out = configured ?? '_output';
  return join(isAbsolute(out) ? out : join(root, out), 'kubewright', 'runs');
}

function noRun(host: Host, runs: string, asked: string): Diagnostic {
  const names = listRuns(host, runs);
  const where = [{ file: runs }];
  if (names.length === 0) {
    return error('report/no-run', {
      what: 'no run has left a report here yet',
      where,
      help: 'run kubewright build first; name another tree with -C, or another output directory with --out',
    });
  }
  const fitting = names.filter((name) => name.startsWith(asked) || name.endsWith(asked));
  const offered =
    fitting.length > 1
      ? fitting.slice(-3)
      : [...new Set([...nearest(asked, names), ...names.slice(-3)])].slice(0, 3);
  return error('report/no-run', {
    what: fitting.length > 1 ? `${fitting.length} runs fit ${asked}` : `there is no run ${asked}`,
    where,
    why: `of the ${formatCount(names.length, 'run that is', 'runs that are')} kept, these come nearest: ${offered.join(', ')}`,
    help: 'take one of these, or list all with kubewright report --list',
  });
}
