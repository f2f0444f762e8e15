/** Which value of a setting is in force, and what it came from: flag, environment, file, tree, default. */
import type { Config } from '../config/config.ts';
import { cacheDirectory } from '../host/host.ts';
import type { Tree } from '../tree/tree.ts';
import type { CommandContext } from './request.ts';
import { place } from './table.ts';

export interface ExplainedSetting {
  readonly name: string;
  readonly value: string;
  /** `--out`, `GOFLAGS`, `kubewright.yaml:4`, `.go-version:1`, `default`. */
  readonly from: string;
  /** Sources that were set too and lost, strongest first. */
  readonly over?: string;
}

interface Candidate {
  readonly value: string;
  readonly from: string;
}

/** Every setting with its value; candidates stand in order of strength. */
export function explainSettings(
  context: CommandContext,
  tree: Tree,
  config: Config,
): readonly ExplainedSetting[] {
  const { options, host } = context;
  const flag = (name: string, value: string | number | boolean | undefined): Candidate[] =>
    value === undefined || value === false ? [] : [{ value: String(value), from: `--${name}` }];
  const variable = (...names: readonly string[]): Candidate[] =>
    names.flatMap((name) => {
      const value = host.environment[name];
      return value ? [{ value: withoutSecrets(value), from: name }] : [];
    });
  const file = (path: string, value: unknown): Candidate[] =>
    value === undefined
      ? []
      : [
          {
            value: withoutSecrets(Array.isArray(value) ? value.join(' ') : String(value)),
            from: place(config.locate(path)),
          },
        ];
  const fact = (known: Tree['minimumGo'], prefix = ''): Candidate[] =>
    known && known.source !== 'configured' ? [{ value: prefix + known.value, from: place(known.where) }] : [];
  const standard = (value: string): Candidate[] => [{ value, from: 'default' }];
  const { build, toolchain, version } = config;
  const settings: [string, Candidate[]][] = [
    ['tree', [{ value: tree.root, from: options.tree === undefined ? 'the working directory' : '--tree' }]],
    [
      'configuration',
      config.file
        ? [{ value: config.file, from: options.config === undefined ? 'the tree' : '--config' }]
        : standard('(none)'),
    ],
    ['output directory', [...flag('out', options.out), ...file('out', config.out), ...standard('_output')]],
    ['output below it', [...variable('KUBE_OUTPUT_SUBPATH'), ...standard('_output/local')]],
    [
      'lists are',
      options.noEval
        ? flag('no-eval', 'parsed')
        : [{ value: tree.allTargets.source, from: place(tree.allTargets.where) }],
    ],
    ['jobs', [...flag('jobs', options.jobs), ...standard(String(host.cpus))]],
    ['memory', [...file('memory', config.memory), ...standard('what is available')]],
    ['offline', [...flag('offline', options.offline), ...standard('no')]],
    ['store', [...variable('KUBEWRIGHT_CACHE', 'XDG_CACHE_HOME'), ...standard(cacheDirectory(host))]],
    [
      'platforms',
      [
        ...variable('KUBE_BUILD_PLATFORMS'),
        ...file('platforms', config.platforms),
        ...standard(host.platform),
      ],
    ],
    [
      'groups narrowed to',
      [...variable('KUBE_BUILD_PLATFORMS', 'KUBE_FASTBUILD'), ...standard('(not narrowed)')],
    ],
    ['system type (OSTYPE)', [...variable('OSTYPE'), ...standard('bash’s own')]],
    [
      'Go version',
      [
        ...variable('GO_VERSION'),
        ...file('toolchain.go', toolchain?.go),
        ...fact(tree.pinnedGo),
        ...fact(tree.crossImageGo, 'newest patch of '),
        ...fact(tree.minimumGo, 'at least '),
        ...standard('newest'),
      ],
    ],
    [
      'Go comes from',
      [
        ...file('toolchain.directories', toolchain?.directories),
        ...standard('PATH, then the store, then the proxy'),
      ],
    ],
    [
      'module proxy',
      [...variable('GOPROXY'), ...file('toolchain.proxy', toolchain?.proxy), ...standard('go’s own setting')],
    ],
    [
      'version',
      [
        ...variable('KUBE_GIT_VERSION_FILE', 'KUBE_GIT_VERSION'),
        ...file('version.value', version?.value),
        ...standard('archive marks, else git'),
      ],
    ],
    ['build date', [...variable('SOURCE_DATE_EPOCH'), ...standard('the time of the commit')]],
    ['build tags', [...file('build.tags', build?.tags), ...standard(tree.flags.tags.join(',') || '(none)')]],
    ['go flags', [...variable('GOFLAGS', 'KUBE_GOFLAGS'), ...standard('(none)')]],
    [
      'linker flags',
      [...variable('GOLDFLAGS'), ...file('build.ldflags', build?.ldflags), ...standard('as the tree')],
    ],
    [
      'compiler flags',
      [...variable('GOGCFLAGS'), ...file('build.gcflags', build?.gcflags), ...standard('as the tree')],
    ],
    [
      'debug build (DBG)',
      [...variable('DBG'), ...standard(tree.flags.debug === 'always' ? 'always, by the tree' : 'no')],
    ],
    ['coverage build', [...variable('KUBE_BUILD_WITH_COVERAGE'), ...standard('no')]],
    [
      'more static binaries',
      [...variable('KUBE_STATIC_OVERRIDES'), ...file('static', config.static), ...standard('(none)')],
    ],
    ['more cgo binaries', [...variable('KUBE_CGO_OVERRIDES'), ...standard('(none)')]],
    ['C compiler', [...variable('CC'), ...standard('cc or gcc on PATH')]],
    ...Object.keys(host.environment)
      .filter((name) => /^KUBE_[A-Z0-9]+_[A-Z0-9]+_CC$/.test(name))
      .sort()
      .map((name): [string, Candidate[]] => [`C compiler (${name})`, variable(name)]),
  ];
  return settings.flatMap(([name, [won, ...lost]]) => {
    if (!won) return [];
    const over = lost.filter((candidate) => candidate.from !== 'default').map((candidate) => candidate.from);
    return [{ name, ...won, ...(over.length > 0 ? { over: over.join(', ') } : {}) }];
  });
}

/** User names and passwords in addresses are nobody's business. */
function withoutSecrets(value: string): string {
  return value.replace(/(\w+:\/\/)[^/@\s]+@/g, '$1***@');
}
