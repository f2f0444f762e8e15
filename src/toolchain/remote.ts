/** The part of a selection that needs the network: which versions the proxies have, and fetching the one chosen. */
import type { Config } from '../config/config.ts';
import { type Diagnostic, error } from '../diagnostic/diagnostic.ts';
import type { Host } from '../host/host.ts';
import { openNetwork } from '../host/network.ts';
import { chooseGoVersion, type GoChoice, type GoFacts, type GoWish, wishFor } from './choose.ts';
import { fetchToolchain } from './fetch.ts';
import type { GoModLines } from './gomod.ts';
import { minorOf } from './goversion.ts';
import { type Mirror, PROXY_SETTING, parseMirrors, remoteVersions } from './proxy.ts';
import type { SelectOptions } from './select.ts';
import { type GoSettings, readGoSettings } from './settings.ts';
import { knownVersions } from './sums.ts';

/** A choice that is in the store now (or was here already), or why there is none. */
export type RemoteOutcome =
  | { readonly kind: 'found'; readonly choice: GoChoice; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'failed'; readonly diagnostics: readonly Diagnostic[] };

export interface RemoteSelection {
  readonly tree: GoFacts;
  readonly config: Config;
  readonly asked: string | undefined;
  readonly goMod: GoModLines;
  readonly options: SelectOptions;
  /** Versions on this machine. */
  readonly local: readonly string[];
}

/** Chooses among what the proxies and this machine have, fetching as needed; a version that turns out absent is passed over. */
export async function fetchChoice(host: Host, selection: RemoteSelection): Promise<RemoteOutcome> {
  const { tree, config, asked, goMod, options, local } = selection;
  const settings = await readGoSettings(host, config, options.signal);
  const mirrors = parseMirrors(settings.proxy?.value ?? '').filter(usableOffline(options.offline));
  const choose = (versions: readonly string[]) => chooseGoVersion(tree, config, asked, versions, goMod);
  if (mirrors.length === 0) return { kind: 'failed', diagnostics: [noSource(selection, settings)] };
  const network = openNetwork(host, { offline: options.offline, signal: options.signal });
  try {
    const list = () => {
      options.progress?.('asking which Go versions there are');
      return remoteVersions(network, mirrors, host.platform);
    };
    const exact = exactVersion(selection);
    // An exact version may be there without being listed, so it is simply tried; the list comes after.
    let listed = exact === undefined ? await list() : undefined;
    const absent = new Set<string>();
    for (;;) {
      const all = [
        ...local,
        ...knownVersions(host.platform),
        ...(listed?.versions ?? []),
        exact ?? [],
      ].flat();
      const choice = choose(all.filter((version) => !absent.has(version)));
      if (!listed && (!choice.ok || choice.diagnostics.length > 0)) {
        listed = await list();
        continue;
      }
      if (!choice.ok)
        return { kind: 'failed', diagnostics: [...(listed?.problems ?? []), ...choice.diagnostics] };
      const { version } = choice.value;
      const found = (diagnostics: readonly Diagnostic[]): RemoteOutcome => ({
        kind: 'found',
        choice: choice.value,
        diagnostics: [...choice.diagnostics, ...diagnostics],
      });
      if (local.includes(version)) return found([]);
      const outcome = await fetchToolchain(host, network, {
        version,
        platform: host.platform,
        mirrors,
        sumdb: settings.sumdb,
        config,
        sum: options.toolchainSum,
        signal: options.signal,
        progress: options.progress,
      });
      if (outcome.kind === 'stored') return found(outcome.diagnostics);
      if (outcome.kind === 'failed') return outcome;
      absent.add(version);
    }
  } finally {
    await network.close();
  }
}

function exactVersion({ tree, config, asked, goMod }: RemoteSelection): string | undefined {
  const wish = wishFor(tree, config, asked, goMod);
  return wish.ok && wish.value.kind === 'exact' ? wish.value.version : undefined;
}

function usableOffline(offline: boolean): (mirror: Mirror) => boolean {
  return (mirror) => !offline || mirror.url.startsWith('file:');
}

function noSource(
  { tree, config, asked, goMod, options, local }: RemoteSelection,
  settings: GoSettings,
): Diagnostic {
  const wish = wishFor(tree, config, asked, goMod);
  const wanted = wish.ok ? describeWish(wish.value) : 'the Go that this tree wants';
  const where = wish.ok && wish.value.where ? [wish.value.where] : [];
  const here = local.length === 0 ? 'no Go is on this machine' : `this machine has Go ${local.join(', ')}`;
  if (options.offline && settings.proxy) {
    return error('network/offline', {
      what: `${wanted} is not on this machine, and --offline forbids to ask ${parseMirrors(
        settings.proxy.value,
      )
        .map((mirror) => mirror.shown)
        .join(', ')}`,
      where,
      why: here,
      help: 'run kubewright toolchain get once without --offline, or name a directory of GOROOTs with KUBEWRIGHT_TOOLCHAINS',
    });
  }
  const off = settings.proxy
    ? `${settings.proxy.origin} is ${settings.proxy.value}`
    : 'no module proxy is set';
  return error('toolchain/no-source', {
    what: `${wanted} is wanted, and there is no place to get it from`,
    where,
    why: `${here}, and ${off}`,
    help: `set the address of a Go module proxy: ${PROXY_SETTING} (https://… or file://…); or a directory of GOROOTs: KUBEWRIGHT_TOOLCHAINS; or one GOROOT: --toolchain=DIRECTORY`,
  });
}

function describeWish({ kind, version, because }: GoWish): string {
  switch (kind) {
    case 'exact':
      return `Go ${version} (${because})`;
    case 'minor':
      return `Go ${minorOf(version)} (${because})`;
    case 'any':
      return `a Go (${because})`;
  }
}
