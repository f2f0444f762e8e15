/** What is written once a run has ended: summary, trace, page, the link to the latest run. */
import { basename, dirname } from 'node:path';
import { Failure } from '../diagnostic/diagnostic.ts';
import type { Host } from '../host/host.ts';
import { foldRun, isNoOp, type RunRecord } from './fold.ts';
import { JOURNAL_FILE, readJournal, readJournalEnds } from './journal.ts';
import { LATEST_LINK, listRuns, pruneRuns } from './runs.ts';
import { type RunSummary, readSummary, SUMMARY_FILE, summarise } from './summary.ts';

export const TRACE_FILE = 'trace.json';
export const PAGE_FILE = 'index.html';

/** Earlier runs that are looked through for sizes to compare with. */
const COMPARED_RUNS = 20;

/**
 * Writes the files of a run that has ended, points `latest` to it and removes the oldest runs. A run that found
 * nothing to do gets its page when somebody asks for it. A full disk or a missing permission costs the report,
 * never the run: nothing is thrown for these.
 */
export async function finishRun(host: Host, runDirectory: string): Promise<void> {
  try {
    const run = openNoOp(host, runDirectory) ?? openRun(host, runDirectory).run;
    const summary = summarise(run, basename(runDirectory));
    host.files.publish(`${runDirectory}/${SUMMARY_FILE}`, `${JSON.stringify(summary)}\n`, { fsync: false });
    const runs = dirname(runDirectory);
    host.files.publishLink(basename(runDirectory), `${runs}/${LATEST_LINK}`);
    pruneRuns(host, runs, basename(runDirectory));
    if (!isNoOp(run)) await writePage(host, runDirectory, run);
  } catch (problem) {
    if (!(problem instanceof Failure)) throw problem;
  }
}

/** A run that found nothing to do is told by its first and last Event: the thousand between need no reading. */
function openNoOp(host: Host, runDirectory: string): RunRecord | undefined {
  const ends = readJournalEnds(host.files.readBytes(`${runDirectory}/${JOURNAL_FILE}`));
  const run = ends && foldRun(ends);
  return run && isNoOp(run) ? run : undefined;
}

/** Reads the log of a run; Diagnostics about the log itself join those of the run. */
export function openRun(host: Host, runDirectory: string): { run: RunRecord; torn: boolean } {
  const path = `${runDirectory}/${JOURNAL_FILE}`;
  const reading = readJournal(host.files.readBytes(path), path);
  const run = foldRun(reading.events);
  run.diagnostics.push(...reading.diagnostics);
  return { run, torn: reading.torn };
}

/** Writes the trace and the page beside the log, and returns the path of the page. */
export async function writePage(host: Host, runDirectory: string, run: RunRecord): Promise<string> {
  const { renderTrace } = await import('./trace.ts');
  const page = `${runDirectory}/${PAGE_FILE}`;
  host.files.publish(`${runDirectory}/${TRACE_FILE}`, renderTrace(run), { fsync: false });
  host.files.publish(page, await drawPage(host, runDirectory, run), { fsync: false });
  return page;
}

/** The page of a run as text, compared with the runs that lie beside it. */
export async function drawPage(host: Host, runDirectory: string, run: RunRecord): Promise<string> {
  const { renderPage } = await import('./page/page.ts');
  return renderPage(run, { name: basename(runDirectory), earlier: earlierSummaries(host, runDirectory) });
}

/** Summaries of runs before this one that made something, newest first. */
function earlierSummaries(host: Host, runDirectory: string): RunSummary[] {
  const runs = dirname(runDirectory);
  const before = listRuns(host, runs).filter((name) => name < basename(runDirectory));
  return before
    .slice(-COMPARED_RUNS)
    .reverse()
    .flatMap((name) => readSummary(host, `${runs}/${name}`) ?? [])
    .filter((summary) => summary.outputs.length > 0);
}
