/** One line on stderr that replaces itself on a terminal; elsewhere each new stage is a line of its own. */
import type { CommandContext } from './request.ts';

export interface StatusLine {
  readonly show: (text: string) => void;
  readonly clear: () => void;
}

/** Shows nothing with --quiet. */
export function statusLine({ host, options }: CommandContext): StatusLine {
  if (options.quiet) return { show: () => {}, clear: () => {} };
  const isLive = host.stderr.isTTY === true && !options.plain && !options.json;
  let shown = '';
  return {
    show: (text) => {
      if (isLive) host.stderr.write(`\r\u001b[K${text.slice(0, (host.stderr.columns ?? 80) - 1)}`);
      // Counting bytes is for terminals; a log wants one line a stage.
      else if (!/ MiB$/.test(text) && text !== shown) host.stderr.write(`${text}\n`);
      shown = text;
    },
    clear: () => {
      if (isLive && shown) host.stderr.write('\r\u001b[K');
      shown = '';
    },
  };
}

/** A number of bytes for a line that counts them: one place, without the unit. */
export function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1);
}
