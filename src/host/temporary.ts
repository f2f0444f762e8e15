/** Temporary names, by which the next run knows whose they were, and the removal of what a killed one left. */
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { digestOfBytes } from '../formats/digest.ts';

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/** A name in `directory` that no other process uses. */
export function sharedTemporaryName(directory: string): string {
  return join(directory, `${ownPrefix()}${randomBytes(4).toString('hex')}`);
}

/** A name beside `path`; `count` tells those of one process apart. */
export function temporaryNameBeside(path: string, count: number): string {
  return join(dirname(path), `${ownPrefix()}${count}-${basename(path).slice(-80)}`);
}

function ownPrefix(): string {
  return `.kw-tmp-${process.pid}-${machineId()}-`;
}

/** Removes temporary entries whose process has ended; those of other machines only when a day old. */
export function sweepTemporary(directory: string): void {
  for (const name of names(directory)) {
    const [, pid, machine] = /^\.kw-tmp-(\d+)-([0-9a-f]{8})-/.exec(name) ?? [];
    if (pid === undefined) continue;
    const path = join(directory, name);
    const ended = machine === machineId() ? !isRunning(Number(pid)) : age(path) > DAY_MILLISECONDS;
    if (ended) rmSync(path, { recursive: true, force: true });
  }
}

/** As `sweepTemporary`, in all that is below a directory too; links are not followed. */
export function sweepTemporaryBelow(directory: string): void {
  sweepTemporary(directory);
  for (const name of names(directory)) {
    const path = join(directory, name);
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) sweepTemporaryBelow(path);
  }
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (problem) {
    return (problem as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function age(path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats ? Date.now() - stats.mtimeMs : 0;
}

let machine: string | undefined;

/** Process ids mean something only on one machine, in one container, since one start. */
function machineId(): string {
  machine ??= digestOfBytes(`${hostname()} ${bootId()}`).slice(0, 8);
  return machine;
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
