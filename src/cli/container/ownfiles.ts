/** Files of our own in a container: the script that runs the command, what it removes first, and the version. */
import type { TarMember } from '../../formats/tar.ts';
import { generatedNames } from './generated.ts';
import { OWN } from './plan.ts';
import type { PreparedContainer } from './prepare.ts';
import { containerScript } from './script.ts';
import { versionFile } from './versiondefs.ts';

/** `removed`: paths that are no sources any more. */
export function* ownFiles(
  { plan, request, version }: PreparedContainer,
  removed: readonly string[],
): Generator<TarMember> {
  const [uid = 0, gid = 0] = (plan.user ?? '0:0').split(':').map(Number);
  const file = (name: string, text: string): TarMember => ({
    entry: { path: `${OWN.slice(1)}/${name}`, kind: 'file', mode: 0o644, size: Buffer.byteLength(text) },
    content: Buffer.from(text),
  });
  yield { entry: { path: `${OWN.slice(1)}/out`, kind: 'directory', mode: 0o755, size: 0, uid, gid } };
  yield file(
    'run',
    containerScript({
      ...{ remoteRoot: plan.build.remoteRoot, remoteBin: plan.remoteBin },
      tracksSources: plan.transport !== 'bind',
      generated: request.generated && plan.transport !== 'bind' ? generatedNames(plan.build.receive) : [],
    }),
  );
  yield file('remove', removed.map((path) => `./${path}\0`).join(''));
  yield file('version', versionFile(version));
}
