/** The Go of a build image: the tree's, for the platform of the engine, which need not be this machine's. */
import { taken } from '../../../diagnostic/diagnostic.ts';
import type { Platform } from '../../../target/platform.ts';
import { selectToolchain } from '../../../toolchain/select.ts';
import type { Toolchain } from '../../../toolchain/toolchain.ts';
import type { Session } from '../../session.ts';
import { statusLine } from '../../statusline.ts';

export async function goOfImage(
  session: Session,
  asked: string | undefined,
  platform: Platform,
): Promise<Toolchain> {
  const { context, tree, config } = session;
  const { host, options, signal } = context;
  const line = statusLine(context);
  const selected = await selectToolchain({ ...host, platform }, tree, config, {
    ...(asked === undefined ? {} : { toolchain: asked }),
    ...{ offline: options.offline, signal, progress: line.show },
  }).finally(line.clear);
  const { value, diagnostics } = taken(selected);
  if (!options.quiet) for (const one of diagnostics) context.report(one);
  return value;
}
