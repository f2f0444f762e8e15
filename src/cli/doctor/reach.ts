/** With --network: whether the module proxies answer, and what they offer. */
import type { Config } from '../../config/config.ts';
import type { Host } from '../../host/host.ts';
import { openNetwork } from '../../host/network.ts';
import { PROXY_SETTING, parseMirrors, remoteVersions } from '../../toolchain/proxy.ts';
import { readGoSettings } from '../../toolchain/settings.ts';
import { type Check, lacking, ok } from './check.ts';

/** One check for each proxy. */
export async function checkReach(
  host: Host,
  config: Config,
  options: { offline: boolean; signal: AbortSignal },
): Promise<Check[]> {
  const { proxy } = await readGoSettings(host, config, options.signal);
  const mirrors = parseMirrors(proxy?.value ?? '');
  if (options.offline)
    return [lacking('optional', 'module proxy', 'not asked: --offline', 'leave --offline out')];
  if (mirrors.length === 0) {
    return [lacking('warning', 'module proxy', 'no address is set', `set one: ${PROXY_SETTING}`)];
  }
  const network = openNetwork(host, { offline: false, signal: options.signal, limits: { tries: 2 } });
  try {
    const checks: Check[] = [];
    for (const mirror of mirrors) {
      const { versions, problems } = await remoteVersions(network, [mirror], host.platform);
      const [problem] = problems;
      checks.push(
        problem
          ? lacking('warning', 'module proxy', `${problem.what}: ${problem.why}`, problem.help)
          : ok('module proxy', `${mirror.shown} lists ${versions.length} Go versions for ${host.platform}`),
      );
    }
    return checks;
  } finally {
    await network.close();
  }
}
