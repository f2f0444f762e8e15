/** Differences of two texts as people read them: the unified form of diff -u. */
import { createTwoFilesPatch } from 'diff';

const CONTEXT_LINES = 3;
const TIMEOUT_MILLISECONDS = 10_000;

/** `a/PATH` and `b/PATH`, as git shows them; texts too different to compare in time are said to differ. */
export function unifiedDiff(path: string, before: string, after: string): string {
  const patch = createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, {
    context: CONTEXT_LINES,
    timeout: TIMEOUT_MILLISECONDS,
  });
  return (patch ?? `--- a/${path}\n+++ b/${path}\n`).replace(/^=+\n/, '');
}
