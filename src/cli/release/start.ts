/** Begins a release: what decides it is read. */
import { taken } from '../../diagnostic/diagnostic.ts';
import { readTreeVersion, type TreeVersion } from '../../tree/version.ts';
import type { CommandContext } from '../request.ts';
import { openSession, type Session } from '../session.ts';
import { decidePlace } from './place.ts';
import type { ReleaseRequest } from './request.ts';

/** Returns the exit code. */
export async function startRelease(given: CommandContext, asked: ReleaseRequest): Promise<number> {
  const session = await openSession(asked.isQuick ? quickly(given) : given);
  const request = decidePlace(session, asked);
  const version = await versionOf(session, request);
  return (await import('./run.ts')).release(session, request, version);
}

export async function versionOf(
  { context, tree }: Session,
  { versionString }: ReleaseRequest,
): Promise<TreeVersion> {
  const { host, signal } = context;
  return taken(await readTreeVersion(host, tree, { versionString, signal })).value;
}

/** The tree's own lists know what a quick release is built for. */
function quickly(context: CommandContext): CommandContext {
  const environment = { ...context.host.environment, KUBE_FASTBUILD: 'true' };
  return { ...context, host: { ...context.host, environment } };
}
