/** Module proxies (GOPROXY): which there are, which Go versions they offer, and where a toolchain lies on them. */

import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { Network } from '../host/network.ts';
import { NetworkFailure, withoutPassword } from '../host/network-problem.ts';
import type { Platform } from '../target/platform.ts';
import { moduleVersion, TOOLCHAIN_MODULE } from './store.ts';

/** One proxy: http, https or file, without a final slash. */
export interface Mirror {
  readonly url: string;
  /** The address as it may be printed. */
  readonly shown: string;
}

/** The settings that name a proxy, for messages. */
export const PROXY_SETTING = 'GOPROXY in the environment, or toolchain.proxy in kubewright.yaml';

const LIST_BYTES = 16 * 1024 ** 2;
const ARCHIVE_BYTES = 1024 ** 3;

/** The proxies in a GOPROXY value, in order. `direct` cannot hold toolchains; `off` ends the list. */
export function parseMirrors(value: string): Mirror[] {
  const words = value
    .split(/[,|]/)
    .map((word) => word.trim())
    .filter(Boolean);
  const end = words.indexOf('off');
  return (end < 0 ? words : words.slice(0, end))
    .filter((word) => word !== 'direct')
    .map((word) => {
      const url = (/^[a-z]+:\/\//i.test(word) ? word : `https://${word}`).replace(/\/+$/, '');
      return { url, shown: withoutPassword(url) };
    });
}

/** Versions that the proxies list for a platform, and what went wrong with those that gave no list. */
export async function remoteVersions(
  network: Network,
  mirrors: readonly Mirror[],
  platform: Platform,
): Promise<{ readonly versions: readonly string[]; readonly problems: readonly Diagnostic[] }> {
  const versions = new Set<string>();
  const problems: Diagnostic[] = [];
  for (const mirror of mirrors) {
    try {
      const text = await network.getText({
        url: `${mirror.url}/${TOOLCHAIN_MODULE}/@v/list`,
        what: 'the list of Go versions',
        setting: PROXY_SETTING,
        limitBytes: LIST_BYTES,
      });
      for (const version of versionsIn(text, platform)) versions.add(version);
    } catch (problem) {
      if (!(problem instanceof NetworkFailure)) throw problem;
      problems.push(...problem.diagnostics);
    }
  }
  return { versions: [...versions], problems };
}

/** Go versions in a list of module versions, for one platform. */
export function versionsIn(list: string, platform: Platform): string[] {
  const suffix = `.${platform.replace('/', '-')}`;
  return list
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('v0.0.1-go') && line.endsWith(suffix))
    .map((line) => line.slice('v0.0.1-go'.length, -suffix.length));
}

/** What to download for a toolchain; `extension` is `zip` for its bytes, `info` for a word that it exists. */
export function moduleFile(mirror: Mirror, version: string, platform: Platform, extension: 'zip' | 'info') {
  return {
    url: `${mirror.url}/${TOOLCHAIN_MODULE}/@v/${moduleVersion(version, platform)}.${extension}`,
    what: `Go ${version} for ${platform}`,
    setting: PROXY_SETTING,
    limitBytes: ARCHIVE_BYTES,
  };
}
