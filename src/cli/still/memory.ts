/** Keeps what a run answered that found everything fresh, for `answer.ts` to say again. */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts';
import { printDiagnostic } from '../../diagnostic/printer.ts';
import { lockFile } from '../../execute/lock.ts';
import { cacheDirectory, type Host, hasColor } from '../../host/host.ts';
import { encodeSighting } from '../../host/sighting.ts';
import type { Asked } from './question.ts';

/** Answers that are kept: one for each command line and working directory of late. */
const MOST_ANSWERS = 64;

export class StillMemory {
  readonly #host: Host;
  readonly #asked: Asked;
  readonly #began: number;
  readonly #owned: string[] = [];
  #notes = '';
  #results = '';
  #outputs = 0;

  /** To be made before the run looks at anything. */
  constructor(host: Host, asked: Asked) {
    this.#host = host;
    this.#asked = asked;
    this.#began = host.clock.now();
  }

  /** What was reported on the way. */
  noted(diagnostic: Diagnostic): void {
    this.#notes += `${printDiagnostic(diagnostic, hasColor(this.#host))}\n`;
  }

  /** The run has something to do. */
  giveUp(): void {
    this.#host.sights.giveUp();
  }

  /**
   * A run of the command line ended, and all its `outputs` were fresh. `own`: what it keeps about its checkout, which no
   * answer depends on.
   */
  ended(own: string, outputs: number, results: readonly string[]): void {
    this.#outputs += outputs;
    this.#results += results.map((path) => `${path}\n`).join('');
    this.#owned.push(own);
  }

  /** To be called when the command line has ended well. */
  keep(): void {
    const { files, sights } = this.#host;
    if (this.#outputs === 0) return;
    const cache = cacheDirectory(this.#host);
    // What earlier runs remembered decides nothing: the files that it is about were compared.
    const isOwn = (path: string) =>
      path.startsWith('/proc/') ||
      this.#owned.some((own) => path === own || path.startsWith(`${own}/`)) ||
      (path.startsWith(`${cache}/`) && !path.startsWith(`${cache}/toolchains/`));
    for (const paths of [sights.contents, sights.links, sights.entries])
      for (const path of paths) if (isOwn(path)) paths.delete(path);
    // Another run may be at work by then.
    for (const own of this.#owned) sights.entry(lockFile(own));
    if (!sights.areWhole) return;
    const told = { outputs: this.#outputs, notes: this.#notes, results: this.#results };
    const bytes = encodeSighting(sights, this.#began, this.#asked.question, told);
    if (!bytes) return;
    try {
      files.publish(this.#asked.file, bytes, { mode: 0o600, fsync: false });
      this.#forgetOldest();
    } catch {
      // A cache that cannot be written: the next run goes the full way again.
    }
  }

  #forgetOldest(): void {
    const { files } = this.#host;
    const directory = this.#asked.file.slice(0, this.#asked.file.lastIndexOf('/'));
    const names = files.list(directory);
    if (names.length <= MOST_ANSWERS) return;
    const aged = names.map((name) => ({ name, time: files.stat(`${directory}/${name}`)?.mtime ?? 0 }));
    const old = aged.sort((a, b) => a.time - b.time).slice(0, names.length - MOST_ANSWERS);
    for (const { name } of old) files.remove(`${directory}/${name}`);
  }
}
