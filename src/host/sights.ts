/** What a run has looked at, and what it has asked other programs: on these its answer depends. */

/** A question to a program that only reads; asked again, it says the same while nothing moved. */
export interface Question {
  /** Absolute path of the program, and its arguments. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly exitCode: number;
  readonly stdout: string;
}

export class Sights {
  /** Paths of what was read, listed or compared by its times; links followed. */
  readonly contents = new Set<string>();
  /** Paths of entries that were looked at themselves, links not followed. */
  readonly links = new Set<string>();
  /** Paths of which only mattered whether something is there, and what. */
  readonly entries = new Set<string>();
  readonly questions: Question[] = [];
  #areWhole = true;

  /** False when something else than this decided too. */
  get areWhole(): boolean {
    return this.#areWhole;
  }

  /** To be called where a run changes something, or asks somebody who may say something else the next time. */
  giveUp(): void {
    this.#areWhole = false;
    for (const paths of [this.contents, this.links, this.entries]) paths.clear();
    this.questions.length = 0;
  }

  content(path: string): string {
    if (this.#areWhole) this.contents.add(path);
    return path;
  }

  link(path: string): string {
    if (this.#areWhole) this.links.add(path);
    return path;
  }

  entry(path: string): string {
    if (this.#areWhole) this.entries.add(path);
    return path;
  }

  question(question: Question): void {
    if (this.#areWhole) this.questions.push(question);
  }
}
