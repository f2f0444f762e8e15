/** Where a release is built: on this machine, or in a container as upstream's scripts do (`build/release.sh`). */
import { findEngine } from '../../engine/endpoint.ts';
import { readReleaseCommand } from '../../tree/container/release.ts';
import type { Session } from '../session.ts';
import type { ReleaseRequest } from './request.ts';

/** The variable that says it for `kubewright make` and for scripts. */
const VARIABLE = 'KUBEWRIGHT_RELEASE_CONTAINER';

/**
 * The request with that decided: options first, then the variable, then kubewright.yaml, then what the tree's makefile does.
 * What is built in containers lies in a directory of its own, and is packed from there.
 */
export function decidePlace(session: Session, request: ReleaseRequest): ReleaseRequest {
  const isInContainer = isContained(session, request);
  const { container } = request;
  if (!isInContainer || request.from !== undefined)
    return { ...request, container: { ...container, isWanted: false } };
  const from = `${session.layout.out}/dockerized/bin`;
  return { ...request, from, container: { ...container, isWanted: true } };
}

function isContained({ context, config, tree, layout }: Session, request: ReleaseRequest): boolean {
  const { host } = context;
  const { isWanted } = request.container;
  if (typeof isWanted === 'boolean') return isWanted;
  const named = host.environment[VARIABLE];
  const said = named ? /^[yYtT1]/.test(named) : config.release?.container;
  if (said !== undefined) return said;
  if (isWanted !== 'upstream' || readReleaseCommand(host, tree.root) === undefined) return false;
  if (request.isPackagingOnly) return host.files.isDirectory(`${layout.out}/dockerized/bin`);
  const isThere = hasEngine(host);
  if (!isThere && !context.options.quiet && !context.options.json)
    host.stderr.write('No container engine is here: building on this machine, as kubewright release does\n');
  return isThere;
}

/** Whether an engine is named, or a socket of one is there. Nothing is asked. */
function hasEngine(host: Session['context']['host']): boolean {
  const found = findEngine(host);
  // One that is named wrongly is told when it is opened.
  if (!found.ok) return true;
  const { endpoint, from } = found.value;
  return (
    from !== 'the socket of this machine' || endpoint.kind !== 'unix' || host.files.exists(endpoint.path)
  );
}
