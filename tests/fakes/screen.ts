/** A terminal in memory that understands the few codes a live view uses: what a person would see. */

// Colours, cursor visibility and synchronised output change nothing that is kept here.
const CODE = /\u001b\[(\??)([\d;]*)([A-Za-z])|\r|\n|[^\u001b\r\n]/gu;

export class Screen {
  columns: number;
  rows: number;
  readonly isTTY = true;
  isCursorHidden = false;
  /** All that was written, as it came. */
  written = '';
  readonly #lines: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(columns = 80, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): boolean {
    this.written += text;
    for (const [match, question, numbers, letter] of text.matchAll(CODE))
      this.#apply(match, question, numbers, letter);
    return true;
  }

  /** The visible text, scrolled lines included, without trailing blanks. */
  text(): string {
    return this.#lines
      .map((line) => line.join('').trimEnd())
      .join('\n')
      .trimEnd();
  }

  #apply(match: string, question?: string, numbers?: string, letter?: string): void {
    const count = Number(numbers || 1);
    if (match === '\n') {
      this.#row++;
      this.#column = 0;
      if (this.#row === this.#lines.length) this.#lines.push([]);
    } else if (match === '\r') this.#column = 0;
    else if (letter === undefined) this.#put(match);
    else if (question && numbers === '25') this.isCursorHidden = letter === 'l';
    else if (letter === 'A') this.#row = Math.max(0, this.#row - count);
    else if (letter === 'B') this.#row = Math.min(this.#lines.length - 1, this.#row + count);
    else if (letter === 'G') this.#column = count - 1;
    else if (letter === 'K')
      this.#line().length = numbers === '2' ? 0 : Math.min(this.#line().length, this.#column);
    else if (letter === 'J') this.#lines.length = this.#row + 1;
    else if (letter !== 'm' && !question)
      throw new Error(`the screen does not know ${JSON.stringify(match)}`);
  }

  #put(character: string): void {
    const line = this.#line();
    while (line.length < this.#column) line.push(' ');
    line[this.#column++] = character;
  }

  #line(): string[] {
    return this.#lines[this.#row] as string[];
  }
}
