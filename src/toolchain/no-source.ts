/** The letter to a person whose machine has no Go for the tree, and no place to get one from. */
import type { Config } from '../config/config.ts';
import { type Diagnostic, error } from '../diagnostic/diagnostic.ts';
import { minorOf } from '../formats/goversion.ts';
import { type GoFacts, type GoWish, wishFor } from './choose.ts';
import type { GoModLines } from './gomod.ts';
import { PROXY_SETTING, parseMirrors } from './proxy.ts';
import type { Setting } from './settings.ts';

export interface WithoutSource {
  readonly tree: GoFacts;
  readonly config: Config;
  readonly asked: string | undefined;
  readonly goMod: GoModLines;
  /** Versions on this machine. */
  readonly local: readonly string[];
  readonly offline: boolean;
  readonly proxy: Setting | undefined;
}

/** Names the wanted Go, what is here instead, and exactly which settings to make. */
export function noSource({ tree, config, asked, goMod, local, offline, proxy }: WithoutSource): Diagnostic {
  const wish = wishFor(tree, config, asked, goMod);
  const wanted = wish.ok ? describeWish(wish.value) : 'the Go that this tree wants';
  const where = wish.ok && wish.value.where ? [wish.value.where] : [];
  const here =
    local.length === 0 ? 'no Go is on PATH nor in the store' : `this machine has Go ${local.join(', ')}`;
  if (offline && proxy) {
    return error('network/offline', {
      what: `${wanted} is not on this machine, and --offline forbids to ask ${parseMirrors(proxy.value)
        .map((mirror) => mirror.shown)
        .join(', ')}`,
      where,
      why: here,
      help: 'run kubewright toolchain get once without --offline, or name a directory of GOROOTs with KUBEWRIGHT_TOOLCHAINS',
    });
  }
  const off = proxy ? `${proxy.origin} is ${proxy.value}` : 'no module proxy is set';
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
