/** GOFLAGS of the user, cleaned of what an older Go would stop at. */
import { type Diagnostic, warning } from '../../diagnostic/diagnostic.ts';
import { atLeast } from '../../formats/goversion.ts';

/** The Go release that introduced a build flag; flags not listed are as old as GOFLAGS itself (1.11). */
const SINCE: Readonly<Record<string, string>> = {
  '-trimpath': '1.13',
  '-modcacherw': '1.14',
  '-modfile': '1.14',
  '-overlay': '1.16',
  '-asan': '1.18',
  '-buildvcs': '1.18',
  '-C': '1.20',
  '-cover': '1.20',
  '-coverpkg': '1.20',
  '-covermode': '1.20',
  '-pgo': '1.20',
};

/**
 * Leaves out flags that `goVersion` does not know, each with a warning: an inherited `-buildvcs=false` stops
 * Go 1.15 with "unknown flag" before it looks at anything.
 */
export function cleanGoFlags(
  goFlags: string,
  goVersion: string,
): { flags: string; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const kept = goFlags.split(/\s+/).filter((word) => {
    const name = `-${/^--?([^=]*)/.exec(word)?.[1] ?? ''}`;
    const since = SINCE[name];
    if (!since || atLeast(goVersion, since)) return word !== '';
    diagnostics.push(
      warning('build/flag-dropped', {
        what: `${word} in GOFLAGS was left out: Go ${goVersion} does not know it (it came with ${since})`,
        why: 'that Go would refuse to run at all',
        help: 'unset GOFLAGS for this tree, or take the flag out of it, to silence this',
      }),
    );
    return false;
  });
  return { flags: kept.join(' '), diagnostics };
}
