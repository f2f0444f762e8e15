/** One Step for one binary on one platform: `go build` or `go test -c` with the tree's own flags. Pure. */
import { digestOfBytes, digestOfRecord } from '../../formats/digest.ts';
import type { GoBuildAction, Step } from '../../plan/step.ts';
import { executableName, type Platform, splitPlatform } from '../../target/platform.ts';
import type { BuildUnit, Target } from '../../target/target.ts';
import type { Toolchain } from '../../toolchain/toolchain.ts';
import type { Tree } from '../../tree/tree.ts';
import { shownText } from '../package/places.ts';
import { canStampLate, withSentinels } from '../stamp/sentinels.ts';
import { planCoverage } from './coverage.ts';
import {
  goEnvironment,
  type Layout,
  type MachineFacts,
  VOLATILE_VARIABLES,
  workingDirectoryOf,
} from './environment.ts';
import { composeFlags } from './flags.ts';
import type { CompileOptions } from './options.ts';

export interface CompileContext {
  readonly tree: Tree;
  readonly layout: Layout;
  readonly toolchain: Toolchain;
  readonly machine: MachineFacts;
  readonly options: CompileOptions;
  /** `-X …` words of the tree's version. */
  readonly stamps: readonly string[];
  /** Proof of the C compiler for a cgo build, by its name; undefined when it is missing. */
  readonly cCompilerProof: (name: string | undefined) => string | undefined;
}

/** `compile:cmd/kubectl@linux/arm64` */
export function compileStepId(target: Pick<Target, 'name'>, platform: Platform): string {
  return `compile:${target.name}@${platform}`;
}

/** Plans the Step that makes one binary. */
export function planCompile(context: CompileContext, { target, platform }: BuildUnit): Step {
  const { tree, layout, toolchain, options } = context;
  const workingDirectory = workingDirectoryOf(tree, layout);
  const environment = goEnvironment(tree, layout, toolchain, context.machine, {
    platform,
    class: target.class,
    environmentGoFlags: options.environmentGoFlags,
    race: options.race,
  });
  const coverage = options.coverage ? planCoverage(tree, target) : undefined;
  const tags = coverage ? [...options.tags, 'coverage'] : options.tags;
  const flagsWith = (stamps: readonly string[]) => [
    ...(coverage?.flags ?? []),
    ...composeFlags(
      { tree, options: { ...options, tags }, stamps, goVersion: toolchain.version, workingDirectory },
      target.class,
    ),
  ];
  const flags = flagsWith(context.stamps);
  const verb = target.class === 'test' || coverage ? 'test' : 'build';
  const output = outputPath(tree, layout, target, platform);
  const outputName = executableName(target.binary, platform);
  const named = verb === 'test' || defaultName(target.goPackage) !== target.binary;
  const action: GoBuildAction = {
    kind: 'go-build',
    verb,
    flags,
    goPackage: target.goPackage,
    outputName,
    environment,
    workingDirectory,
    ...(options.places && !keepsNoPaths(flags, environment) ? { places: options.places } : {}),
    ...(coverage ? { addedSources: coverage.addedSources } : {}),
    batch: digestOfRecord({ verb, flags, environment, alone: named ? target.name : '' }).slice(0, 12),
  };
  const { words, sentinels } = withSentinels(context.stamps);
  const usesC = environment['CGO_ENABLED'] === '1';
  const atLink = options.stamp === 'link' || !canStampLate(platform, usesC);
  const late = flagsWith(words);
  return {
    id: compileStepId(target, platform),
    kind: 'compile',
    title: `${outputName} ${platform}`,
    platform,
    needs: [],
    inputs: [
      { kind: 'go-closure', goPackage: target.goPackage, role: verb === 'test' ? 'tests' : 'program' },
      ...(coverage ? [{ kind: 'go-closure', goPackage: coverage.helper, role: 'library' } as const] : []),
    ],
    outputs: [output],
    action:
      options.engine === 'graph' && !coverage
        ? {
            ...action,
            lateStamps: {
              ...{ flags: late, sentinels, atLink },
              keyParts: keyParts(context, atLink ? action : { ...action, flags: late }),
            },
          }
        : action,
    keyParts: keyParts(context, action),
  };
}

/** Absolute path of a finished binary. */
export function outputPath(
  tree: Pick<Tree, 'outputLayout'>,
  layout: Layout,
  target: Pick<Target, 'binary'>,
  platform: Platform,
): string {
  const { os, arch } = splitPlatform(platform);
  const name = executableName(target.binary, platform);
  switch (tree.outputLayout) {
    case 'flat':
      return `${layout.local}/bin/${name}`;
    case 'bin-os-arch':
      return `${layout.out}/bin/${os}/${arch}/${name}`;
    case 'os-arch':
      return `${layout.local}/bin/${os}/${arch}/${name}`;
  }
}

/** Name that `go build` gives a binary of its own accord: the last element, a major-version suffix aside. */
function defaultName(goPackage: string): string {
  const elements = goPackage.split('/').filter((element) => element !== '' && element !== '.');
  const last = elements.at(-1) ?? '';
  return /^v[0-9]+$/.test(last) ? (elements.at(-2) ?? last) : last;
}

/** Whether go trims all paths by itself, of the tree and of the toolchain. */
function keepsNoPaths(flags: readonly string[], environment: Readonly<Record<string, string>>): boolean {
  const words = [...flags, ...(environment['GOFLAGS'] ?? '').split(/\s+/)];
  return words.some((word) => /^--?trimpath(=true|=1)?$/.test(word));
}

/** Flags that print more and change no byte. */
const TALKATIVE = new Set(['-v', '-x', '-work']);

function withoutTalk(goFlags: string): string {
  return goFlags
    .split(' ')
    .filter((flag) => !TALKATIVE.has(flag))
    .join(' ');
}

/** Variables that say where things lie; with paths trimmed they leave no trace in a binary. */
const PLACES = new Set(['GOPATH', 'GOROOT']);

/** With a number that rises when the same request gives other bytes than it did in an earlier version of ours. */
const ENGINES = { graph: 'graph 3', go: 'go' } as const;

function keyParts(context: CompileContext, action: GoBuildAction): Record<string, string> {
  const { toolchain, options, tree } = context;
  const placed = (text: string) => shownText(text, action.places ?? []);
  // With paths trimmed, where the tree and the toolchain lie leaves no trace; elsewhere it is part of the bytes.
  const placeless = (text: string) =>
    options.reproducible
      ? text
          .replaceAll(action.workingDirectory, '<work>')
          .replaceAll(tree.root, '<tree>')
          .replaceAll(toolchain.root, '<go>')
      : placed(text);
  const parts: Record<string, string> = {
    ...{ verb: action.verb, engine: ENGINES[options.engine] },
    package: action.goPackage,
    toolchain: `go${toolchain.version} ${toolchain.digest}`,
    'working directory': placeless(action.workingDirectory),
  };
  for (const flag of action.flags) {
    if (TALKATIVE.has(flag)) continue;
    const equals = flag.indexOf('=');
    parts[`flag ${equals < 0 ? flag : flag.slice(0, equals)}`] =
      equals < 0 ? 'given' : placeless(flag.slice(equals + 1));
  }
  for (const [name, value] of Object.entries(action.environment)) {
    if (VOLATILE_VARIABLES.has(name) || (options.reproducible && PLACES.has(name))) continue;
    const telling = placed(name === 'GOFLAGS' ? withoutTalk(value) : value);
    if (telling) parts[`environment ${name}`] = telling;
  }
  for (const [path, text] of Object.entries(action.addedSources ?? {}))
    parts[`added ${path}`] = digestOfBytes(text);
  if (action.environment['CGO_ENABLED'] === '1') {
    parts['C compiler'] = context.cCompilerProof(action.environment['CC']) ?? 'missing';
  }
  return parts;
}
