/** `kubewright toolchain`: which Go toolchains are here, fetching one, and proving that none was changed. */
import type { Command } from 'commander';
import { type Config, NO_CONFIG } from '../../config/config.ts';
import { type Diagnostic, error, Failure, unwrap, warning } from '../../diagnostic/diagnostic.ts';
import { compareGoVersions } from '../../formats/goversion.ts';
import { localToolchains, selectToolchain } from '../../toolchain/select.ts';
import { listStored, removeStored, verifyStored } from '../../toolchain/store.ts';
import { findTreeRoot } from '../../tree/open.ts';
import type { Tree } from '../../tree/tree.ts';
import type { Start } from '../commands.ts';
import { openRequestedTree } from '../opentree.ts';
import type { CommandContext } from '../request.ts';
import { statusLine } from '../statusline.ts';
import { table } from '../table.ts';

export function configure(command: Command, start: Start): void {
  // Global options may stand behind list, get and verify too.
  command.enablePositionalOptions(false);
  command
    .command('list')
    .description(
      'Go toolchains on this machine: the store, PATH, directories; --remote asks the module proxy',
    )
    .option('--remote', 'also the versions that the module proxy offers')
    .action((options: { remote?: boolean }) => start((context) => list(context, options.remote === true)));
  command
    .command('get [version]')
    .description('fetch a Go toolchain into the store; without a version, the one that the tree wants')
    .option('--toolchain-sum <h1:sum>', 'the sum that it must have, when no checksum database may be asked')
    .action((version: string | undefined, options: { toolchainSum?: string }) =>
      start((context) => get(context, version, options.toolchainSum)),
    );
  command
    .command('verify [versions...]')
    .description('hash the stored toolchains again and compare them with what was fetched')
    .option('--repair', 'remove the damaged ones; the next build fetches them anew')
    .action((versions: string[], options: { repair?: boolean }) =>
      start((context) => verify(context, versions, options.repair === true)),
    );
}

/** The configuration and tree around the working directory; these commands work outside a tree too. */
async function surroundings(context: CommandContext): Promise<{ config: Config; tree?: Tree }> {
  const { host, options } = context;
  const isInTree = findTreeRoot(host, options.tree ?? '.') !== undefined;
  return isInTree || options.tree !== undefined ? openRequestedTree(context) : { config: NO_CONFIG };
}

interface ListedToolchain {
  readonly version: string;
  readonly platform: string;
  readonly source: string;
  readonly root: string;
  readonly sum?: string;
}

async function list(context: CommandContext, remote: boolean): Promise<number> {
  const { host, options, signal } = context;
  const { config, tree } = await surroundings(context);
  const foreign = listStored(host).filter((stored) => stored.platform !== host.platform);
  const here: ListedToolchain[] = [
    ...[...localToolchains(host, config, tree?.root).values()].map(({ version, root, source, stored }) => {
      return { version, platform: host.platform, source, root, ...(stored ? { sum: stored.sum } : {}) };
    }),
    ...foreign.map(({ version, platform, root, sum }) => ({ version, platform, source: 'store', root, sum })),
  ].sort((a, b) => compareGoVersions(a.version, b.version));
  const offered = remote ? await askProxies(context, config) : undefined;
  signal.throwIfAborted();
  if (options.json) {
    context.print(JSON.stringify({ toolchains: here, ...(offered ? { remote: offered } : {}) }));
    return 0;
  }
  const rows = here.map(({ version, platform, source, root }) => [version, platform, source, root]);
  if (rows.length > 0) context.print(table([['VERSION', 'PLATFORM', 'FROM', 'GOROOT'], ...rows]));
  else context.print('no Go on this machine');
  if (offered) context.print(`\noffered for ${host.platform}:\n  ${offered.join(' ')}`);
  return 0;
}

async function askProxies(context: CommandContext, config: Config): Promise<string[]> {
  const { host, options, signal } = context;
  const { openNetwork } = await import('../../host/network.ts');
  const { parseMirrors, PROXY_SETTING, remoteVersions } = await import('../../toolchain/proxy.ts');
  const { readGoSettings } = await import('../../toolchain/settings.ts');
  const mirrors = parseMirrors((await readGoSettings(host, config, signal)).proxy?.value ?? '');
  if (mirrors.length === 0) throw new Failure(noProxy(PROXY_SETTING));
  const network = openNetwork(host, { offline: options.offline, signal });
  try {
    const { versions, problems } = await remoteVersions(network, mirrors, host.platform);
    if (versions.length === 0 && problems.length > 0) throw new Failure(...problems);
    for (const problem of problems) context.report({ ...problem, severity: 'warning' });
    return [...versions].sort(compareGoVersions);
  } finally {
    await network.close();
  }
}

function noProxy(setting: string): Diagnostic {
  return error('toolchain/no-source', {
    what: 'no Go module proxy is set, so there is nobody to ask',
    why: 'no address is built in',
    help: `set one: ${setting}`,
  });
}

async function get(
  context: CommandContext,
  version: string | undefined,
  sum: string | undefined,
): Promise<number> {
  const { host, options, signal } = context;
  const { config, tree } = await surroundings(context);
  if (version === undefined && !tree) await openRequestedTree(context);
  const line = statusLine(context);
  try {
    const result = await selectToolchain(host, version === undefined && tree ? tree : {}, config, {
      toolchain: version,
      toolchainSum: sum,
      offline: options.offline,
      signal,
      progress: line.show,
      fresh: true,
      strict: version !== undefined,
    });
    line.clear();
    const toolchain = unwrap(result);
    for (const diagnostic of result.diagnostics) context.report(diagnostic);
    if (options.json) context.print(JSON.stringify(toolchain));
    else
      context.print(`Go ${toolchain.version}: ${toolchain.root} (${toolchain.because}; ${toolchain.digest})`);
    return 0;
  } finally {
    line.clear();
  }
}

async function verify(
  context: CommandContext,
  versions: readonly string[],
  repair: boolean,
): Promise<number> {
  const { host, options, signal } = context;
  const all = listStored(host);
  const wanted = versions.map((version) => version.replace(/^go/, ''));
  const unknown = wanted.filter((version) => !all.some((stored) => stored.version === version));
  if (unknown.length > 0) throw new Failure(...unknown.map(notStored));
  const checked = all.filter((stored) => wanted.length === 0 || wanted.includes(stored.version));
  const results = [];
  for (const stored of checked) {
    const differences = verifyStored(host, stored, signal);
    const isWhole =
      differences.manifestIsWhole && differences.changed.length + differences.missing.length === 0;
    results.push({ version: stored.version, platform: stored.platform, isWhole, ...differences });
    const name = `Go ${stored.version} for ${stored.platform}`;
    if (isWhole && !options.json) context.print(`${name}: whole (${stored.sum})`);
    if (isWhole) continue;
    if (repair) removeStored(host, stored);
    context.report(changed(stored.root, name, [...differences.changed, ...differences.missing], repair));
  }
  if (options.json) context.print(JSON.stringify({ toolchains: results }));
  else if (checked.length === 0) context.print('no toolchain is in the store');
  return results.every(({ isWhole }) => isWhole) || repair ? 0 : 1;
}

function notStored(version: string): Diagnostic {
  return error('toolchain/not-available', {
    what: `Go ${version} is not in the store`,
    help: `fetch it with kubewright toolchain get ${version}; kubewright toolchain list shows what is there`,
  });
}

function changed(root: string, name: string, paths: readonly string[], removed: boolean): Diagnostic {
  const some = paths.slice(0, 5).join(', ');
  const more = paths.length > 5 ? ` and ${paths.length - 5} more` : '';
  return (removed ? warning : error)('toolchain/changed', {
    what: `${name} is not what was fetched${removed ? ', and was removed' : ''}`,
    where: [{ file: root }],
    why: paths.length === 0 ? 'its own list of files is damaged' : `changed or missing: ${some}${more}`,
    help: removed
      ? 'the next build, or kubewright toolchain get, fetches it anew'
      : 'remove it with kubewright toolchain verify --repair; the next build fetches it anew',
  });
}
