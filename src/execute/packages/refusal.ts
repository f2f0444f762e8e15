/** Builds that our own engine leaves to go, and those that go cannot do either. Pure. */
import { type Diagnostic, error } from '../../diagnostic/diagnostic.ts';
import { atLeast } from '../../formats/goversion.ts';
import type { GoBuildAction } from '../../plan/step.ts';

/** The split of interface and object, and `-n` as we read it, were proven from this release on. */
export const OLDEST_GO = '1.11';

/** Flags whose effect on packages go's own script tells in full. */
const KNOWN_FLAGS =
  /^-(v|x|p=.*|race|msan|asan|trimpath|installsuffix=.*|tags=.*|mod=.*|modcacherw|buildvcs=.*|gcflags=.*|asmflags=.*|ldflags=.*)$/s;

/** Why go has to build it; undefined when we can. */
export function refusalOf(action: GoBuildAction, goVersion: string): string | undefined {
  if (!atLeast(goVersion, OLDEST_GO)) return `Go ${goVersion} is older than ${OLDEST_GO}`;
  if (action.addedSources) return 'a coverage build adds sources of its own';
  const words = [...action.flags, ...(action.environment['GOFLAGS'] ?? '').split(/\s+/).filter(Boolean)];
  const unknown = words.find((flag) => !KNOWN_FLAGS.test(flag.replace(/^--/, '-')));
  return unknown === undefined ? undefined : `${unknown} is a flag that we leave to go`;
}

/** What is to be said when only go could build it, and its programs would hold the paths of here. */
export function pathsImpossible(
  why: string,
  help = 'build where these paths are real: kubewright container run make WHAT=…, or a checkout and a Go at these very paths',
): Diagnostic {
  return error('build/paths-impossible', {
    what: 'programs cannot be given the paths of another place (--paths, build.paths)',
    why,
    help,
  });
}
