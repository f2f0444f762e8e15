/** Whose paths programs are to hold: from a request to the places of this build, and why it cannot be. */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts';
import { pathsImpossible, refusalOf } from '../../execute/packages/refusal.ts';
import { atLeast } from '../../formats/goversion.ts';
import type { GoBuildAction, Step } from '../../plan/step.ts';
import type { MachineFacts } from '../../steps/compile/environment.ts';
import { OLDEST_GO_WITH_PLACES, type Places, toPlaces } from '../../steps/package/places.ts';
import type { Toolchain } from '../../toolchain/toolchain.ts';
import { REMOTE_GOROOT, readContainerBuild } from '../../tree/container/facts.ts';
import type { Session } from '../session.ts';
import type { BuildRequest } from './request.ts';

/** GOPATH of the golang images, from which build images come. */
const REMOTE_MODULES = '/go/pkg/mod';

/** Undefined when programs hold the paths of the checkout. */
export function placesOf(
  { context, tree, layout }: Session,
  { paths }: Pick<BuildRequest, 'paths'>,
  toolchain: Pick<Toolchain, 'root'>,
  machine: Pick<MachineFacts, 'moduleVariables'>,
): Places | undefined {
  if (paths === 'checkout') return undefined;
  const inside = readContainerBuild(context.host, tree);
  const named = paths === 'container' ? undefined : paths;
  const root = named?.tree ?? inside.remoteRoot;
  const output = named ? `${root}/${named.output ?? '_output/dockerized'}` : inside.remoteOutput;
  const { GOMODCACHE, GOPATH } = machine.moduleVariables;
  const modules = GOMODCACHE ?? `${GOPATH?.split(':')[0]}/pkg/mod`;
  return toPlaces([
    ...(GOMODCACHE || GOPATH ? [[modules, named?.modules ?? REMOTE_MODULES] as const] : []),
    [tree.root, root],
    [layout.local, output],
    [layout.gopath, `${output}/go`],
    [toolchain.root, named?.go ?? REMOTE_GOROOT],
  ]);
}

/** Why Steps cannot be made with the paths of another place; none where no program holds any. */
export function placesProblems(
  steps: readonly Step[],
  request: Pick<BuildRequest, 'paths' | 'engine' | 'reproducible'>,
  goVersion: string,
): Diagnostic[] {
  if (request.paths !== 'checkout' && request.reproducible)
    return [
      pathsImpossible(
        '--reproducible trims all paths',
        'leave one of them out (build.reproducible, build.paths)',
      ),
    ];
  const placed = steps.flatMap(({ action }) => (action.kind === 'go-build' && action.places ? [action] : []));
  const [action] = placed;
  if (!action) return [];
  const separator = action.places?.find((names) => names.join('').includes(';'));
  if (request.engine === 'go')
    return [
      pathsImpossible(
        'go build writes where things lie here',
        'leave out --engine go, or build at those paths',
      ),
    ];
  if (!atLeast(goVersion, OLDEST_GO_WITH_PLACES)) {
    const why = `the compiler of Go ${goVersion} cannot rename paths: ${OLDEST_GO_WITH_PLACES} is the first that can`;
    return [pathsImpossible(why)];
  }
  if (separator)
    return [
      pathsImpossible(
        `a semicolon in ${separator[0]} ends a rule of the compiler`,
        'move it to a path without one',
      ),
    ];
  return [...reasonsOf(placed, goVersion)].map((reason) => pathsImpossible(reason));
}

function reasonsOf(actions: readonly GoBuildAction[], goVersion: string): Set<string> {
  return new Set(actions.flatMap((action) => refusalOf(action, goVersion) ?? []));
}
