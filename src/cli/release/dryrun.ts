/** Prints what a release would hold. */
import { withImages } from '../../release/pipeline.ts';
import { formatBytes } from '../../report/units.ts';
import type { Session } from '../session.ts';
import { showImages } from './images.ts';
import type { PlannedRelease } from './planned.ts';

/** `commands`: what would be run in a container first. Every archive and image, each member with --verbose; no base is fetched, no program looked at. */
export async function showRelease(
  session: Session,
  { tarballs: planned, selection }: PlannedRelease,
  commands: readonly (readonly string[])[],
  laysOut: boolean,
): Promise<number> {
  const { context } = session;
  const images = selection ? await showImages(session, selection, laysOut) : { archives: [], paths: [] };
  const tarballs = planned.map((tarball) => withImages(tarball, images.archives));
  if (context.options.json) {
    const shown = tarballs.map(({ name, part, platform, members }) => {
      return { name, part, platform, members: members.map(({ path }) => path) };
    });
    context.print(
      JSON.stringify({
        ...(commands.length > 0 ? { container: commands } : {}),
        ...{ tarballs: shown, images: images.paths },
      }),
    );
    return 0;
  }
  for (const words of commands) context.print(`in a container: ${words.join(' ')}`);
  for (const path of images.paths) context.print(path);
  for (const { name, members } of tarballs) {
    const bytes = members.reduce((sum, member) => sum + (member.kind === 'file' ? member.size : 0), 0);
    context.print(`${name}  ${members.length} members, ${formatBytes(bytes)}`);
    if (context.options.verbose) for (const { path } of members) context.print(`  ${path}`);
  }
  return 0;
}
