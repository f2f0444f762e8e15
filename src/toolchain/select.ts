/** Picks the Go for a tree and makes it ready: from the store, from this machine, or from a module proxy. */
import { isAbsolute, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { bad, type Diagnostic, error, ok, type Result } from '../diagnostic/diagnostic.ts';
import { minorOf, parseGoVersion } from '../formats/goversion.ts';
import type { Host } from '../host/host.ts';
import { chooseGoVersion, type GoChoice, type GoFacts, type GoWish, wishFor } from './choose.ts';
import { type GoModLines, readGoModLines } from './gomod.ts';
import { digestOfGoroot, goOnPath, goroots, readGoroot } from './goroot.ts';
import { recallChoice, rememberChoice } from './memory.ts';
import { findStored, listStored, type StoredToolchain } from './store.ts';
import type { Toolchain } from './toolchain.ts';

export { chooseGoVersion } from './choose.ts';

export interface SelectOptions {
  /** --toolchain: a version, a minor, a GOROOT directory, or `path` for the Go on PATH. */
  readonly toolchain?: string | undefined;
  /** --toolchain-sum: the sum that a fetched toolchain must have. */
  readonly toolchainSum?: string | undefined;
  readonly offline: boolean;
  readonly signal: AbortSignal;
  readonly progress?: ((text: string) => void) | undefined;
  /** Look again, whatever was chosen for these facts before. */
  readonly fresh?: boolean;
  /** Fail rather than take another version than the one asked for. */
  readonly strict?: boolean;
}

/**
 * The toolchain for a tree. A choice made once is had again from one small file: no process, no network.
 * Warnings (another version than the pin) accompany the value each time.
 */
export async function selectToolchain(
  host: Host,
  tree: GoFacts,
  config: Config,
  options: SelectOptions,
): Promise<Result<Toolchain>> {
  const asked = options.toolchain ?? askedByEnvironment(host);
  if (asked !== undefined && isDirectoryName(asked)) return fromDirectory(host, asked);
  if (asked === 'path') return fromPath(host, `the Go on PATH, as asked`);
  if (asked === undefined && host.environment['FORCE_HOST_GO'])
    return fromPath(host, 'the Go on PATH, by FORCE_HOST_GO');
  const goMod = goModOf(host, tree);
  const facts = factsOf(host, tree, config, asked, goMod);
  const known = options.fresh ? undefined : recallChoice(host, facts);
  if (known) return known;
  const { result, lasting } = await select(host, { tree, config, asked, goMod, options });
  if (lasting) rememberChoice(host, facts, result);
  return result;
}

/** A tree that names its Go itself is not asked for its go.mod, which may state a language version only. */
export function goModOf(host: Host, { root, pinnedGo, crossImageGo }: GoFacts): GoModLines {
  return root === undefined || pinnedGo || crossImageGo ? {} : readGoModLines(host, root);
}

interface Selection {
  readonly tree: GoFacts;
  readonly config: Config;
  readonly asked: string | undefined;
  readonly goMod: GoModLines;
  readonly options: SelectOptions;
}

/** `lasting`: whether the same facts would give the same choice tomorrow, so that it may be remembered. */
interface Selected {
  readonly result: Result<Toolchain>;
  readonly lasting: boolean;
}

async function select(host: Host, selection: Selection): Promise<Selected> {
  const { tree, config, asked, goMod, options } = selection;
  const wished = wishFor(tree, config, asked, goMod);
  if (!wished.ok) return { result: wished, lasting: false };
  const local = localToolchains(host, config, tree.root);
  const path = goOnPath(host)?.goroot;
  const nothingAsked = wished.value.kind === 'any' && path !== undefined && path.version !== 'devel';
  const { knownVersions } = await import('./sums.ts');
  const ended = nothingAsked || options.offline ? [] : knownVersions(host.platform);
  const versions = nothingAsked ? [path.version] : [...local.keys(), ...ended];
  const choice = chooseGoVersion(tree, config, asked, versions, goMod);
  if (!choice.ok && choice.diagnostics.some((d) => d.code !== 'toolchain/not-available')) {
    return { result: choice, lasting: false };
  }
  const here = choice.ok && choice.diagnostics.length === 0 ? local.get(choice.value.version) : undefined;
  if (choice.ok && here)
    return { result: ok(toolchainFrom(host, here, choice.value)), lasting: !options.offline };
  const { fetchChoice } = await import('./remote.ts');
  const remote = await fetchChoice(host, { ...selection, local: [...local.keys()] });
  if (remote.kind === 'found') {
    const found = local.get(remote.choice.version) ?? findStored(host, remote.choice.version, host.platform);
    if (!found) throw new Error(`Go ${remote.choice.version} was fetched and is not in the store`);
    return {
      result: ok(toolchainFrom(host, found, remote.choice), remote.diagnostics),
      lasting: remote.lasting,
    };
  }
  return {
    result: orSamePatchLine(host, selection, wished.value, local, remote.diagnostics),
    lasting: false,
  };
}

/** When nothing can be fetched, another patch of the wanted minor will do, said aloud; another minor only if asked for. */
function orSamePatchLine(
  host: Host,
  { tree, config, asked, goMod, options }: Selection,
  wish: GoWish,
  local: ReadonlyMap<string, LocalToolchain>,
  problems: readonly Diagnostic[],
): Result<Toolchain> {
  const nearest = chooseGoVersion(tree, config, asked, [...local.keys()], goMod);
  const found = nearest.ok ? local.get(nearest.value.version) : undefined;
  if (!nearest.ok || !found || options.strict) return bad(...problems);
  if (wish.kind !== 'any' && minorOf(found.version) !== minorOf(wish.version)) {
    return bad(...problems.map((problem) => withLocalRemedy(problem, found)));
  }
  const warnings = problems.map((problem) => ({ ...problem, severity: 'warning' as const }));
  return ok(toolchainFrom(host, found, nearest.value), [...warnings, ...nearest.diagnostics]);
}

function withLocalRemedy(problem: Diagnostic, found: LocalToolchain): Diagnostic {
  return {
    ...problem,
    help: `${problem.help}; or try Go ${found.version}, which is here: --toolchain=${found.root}`,
  };
}

/** A Go that lies on this machine already. */
export type LocalToolchain = Pick<Toolchain, 'version' | 'root' | 'source'> & {
  readonly stored?: StoredToolchain;
};

/** Every Go on this machine by version: the store wins over PATH, PATH over directories. */
export function localToolchains(
  host: Host,
  config: Config,
  root: string | undefined,
): ReadonlyMap<string, LocalToolchain> {
  const found = new Map<string, LocalToolchain>();
  const add = (toolchain: LocalToolchain) => {
    if (toolchain.version !== 'devel' && !found.has(toolchain.version))
      found.set(toolchain.version, toolchain);
  };
  for (const stored of listStored(host)) {
    if (stored.platform !== host.platform) continue;
    add({ version: stored.version, root: stored.root, source: 'store', stored });
  }
  const path = goOnPath(host)?.goroot;
  if (path) add({ ...path, source: 'path' });
  for (const goroot of goroots(host, toolchainDirectories(host, config, root)))
    add({ ...goroot, source: 'directory' });
  return found;
}

/**
 * Directories that hold GOROOTs: KUBEWRIGHT_TOOLCHAINS (colon-separated, relative to the working directory),
 * then toolchain.directories (relative to the tree).
 */
export function toolchainDirectories(host: Host, config: Config, root: string | undefined): string[] {
  const own = (host.environment['KUBEWRIGHT_TOOLCHAINS'] ?? '').split(':').filter(Boolean);
  const configured = config.toolchain?.directories ?? [];
  return [
    ...own.map((path) => resolve(host.workingDirectory, path)),
    ...configured.map((path) => resolve(root ?? host.workingDirectory, path)),
  ];
}

function toolchainFrom(host: Host, found: LocalToolchain | StoredToolchain, choice: GoChoice): Toolchain {
  const stored = 'sum' in found ? found : found.stored;
  const digest = stored?.sum ?? digestOfGoroot(host, found.root);
  const source = 'sum' in found ? 'proxy' : found.source;
  return { version: choice.version, root: found.root, digest, source, because: choice.because };
}

/** GO_VERSION and GOTOOLCHAIN=go1.21.7 name a version as they do for the tree's own scripts; other values do not. */
export function askedByEnvironment(host: Host): string | undefined {
  const { GO_VERSION: version, GOTOOLCHAIN: name } = host.environment;
  if (version) return version;
  return name?.startsWith('go') ? parseGoVersion(name.replace(/\+.*$/, '')) : undefined;
}

function isDirectoryName(asked: string): boolean {
  return isAbsolute(asked) || asked.startsWith('./') || asked.startsWith('../') || asked === '.';
}

function fromDirectory(host: Host, asked: string): Result<Toolchain> {
  const root = resolve(host.workingDirectory, asked);
  const goroot = readGoroot(host, root);
  if (!goroot) {
    return bad(
      error('toolchain/not-available', {
        what: `${root} holds no Go: bin/go and VERSION are not both there`,
        help: 'give the GOROOT, as printed by: go env GOROOT',
      }),
    );
  }
  const because = `the GOROOT that was asked for`;
  return ok({ ...goroot, digest: digestOfGoroot(host, root), source: 'directory', because });
}

function fromPath(host: Host, because: string): Result<Toolchain> {
  const goroot = goOnPath(host)?.goroot;
  if (goroot) return ok({ ...goroot, digest: digestOfGoroot(host, goroot.root), source: 'path', because });
  return bad(
    error('toolchain/not-available', {
      what: 'the Go on PATH was asked for, and there is none whose GOROOT can be told',
      help: 'put a Go on PATH, give its GOROOT with --toolchain=DIRECTORY, or leave the choice to the tree',
    }),
  );
}

/** Everything the choice depends on; another value of any of it makes a new choice. */
function factsOf(host: Host, tree: GoFacts, config: Config, asked: string | undefined, goMod: GoModLines) {
  const { minimumGo, pinnedGo, crossImageGo } = tree;
  const onPath = minimumGo || pinnedGo || crossImageGo || goMod.go ? undefined : goOnPath(host)?.goroot;
  const directories = toolchainDirectories(host, config, tree.root);
  const go = config.toolchain?.go;
  return {
    minimumGo,
    pinnedGo,
    crossImageGo,
    goMod,
    asked,
    go,
    directories,
    onPath,
    platform: host.platform,
  };
}
