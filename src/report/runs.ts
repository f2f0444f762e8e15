/** The directory that holds the runs of one output directory: `OUT/kubewright/runs/<run>/`. */
import type { Host } from '../host/host.ts';
import { JOURNAL_FILE } from './journal.ts';

/** Link to the last run that ended. */
export const LATEST_LINK = 'latest';
export const KEPT_RUNS = 50;

/** A run's name: UTC time, then letters that keep two runs of one second apart: `20261121T051936Z-3fa9c1`. */
const RUN_NAME = /^\d{8}T\d{6}(?:\.\d+)?Z-[0-9a-z]+$/;

/** Names of all runs, oldest first. */
export function listRuns(host: Host, runs: string): string[] {
  if (!host.files.isDirectory(runs)) return [];
  return host.files
    .list(runs)
    .filter((name) => name.endsWith('/'))
    .map((name) => name.slice(0, -1))
    .filter((name) => RUN_NAME.test(name));
}

/** Finds a run by `latest`, its name, or the start or end of it when only one run fits. */
export function findRun(host: Host, runs: string, asked: string): string | undefined {
  const names = listRuns(host, runs);
  if (asked === LATEST_LINK) return latestRun(names, host.files.readLink(`${runs}/${LATEST_LINK}`));
  const fitting = names.filter((name) => name === asked || name.startsWith(asked) || name.endsWith(asked));
  return fitting.includes(asked) ? asked : fitting.length === 1 ? fitting[0] : undefined;
}

/** The newest run. Of those of one second the link knows; of a run that was killed it does not. */
function latestRun(names: readonly string[], linked: string | undefined): string | undefined {
  const newest = names.at(-1);
  const isKnown = linked !== undefined && names.includes(linked) && stampOf(linked) === stampOf(newest);
  return isKnown ? linked : newest;
}

function stampOf(name: string | undefined): string | undefined {
  return name?.split('-')[0];
}

/** Removes the oldest runs beyond the newest fifty; `current` stays. */
export function pruneRuns(host: Host, runs: string, current: string, keep = KEPT_RUNS): void {
  const names = listRuns(host, runs);
  for (const name of names.slice(0, Math.max(0, names.length - keep))) {
    if (name !== current) host.files.remove(`${runs}/${name}`);
  }
}

/** Whether a run directory holds a log. */
export function hasJournal(host: Host, runDirectory: string): boolean {
  return host.files.isFile(`${runDirectory}/${JOURNAL_FILE}`);
}
