/** The sum that a toolchain must have, from somewhere else than the mirror that gives its bytes. */
import type { Config } from '../config/config.ts';
import { bad, error, ok, type Result } from '../diagnostic/diagnostic.ts';
import type { Network } from '../host/network.ts';
import { NetworkFailure } from '../host/network-problem.ts';
import type { Platform } from '../target/platform.ts';
import type { Mirror } from './proxy.ts';
import type { Setting } from './settings.ts';
import { moduleVersion, TOOLCHAIN_MODULE } from './store.ts';
import { lookUpSum, parseSumDatabase, SumDatabaseRefused } from './sumdb.ts';
import { knownSum } from './sums.ts';

export interface ExpectedSum {
  readonly sum: string;
  /** Where it was learnt: `toolchain.sums in kubewright.yaml:9`. */
  readonly origin: string;
}

/** Who may tell a sum, in order: the flag, kubewright.yaml, our own table, the checksum database. */
export interface SumSources {
  readonly flag: string | undefined;
  readonly config: Config;
  readonly mirrors: readonly Mirror[];
  readonly sumdb: Setting | undefined;
}

const ANSWER_BYTES = 1024 ** 2;

/** Finds the expected sum; toolchain/checksum-unknown names the flag that supplies one. */
export async function expectedSum(
  network: Network,
  version: string,
  platform: Platform,
  sources: SumSources,
): Promise<Result<ExpectedSum>> {
  if (sources.flag !== undefined) return ok({ sum: sources.flag, origin: '--toolchain-sum' });
  const key = `${version} ${platform}`;
  const pinned = sources.config.toolchain?.sums?.[key];
  if (pinned !== undefined) {
    const { file, line } = sources.config.locate('toolchain.sums');
    return ok({ sum: pinned, origin: `toolchain.sums in ${line === undefined ? file : `${file}:${line}`}` });
  }
  const known = knownSum(version, platform);
  if (known !== undefined) return ok({ sum: known, origin: 'the sums that kubewright carries' });
  return fromDatabase(network, version, platform, sources);
}

async function fromDatabase(
  network: Network,
  version: string,
  platform: Platform,
  sources: SumSources,
): Promise<Result<ExpectedSum>> {
  const database = parseSumDatabase(sources.sumdb?.value);
  if (!database) {
    const { value, origin } = sources.sumdb ?? { value: '', origin: 'GOSUMDB is not set' };
    const because = `the checksum database is ${value === 'off' ? 'switched off' : 'unknown'} (${origin})`;
    return bad(unknown(version, platform, because));
  }
  // As Go does: a proxy may pass the database on; else the database itself, when the settings name it.
  const addresses = sources.mirrors
    .filter((mirror) => !mirror.url.startsWith('file:'))
    .map((mirror) => `${mirror.url}/sumdb/${database.name}`);
  if (database.url) addresses.push(database.url);
  const reasons: string[] = [];
  for (const address of addresses) {
    try {
      const sum = await lookUpSum(database, TOOLCHAIN_MODULE, moduleVersion(version, platform), (path) =>
        network.getBytes({
          url: `${address}/${path}`,
          what: `the checksum of Go ${version} for ${platform}`,
          setting: 'GOSUMDB in the environment, or --toolchain-sum',
          limitBytes: ANSWER_BYTES,
        }),
      );
      return ok({ sum, origin: `the checksum database ${database.name}` });
    } catch (problem) {
      if (problem instanceof SumDatabaseRefused) reasons.push(`${address} ${problem.message}`);
      else if (problem instanceof NetworkFailure) reasons.push(...problem.diagnostics.map(reasonOf));
      else throw problem;
    }
  }
  return bad(unknown(version, platform, reasons.join('; ') || 'no checksum database can be reached'));
}

function reasonOf(diagnostic: { readonly what: string; readonly why?: string }): string {
  return diagnostic.why === undefined ? diagnostic.what : `${diagnostic.what}: ${diagnostic.why}`;
}

function unknown(version: string, platform: Platform, because: string) {
  return error('toolchain/checksum-unknown', {
    what: `no checksum is known for Go ${version} for ${platform}, so it is not fetched`,
    why: because,
    help: `learn the sum from a place that you trust and give it: --toolchain-sum=h1:…, or in kubewright.yaml under toolchain.sums: "${version} ${platform}": h1:…`,
  });
}
