/** What `go list` is to be asked for a compile Step. Pure. */
import { digestOfRecord } from '../../formats/digest.ts';
import { type GoBuildAction, goClosures, type Step } from '../../plan/step.ts';
import type { ListingRequest, ListingRoot } from '../../tree/packages/golist.ts';
import { VOLATILE_VARIABLES } from './environment.ts';

/** Flags that decide which files and packages belong to a build. */
const CHOOSING = /^-(tags|race|msan|asan|mod|modfile|overlay|installsuffix)\b/;

export function listingOf(
  step: Step,
  goVersion: string,
): { request: ListingRequest; roots: readonly ListingRoot[] } {
  const action = step.action as GoBuildAction;
  const flags = action.flags.filter((flag) => CHOOSING.test(flag) && !flag.startsWith('-installsuffix'));
  const chosen = Object.entries(action.environment).filter(
    ([name]) => !VOLATILE_VARIABLES.has(name) && name !== 'CC',
  );
  return {
    request: {
      key: digestOfRecord({ flags, environment: Object.fromEntries(chosen), goVersion }).slice(0, 16),
      go: `${action.environment['GOROOT']}/bin/go`,
      goVersion,
      flags,
      environment: action.environment,
      workingDirectory: action.workingDirectory,
    },
    roots: goClosures(step).map(({ goPackage, role }) => ({ goPackage, role })),
  };
}
