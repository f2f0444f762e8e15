/** The options of every command that plans a build, and what the environment adds to them. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Config, ConfiguredPaths } from '../../config/config.ts';
import type { Host } from '../../host/host.ts';
import type { TargetClass } from '../../target/target.ts';
import { parseBytes } from '../bytes.ts';

/** What to build and how, before the tree has been asked what the words mean. */
export interface BuildRequest {
  /** Targets, groups and go flags, as typed. */
  readonly what: readonly string[];
  readonly platforms: readonly string[];
  readonly class?: Extract<TargetClass, 'static' | 'dynamic'>;
  readonly race: boolean;
  readonly debug: boolean;
  readonly coverage: boolean;
  readonly goFlags: readonly string[];
  readonly ldflags?: string;
  readonly gcflags?: string;
  readonly tags: readonly string[];
  readonly reproducible: boolean;
  /** Whose paths programs hold: the checkout's, those of the tree's container, or named ones. */
  readonly paths: ConfiguredPaths;
  readonly toolchain?: string;
  readonly toolchainSum?: string;
  readonly versionString?: string;
  readonly buildDate?: string;
  /** How packages are compiled: our own graph, or go itself. */
  readonly engine: 'graph' | 'go';
  readonly stamp: 'late' | 'link';
  /** Digest every file again instead of trusting its stat. */
  readonly verify: boolean;
  /** Whether a failure stops only what needs it. */
  readonly keepGoing: boolean;
  /** Bytes that kubewright and its processes may hold together. */
  readonly memoryBytes?: number;
  /** Seconds to wait for another run in the same output directory. */
  readonly waitSeconds: number;
}

type Values = Record<string, unknown>;

/** Adds the options of `build`, `why` and `explain`. */
export function addBuildOptions(command: Command): Command {
  const list = (value: string, before: readonly string[] = []) => [...before, value];
  return command
    .argument('[what...]', 'targets or groups: kubectl, cmd/kubectl, test/e2e/e2e.test, server; none is all')
    .option('-p, --platform <os/arch>', 'platform to build for, repeatable; all: those of each group', list)
    .option('-g, --group <name>', 'a group of targets: server, client, node, test …, repeatable', list)
    .addOption(new Option('--static', 'link without cgo, whatever the tree says').conflicts('dynamic'))
    .option('--dynamic', 'build with cgo, whatever the tree says')
    .option('--race', 'with the race detector')
    .option('--debug', 'no optimisation or inlining, symbols kept (DBG=1)')
    .option('--cover', 'with coverage, as KUBE_BUILD_WITH_COVERAGE')
    .option('--goflags <flags>', 'more flags for go, split at blanks')
    .option('--ldflags <flags>', 'linker flags (GOLDFLAGS)')
    .option('--gcflags <flags>', 'compiler flags (GOGCFLAGS)')
    .option('--tags <tags>', 'more build tags, separated by commas')
    .option('--reproducible', 'trim paths: two checkouts at different places give the same bytes')
    .addOption(
      new Option(
        '--paths <whose>',
        'paths that programs hold: of the checkout, or of the tree’s container',
      ).choices(['checkout', 'container']),
    )
    .option(
      '--toolchain <version>',
      'another Go than the tree asks for: 1.21, 1.21.13, a GOROOT directory, path',
    )
    .option('--toolchain-sum <h1>', 'the checksum that a fetched toolchain must have')
    .option('--version-string <version>', 'stamp this version instead of git’s')
    .option('--build-date <date>', 'stamp this date (RFC 3339 or seconds since 1970)')
    .addOption(
      new Option('--engine <name>', 'graph: package by package, shared through the store; go: go build')
        .choices(['graph', 'go'])
        .default('graph'),
    )
    .addOption(
      new Option('--stamp <when>', 'late: write the version into the linked program; link: link it in')
        .choices(['late', 'link'])
        .default('late'),
    )
    .option('--keep-going', 'after a failure go on with all that can do without it (default)')
    .option('--no-keep-going', 'start nothing new after the first failure')
    .option('--memory <size>', 'most memory to use, 4G or 800M (default: that of the machine)', memorySize)
    .option('--verify', 'digest every file again instead of trusting times and sizes')
    .option('--wait <seconds>', 'wait this long for another run in the same output directory', Number, 0);
}

/** Options first, then the environment that upstream reads, then the configuration. */
export function readBuildRequest(
  what: readonly string[],
  values: Values,
  host: Host,
  config: Config,
): BuildRequest {
  const { environment } = host;
  const text = (name: string) => (typeof values[name] === 'string' ? (values[name] as string) : undefined);
  const memoryBytes = (values['memory'] as number | undefined) ?? parseBytes(config.memory ?? '');
  const ldflags = text('ldflags') ?? environment['GOLDFLAGS'] ?? config.build?.ldflags;
  const gcflags = text('gcflags') ?? environment['GOGCFLAGS'] ?? config.build?.gcflags;
  return {
    what: [...what, ...((values['group'] as string[] | undefined) ?? [])],
    platforms: (values['platform'] as string[] | undefined) ?? [],
    ...(values['static'] ? { class: 'static' } : values['dynamic'] ? { class: 'dynamic' } : {}),
    race: values['race'] === true,
    debug: values['debug'] === true || environment['DBG'] === '1',
    coverage: values['cover'] === true || Boolean(environment['KUBE_BUILD_WITH_COVERAGE']),
    goFlags: words(text('goflags')),
    ...(ldflags === undefined ? {} : { ldflags }),
    ...(gcflags === undefined ? {} : { gcflags }),
    tags: [...(text('tags')?.split(',') ?? []), ...(config.build?.tags ?? [])],
    reproducible: values['reproducible'] === true || config.build?.reproducible === true,
    paths: (text('paths') as 'checkout' | 'container' | undefined) ?? config.build?.paths ?? 'checkout',
    ...optional('toolchain', text('toolchain')),
    ...optional('toolchainSum', text('toolchainSum')),
    ...optional('versionString', text('versionString')),
    ...optional('buildDate', text('buildDate')),
    engine: values['engine'] === 'go' ? 'go' : 'graph',
    stamp: values['stamp'] === 'link' ? 'link' : 'late',
    verify: values['verify'] === true,
    keepGoing: values['keepGoing'] !== false,
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    waitSeconds: typeof values['wait'] === 'number' && values['wait'] >= 0 ? values['wait'] : 0,
  };
}

function memorySize(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined || bytes < LEAST_MEMORY)
    throw new InvalidArgumentError('It must be an amount of memory from 512M up, as 4G or 1.5GiB.');
  return bytes;
}

// One Go compiler and kubewright itself.
const LEAST_MEMORY = 512 * 1024 ** 2;

function words(text: string | undefined): string[] {
  return text?.split(/\s+/).filter(Boolean) ?? [];
}

function optional<K extends string>(name: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, string>);
}
