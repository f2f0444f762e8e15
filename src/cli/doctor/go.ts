/** Doctor's questions about Go: which the tree wants, where it is, what PATH holds instead. */
import type { Config } from '../../config/config.ts';
import type { Host } from '../../host/host.ts';
import { goOnPath } from '../../toolchain/goroot.ts';
import { previewToolchain } from '../../toolchain/preview.ts';
import type { Tree } from '../../tree/tree.ts';
import { type Check, lacking, ok } from './check.ts';

/** The checks, and the version that would be used, for the checks that depend on it. */
export async function checkGo(
  host: Host,
  tree: Tree,
  config: Config,
  options: { signal: AbortSignal; offline: boolean },
): Promise<{ checks: readonly Check[]; goVersion: string | undefined }> {
  const preview = await previewToolchain(host, tree, config, {
    signal: options.signal,
  });
  const wanted = `Go ${preview.version} (${preview.because})`;
  const checks: Check[] = [];
  const first = preview.diagnostics[0];
  switch (preview.kind) {
    case 'here':
      checks.push(ok('Go', `${wanted}, in ${preview.root}`));
      break;
    case 'fetch': {
      const from = preview.mirrors.map((mirror) => mirror.shown).join(', ');
      if (options.offline) {
        const remedy = 'run kubewright toolchain get once without --offline';
        checks.push(
          lacking('missing', 'Go', `${wanted} is not here, and --offline forbids to fetch it`, remedy),
        );
      } else {
        checks.push(ok('Go', `${wanted}, to be fetched from ${from} (${preview.proxySetting?.origin})`));
      }
      break;
    }
    case 'nowhere':
      checks.push(
        lacking('missing', 'Go', [first?.what, first?.why].filter(Boolean).join('; '), first?.help ?? ''),
      );
      break;
  }
  if (preview.kind !== 'nowhere' && first)
    checks.push(lacking('warning', 'Go version', first.what, first.help));
  const path = goOnPath(host);
  if (path && preview.version !== undefined && path.goroot?.version !== preview.version) {
    const version = path.goroot ? `Go ${path.goroot.version}` : 'a Go of unknown version';
    const found = `${version} at ${path.program} is another one; kubewright does not use it`;
    const remedy = `nothing for kubewright; the tree’s own scripts would take it: put the right one first on PATH (kubewright toolchain get prints where it is)`;
    checks.push(lacking('warning', 'Go on PATH', found, remedy));
  }
  return { checks, goVersion: preview.version };
}
