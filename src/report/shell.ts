/** Commands as text that a POSIX shell reads back as the same words. */

const SAFE_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** The word as it is, or in single quotes. */
export function shellWord(word: string): string {
  return SAFE_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The words of a command on one line. */
export function shellCommand({ argv }: { readonly argv: readonly string[] }): string {
  return argv.map(shellWord).join(' ');
}

/** A longer command gets a line for every word. */
const LINE_COLUMNS = 100;

/** A script that repeats the command: directory, whole environment, words. A shell reads it back as it was run. */
export function shellScript(command: {
  readonly argv: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}): string {
  const variables = Object.entries(command.environment)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `  ${name}=${shellWord(value)} \\\n`);
  const line = shellCommand(command);
  const words = line.length > LINE_COLUMNS ? command.argv.map(shellWord).join(' \\\n    ') : line;
  return `cd ${shellWord(command.workingDirectory)} && env -i \\\n${variables.join('')}  ${words}`;
}
