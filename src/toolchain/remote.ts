/** The part of a selection that needs the network: which versions the proxies have, and fetching the one chosen. */
import type { Config } from '../config/config.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { minorOf } from '../formats/goversion.ts';
import type { Host } from '../host/host.ts';
import { type Network, openNetwork } from '../host/network.ts';
import { chooseGoVersion, type GoChoice, type GoFacts, type GoWish, wishFor } from './choose.ts';
import { fetchToolchain } from './fetch.ts';
import type { GoModLines } from './gomod.ts';
import { noSource } from './no-source.ts';
import { type Mirror, parseMirrors, remoteVersions } from './proxy.ts';
import type { SelectOptions } from './select.ts';
import { type GoSettings, readGoSettings } from './settings.ts';
import { knownVersions } from './sums.ts';

/**
 * A choice that is in the store now (or was here already), or why there is none. `lasting`: every proxy that was
 * needed answered, so that the same facts lead to the same choice tomorrow.
 */
export type RemoteOutcome =
  | {
      readonly kind: 'found';
      readonly choice: GoChoice;
      readonly diagnostics: readonly Diagnostic[];
      readonly lasting: boolean;
    }
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

/** Chooses among what the proxies and this machine have, fetching as needed. */
export async function fetchChoice(host: Host, selection: RemoteSelection): Promise<RemoteOutcome> {
  const { tree, config, asked, goMod, options, local } = selection;
  const settings = await readGoSettings(host, config, options.signal);
  const mirrors = parseMirrors(settings.proxy?.value ?? '').filter(usableOffline(options.offline));
  const wished = wishFor(tree, config, asked, goMod);
  if (!wished.ok) return { kind: 'failed', diagnostics: wished.diagnostics };
  if (mirrors.length === 0) {
    const without = { tree, config, asked, goMod, local, offline: options.offline, proxy: settings.proxy };
    return { kind: 'failed', diagnostics: [noSource(without)] };
  }
  const network = openNetwork(host, { offline: options.offline, signal: options.signal });
  try {
    return await fetchWish(host, network, { ...selection, settings, mirrors, wish: wished.value });
  } finally {
    await network.close();
  }
}

interface WishSelection extends RemoteSelection {
  readonly wish: GoWish;
  readonly settings: GoSettings;
  readonly mirrors: readonly Mirror[];
}

/** Tries versions in the order of the rule; one that turns out absent is passed over. */
async function fetchWish(host: Host, network: Network, selection: WishSelection): Promise<RemoteOutcome> {
  const { tree, config, asked, goMod, options, local, wish, mirrors, settings } = selection;
  const list = () => {
    options.progress?.('asking which Go versions there are');
    return remoteVersions(network, mirrors, host.platform);
  };
  const unlisted = unlistedCandidates(host, wish);
  const absent = new Set<string>();
  // An exact version may be there without being listed, so it is simply tried; the list comes after.
  let listed = wish.kind === 'exact' ? undefined : await list();
  for (;;) {
    const all = [...local, ...unlisted, ...(listed?.versions ?? [])].filter(
      (version) => !absent.has(version),
    );
    const choice = chooseGoVersion(tree, config, asked, all, goMod);
    if (!listed && (!choice.ok || choice.diagnostics.length > 0)) {
      listed = await list();
      continue;
    }
    const problems = listed?.problems ?? [];
    if (!choice.ok) return { kind: 'failed', diagnostics: [...problems, ...choice.diagnostics] };
    const { version } = choice.value;
    // What a silent proxy has is unknown: another minor is not taken on such ground.
    const isGuess = problems.length > 0 && wish.kind !== 'any' && minorOf(version) !== minorOf(wish.version);
    if (isGuess) return { kind: 'failed', diagnostics: problems };
    if (options.strict && choice.diagnostics.length > 0) {
      return { kind: 'failed', diagnostics: [...problems, ...choice.diagnostics.map(asRefusal)] };
    }
    const found = (diagnostics: readonly Diagnostic[]): RemoteOutcome => ({
      kind: 'found',
      choice: choice.value,
      diagnostics: [...problems.map(asWarning), ...diagnostics, ...choice.diagnostics],
      lasting: problems.length === 0,
    });
    if (local.includes(version)) return found([]);
    const outcome = await fetchToolchain(host, network, {
      ...{ version, mirrors, config },
      platform: host.platform,
      sumdb: settings.sumdb,
      sum: options.toolchainSum,
      signal: options.signal,
      progress: options.progress,
    });
    if (outcome.kind === 'stored') return found(outcome.diagnostics);
    if (outcome.kind === 'failed') return outcome;
    absent.add(version);
  }
}

/** Versions worth a try although no list names them: the exact one, and those of the wanted minor that we know. */
function unlistedCandidates(host: Host, wish: GoWish): string[] {
  const known = knownVersions(host.platform).filter((version) => minorOf(version) === minorOf(wish.version));
  return wish.kind === 'exact' ? [wish.version, ...known] : known;
}

function asRefusal(nearest: Diagnostic): Diagnostic {
  return {
    ...nearest,
    severity: 'error',
    code: 'toolchain/not-available',
    what: nearest.what.replace(/, so .*$/, ''),
  };
}

function asWarning(diagnostic: Diagnostic): Diagnostic {
  return { ...diagnostic, severity: 'warning' };
}

function usableOffline(offline: boolean): (mirror: Mirror) => boolean {
  return (mirror) => !offline || mirror.url.startsWith('file:');
}
