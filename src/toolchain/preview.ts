/** What a selection would do, without doing it: for `doctor` and dry runs. Nothing is fetched or written. */
import type { Config } from '../config/config.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { minorOf } from '../formats/goversion.ts';
import type { Host } from '../host/host.ts';
import { chooseGoVersion, type GoFacts, wishFor } from './choose.ts';
import type { GoModLines } from './gomod.ts';
import { noSource } from './no-source.ts';
import { type Mirror, parseMirrors } from './proxy.ts';
import { askedByEnvironment, goModOf, localToolchains } from './select.ts';
import { readGoSettings, type Setting } from './settings.ts';
import { knownVersions } from './sums.ts';

/** `here`: ready; `fetch`: a proxy will be asked; `nowhere`: neither. */
export interface Preview {
  readonly kind: 'here' | 'fetch' | 'nowhere';
  readonly version?: string;
  readonly because?: string;
  /** GOROOT and source of one that is here. */
  readonly root?: string;
  readonly mirrors: readonly Mirror[];
  readonly proxySetting: Setting | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Tells which Go would be used and where it would come from. `remote` adds versions that the proxies listed. */
export async function previewToolchain(
  host: Host,
  tree: GoFacts,
  config: Config,
  options: { asked?: string | undefined; signal: AbortSignal; remote?: readonly string[] },
): Promise<Preview> {
  const { asked = askedByEnvironment(host), remote = [] } = options;
  const { proxy } = await readGoSettings(host, config, options.signal);
  const mirrors = parseMirrors(proxy?.value ?? '');
  const local = localToolchains(host, config, tree.root);
  const reachable = mirrors.length > 0 ? [...knownVersions(host.platform), ...remote] : [];
  const pinned = mirrors.length > 0 && tree.pinnedGo ? [tree.pinnedGo.value] : [];
  const goMod = goModOf(host, tree);
  const versions = [...local.keys(), ...reachable, ...pinned];
  const choice = chooseGoVersion(tree, config, asked, versions, goMod);
  const common = { mirrors, proxySetting: proxy, diagnostics: choice.diagnostics };
  // Without a proxy a selection does not go to another minor by itself.
  if (
    mirrors.length === 0 &&
    (!choice.ok || isOtherMinor(choice.value.version, tree, config, asked, goMod))
  ) {
    const without = { tree, config, asked, goMod, local: [...local.keys()], offline: false, proxy };
    return { kind: 'nowhere', ...common, diagnostics: [noSource(without)] };
  }
  if (!choice.ok) return { kind: 'nowhere', ...common };
  const { version, because } = choice.value;
  const here = local.get(version);
  if (here) return { kind: 'here', version, because, root: here.root, ...common };
  return { kind: 'fetch', version, because, ...common };
}

function isOtherMinor(
  version: string,
  tree: GoFacts,
  config: Config,
  asked: string | undefined,
  goMod: GoModLines,
): boolean {
  const wish = wishFor(tree, config, asked, goMod);
  return wish.ok && wish.value.kind !== 'any' && minorOf(wish.value.version) !== minorOf(version);
}
