/** The Go that compiles generators: the tree's, or the one that was asked for. */
import { taken } from '../../diagnostic/diagnostic.ts';
import { selectToolchain } from '../../toolchain/select.ts';
import type { Toolchain } from '../../toolchain/toolchain.ts';
import type { Session } from '../session.ts';
import { statusLine } from '../statusline.ts';

/** Chooses it, fetching it when it must be. `asked`: how a person names one. */
export async function chooseToolchain(session: Session, asked: string | undefined): Promise<Toolchain> {
  const { context, tree, config } = session;
  const { host, options, signal } = context;
  const line = statusLine(context);
  const selection = {
    ...(asked === undefined ? {} : { toolchain: asked }),
    offline: options.offline || options.dryRun,
    signal,
    progress: line.show,
  };
  const selected = await selectToolchain(host, tree, config, selection).finally(line.clear);
  return taken(selected).value;
}
