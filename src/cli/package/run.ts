/** Plans and packs system packages: names, platforms, programs and versions are looked up and checked first. */
import { resolve } from 'node:path';
import { type Diagnostic, error, Failure, taken, warning } from '../../diagnostic/diagnostic.ts';
import type { PackAction, Step } from '../../plan/step.ts';
import { architectureOf } from '../../steps/systempackage/architectures.ts';
import type { PackageDefinition, PackageFormat } from '../../steps/systempackage/definition.ts';
import type { SystemPackage } from '../../steps/systempackage/package.ts';
import { planSystemPackage } from '../../steps/systempackage/plan.ts';
import { packageVersion } from '../../steps/systempackage/version.ts';
import type { Platform } from '../../target/platform.ts';
import { readTreeVersion, type TreeVersion } from '../../tree/version.ts';
import { runArtifacts } from '../artifacts/run.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';
import { binaryOf, checkNames, definitionsFor, isBuiltFor, selectDefinitions } from './definitions.ts';
import { type GivenPart, unpackedParts } from './parts.ts';
import { planRepositories } from './repository.ts';
import { signingOf } from './signing.ts';
import { PlatformSources } from './sources.ts';

export interface PackageOptions {
  readonly formats: readonly PackageFormat[];
  readonly names: readonly string[];
  /** `linux/arm64`, `all`; none is this machine. */
  readonly platforms: readonly string[];
  readonly from: string | undefined;
  readonly repository: string | undefined;
  readonly signKey: string | undefined;
  readonly parts: readonly GivenPart[];
  readonly versionString: string | undefined;
  readonly revision: string | undefined;
  readonly waitSeconds: number;
}

/** Packs, and returns the exit code; every problem of the request is told before. */
export async function runPackaging(session: Session, options: PackageOptions): Promise<number> {
  const { context } = session;
  const { steps, version } = await planPackaging(session, options);
  if (context.options.dryRun) {
    context.print(context.options.json ? JSON.stringify({ steps }) : planText(steps));
    return 0;
  }
  return runArtifacts(session, steps, {
    ...{ treeVersion: version, toolchain: '', waitSeconds: options.waitSeconds },
  });
}

async function planPackaging(session: Session, options: PackageOptions) {
  const { context, tree, layout } = session;
  const { host, signal } = context;
  const treeVersion = taken(await readTreeVersion(host, tree, { ...options, signal }));
  const platforms = platformsOf(session, options.platforms);
  const from = options.from === undefined ? undefined : resolve(host.workingDirectory, options.from);
  const sign = await signingOf(session, options.signKey);
  const directory = options.repository
    ? resolve(host.workingDirectory, options.repository)
    : `${layout.out}/packages`;
  const texts = textsOf(session);
  const notes = [...session.notes, ...treeVersion.diagnostics];
  const problems: Diagnostic[] = [];
  const steps: Step[] = [];
  let version = '';
  for (const platform of platforms) {
    const parts = await unpackedParts(session, options.parts, platform);
    const sources = new PlatformSources(session, platform, from, parts);
    const chosen = chooseVersion(session, options, treeVersion.value, sources, platform);
    problems.push(...chosen.problems);
    notes.push(...chosen.notes);
    version ||= chosen.value;
    const read = options.formats.map((format) => taken(definitionsFor(session, chosen.value, format)));
    notes.push(...read.flatMap(({ diagnostics }) => diagnostics));
    const all = read.map(({ value }) => value);
    checkNames(all.flat(), options.names);
    const selected = all.flatMap((list) => selectDefinitions(list, options.names, new Set(parts.keys())));
    for (const definition of selected) {
      if (isEveryPlatform(options) && !isBuiltFor(tree, definition, platform)) continue;
      const planned = planSystemPackage({
        ...{ definition, platform, sign },
        version: versionOf(definition, sources, chosen),
        revision: options.revision,
        sources: sources.lookUp,
        texts,
        time: timeOf(treeVersion.value),
        directory: `${directory}/${definition.format}`,
      });
      if (planned.ok) steps.push(planned.value);
      else problems.push(...planned.diagnostics);
    }
  }
  if (problems.length > 0) throw new Failure(...unique(problems));
  if (!context.options.quiet) for (const note of unique(notes)) context.report(note);
  if (options.repository !== undefined) {
    const time = timeOf(treeVersion.value);
    const origin = session.config.name ?? tree.goPackage.split('/').at(-1) ?? 'kubewright';
    steps.push(...planRepositories(host, { steps, directory, formats: options.formats, time, origin, sign }));
  }
  return { steps, version };
}

function timeOf({ buildDate }: TreeVersion): number {
  return Date.parse(buildDate) / 1000;
}

function textsOf({ tree, context }: Session): { readonly licence?: string; readonly readme?: string } {
  const read = (name: string) => context.host.files.readTextIfAny(`${tree.root}/${name}`);
  const [licence, readme] = [read('LICENSE'), read('README.md')];
  return { ...(licence === undefined ? {} : { licence }), ...(readme === undefined ? {} : { readme }) };
}

interface ChosenVersion {
  /** As the tree writes it: `v1.30.0-rc.1`. */
  readonly value: string;
  readonly source: string;
  readonly problems: readonly Diagnostic[];
  readonly notes: readonly Diagnostic[];
}

/** What the programs carry is what is packed; a version that a person names, or the tree's, where they tell none. */
function chooseVersion(
  { tree }: Session,
  { versionString, names }: PackageOptions,
  treeVersion: TreeVersion,
  sources: PlatformSources,
  platform: Platform,
): ChosenVersion {
  const programs = [...new Set([...names, ...tree.allTargets.value.map((target) => binaryOf(tree, target))])];
  const carried = new Map<string, string[]>();
  for (const program of programs) {
    const version = sources.versionOf(program);
    if (version !== undefined) carried.set(version, [...(carried.get(version) ?? []), program]);
  }
  const [first] = carried.keys();
  const source = typeof treeVersion.source === 'string' ? treeVersion.source : treeVersion.source.file;
  const told = { value: treeVersion.gitVersion ?? '', source, problems: [], notes: [] };
  if (carried.size > 1) return { ...told, problems: [mixed(platform, carried)] };
  if (versionString === undefined)
    return first === undefined ? told : { ...told, value: first, source: 'the programs themselves' };
  return first === undefined || first === versionString
    ? told
    : { ...told, notes: [renamed(versionString, first, carried.get(first) ?? [])] };
}

function versionOf(definition: PackageDefinition, sources: PlatformSources, chosen: ChosenVersion) {
  const { part, where } = definition;
  // The tree says which version of a part it wants; what is given says which one it is.
  const given = part === undefined ? undefined : sources.partVersion(part);
  if (given === undefined && definition.version !== undefined)
    return { value: packageVersion(definition.version), source: where.file };
  if (part === undefined) return { value: packageVersion(chosen.value), source: chosen.source };
  return {
    value: packageVersion(given ?? ''),
    source: `${part}, whose version is named by --part ${part}@VERSION=PATH`,
  };
}

/** Then a package is made for those platforms that its programs are built for. */
function isEveryPlatform({ platforms }: PackageOptions): boolean {
  return platforms.some((word) => word.split(',').includes('all'));
}

function platformsOf({ tree, context }: Session, words: readonly string[]): Platform[] {
  const named = words.flatMap((word) => word.split(',')).filter(Boolean);
  const listed = tree.groups.flatMap((group) => group.platforms.value);
  const packaged = listed.filter((platform) => architectureOf(platform, 'deb') !== undefined);
  const all = (named.length > 0 ? named : ['host']).flatMap((word) =>
    word === 'all' ? packaged : word === 'host' ? [context.host.platform] : [word as Platform],
  );
  const wrong = all.filter((platform) => !/^[a-z0-9]+\/[a-z0-9]+$/.test(platform));
  if (wrong.length > 0) throw new Failure(...wrong.map((word) => noPlatform(word)));
  return [...new Set(all)];
}

function planText(steps: readonly Step[]): string {
  return steps
    .map(({ id, outputs, action, inputs }) => {
      const sources = inputs.map((input) => ('path' in input ? input.path : ''));
      const { parameters } = action as PackAction;
      const { package: one } = parameters as { readonly package?: SystemPackage };
      const lines = one ? contentLines(one, sources) : sources.map((source) => `  ${source}`);
      return [`# ${id} → ${outputs.join(' ')}`, ...lines].join('\n');
    })
    .join('\n\n');
}

function contentLines({ files, relations }: SystemPackage, sources: readonly string[]): string[] {
  const rows = files.map(({ path, mode, kind, input, target }) => [
    ...[kind === 'symlink' ? 'link' : mode.toString(8).padStart(4, '0'), path],
    (input === undefined ? target : sources[input]) ?? '',
  ]);
  return [
    ...Object.entries(relations).map(([kind, list]) => `  ${kind}: ${list.join(', ')}`),
    table(rows, '  '),
  ];
}

function unique(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((one) => [`${one.code} ${one.what}`, one])).values()];
}

function mixed(platform: Platform, carried: ReadonlyMap<string, readonly string[]>): Diagnostic {
  const list = [...carried].map(([version, programs]) => `${version} (${programs.join(', ')})`);
  return error('systempackage/program-wrong', {
    what: `the programs for ${platform} carry different versions: ${list.join('; ')}`,
    why: 'packages of one release have one version, and each program tells its own',
    help: 'build them from one commit: kubewright build, with the names of the older ones',
  });
}

function renamed(named: string, carried: string, programs: readonly string[]): Diagnostic {
  return warning('systempackage/program-wrong', {
    what: `the packages are named ${named}, and ${programs.slice(0, 3).join(', ')} ${programs.length === 1 ? 'carries' : 'carry'} ${carried}`,
    why: '--version-string renames the packages, not what is in them',
    help: `build the programs with --version-string ${named} too, or leave the option out here`,
  });
}

function noPlatform(word: string): Diagnostic {
  return error('target/platform-unknown', {
    what: `there is no platform ${word}`,
    why: 'a platform is an operating system and an architecture in Go’s words: linux/arm64',
    help: 'kubewright platforms lists those of this tree; all means those, and host this machine',
  });
}
