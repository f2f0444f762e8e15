/** `kubewright inspect FILE…`: what programs say of themselves, whoever built them. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { exitCodeOf } from '../../diagnostic/codes.ts';
import { bad, type Diagnostic, error, type Result } from '../../diagnostic/diagnostic.ts';
import { type BinaryFacts, readBinary } from '../../formats/binary/binary.ts';
import { formatBytes } from '../../report/units.ts';
import { STAMP_FIELDS } from '../../tree/eras/stamping.ts';
import { findTreeRoot } from '../../tree/open.ts';
import type { Start } from '../commands.ts';
import { readRequestedTree } from '../opentree.ts';
import type { CommandContext } from '../request.ts';
import { table } from '../table.ts';

export function configure(command: Command, start: Start): void {
  command
    .argument('<files...>', 'programs: ELF, PE or Mach-O')
    .option('--settings', 'also what Go recorded of its build, and the variables that were set')
    .action((files: string[], options: { settings?: boolean }) =>
      start((context) => inspect(context, files, options.settings === true)),
    );
}

interface Inspected extends BinaryFacts {
  readonly file: string;
  readonly size: number;
}

async function inspect(
  context: CommandContext,
  files: readonly string[],
  settings: boolean,
): Promise<number> {
  const packages = await versionPackages(context);
  const results = files.map((file) => inspectFile(context, file, packages));
  const good = results.flatMap((result) => (result.ok ? [result.value] : []));
  if (context.options.json) context.print(JSON.stringify({ files: good }));
  else if (good.length > 0) context.print(good.map((one) => asText(one, packages, settings)).join('\n\n'));
  const problems = results.flatMap(({ diagnostics }) => diagnostics);
  for (const problem of problems) context.report(problem);
  return problems.length === 0 ? 0 : exitCodeOf(problems.map(({ code }) => code));
}

/** Where Kubernetes and its kin keep their version. */
const KNOWN_PACKAGES = [
  'k8s.io/component-base/version',
  'k8s.io/client-go/pkg/version',
  'k8s.io/kubernetes/pkg/version',
  'github.com/karmada-io/karmada/pkg/version',
  'github.com/kubeedge/kubeedge/pkg/version',
];

/** The tree's own packages first, when there is a tree around. */
async function versionPackages(context: CommandContext): Promise<readonly string[]> {
  const { host, options } = context;
  if (options.tree === undefined && findTreeRoot(host, '.') === undefined) return KNOWN_PACKAGES;
  const { tree } = await readRequestedTree(context);
  return [...new Set([...tree.stamping.packages.value, ...KNOWN_PACKAGES])];
}

function inspectFile(context: CommandContext, file: string, packages: readonly string[]): Result<Inspected> {
  const { files } = context.host;
  const path = resolve(context.host.workingDirectory, file);
  if (!files.isFile(path)) return bad(missing(file, files.exists(path)));
  const variables = packages.flatMap((name) => STAMP_FIELDS.map((field) => `${name}.${field}`));
  return files.readAtPlaces(path, (source) => {
    const read = readBinary(source, file, variables);
    return read.ok ? { ...read, value: { file, size: source.size, ...read.value } } : read;
  });
}

function missing(file: string, exists: boolean): Diagnostic {
  return error('binary/missing', {
    what: exists ? `${file} is no ordinary file` : `there is no file ${file}`,
    help: 'name program files; those of a build are below _output, and kubewright build --json names each',
  });
}

const FORMATS = { elf: 'ELF', pe: 'PE', macho: 'Mach-O' };

function asText(facts: Inspected, packages: readonly string[], settings: boolean): string {
  const { os, arch, format, signed, size, linkage, libraries, goVersion, build, buildId } = facts;
  const rows: (readonly string[])[] = [
    ['platform', `${os}/${arch} (${FORMATS[format]}${signed ? ', signed' : ''})`],
    ['size', formatBytes(size)],
    ['linked', linkage === 'static' ? 'statically' : 'dynamically'],
    ...(libraries.length > 0 ? [['libraries', libraries.join(', ')]] : []),
    ['symbols', `${facts.stripped ? 'stripped' : 'present'}, ${facts.dwarf ? 'DWARF' : 'no DWARF'}`],
    ['Go', goVersion ?? 'not found'],
    ...(versionOf(facts, packages) ?? []),
    ...(build?.path ? [['package', build.path]] : []),
    ...(build?.main ? [['module', moduleText(build.main, build.dependencies)]] : []),
    ...(buildId ? [['build ID', buildId]] : []),
    ...(settings ? settingsOf(facts) : []),
  ];
  return `${facts.file}\n${table(rows, '  ')}`;
}

function settingsOf({ build, variables }: BinaryFacts): string[][] {
  return [
    ...Object.entries(build?.settings ?? {}).map(([key, value]) => ['setting', `${key}=${value}`]),
    ...Object.entries(variables).map(([name, value]) => ['variable', `${name}=${value}`]),
  ];
}

function moduleText(main: { readonly path: string; readonly version: string }, dependencies: number): string {
  return `${[main.path, main.version].filter(Boolean).join(' ')}, ${dependencies} dependencies`;
}

/** The first package that holds a version tells it for the program. */
function versionOf(facts: BinaryFacts, packages: readonly string[]): string[][] | undefined {
  const others = Object.keys(facts.variables).map((name) => name.slice(0, name.lastIndexOf('.')));
  const holdsVersion = (name: string) => facts.variables[`${name}.gitVersion`] !== undefined;
  const named = [...packages, ...others].find(holdsVersion);
  if (named === undefined) return undefined;
  const field = (name: string) => facts.variables[`${named}.${name}`];
  const parts = [field('gitVersion'), field('gitCommit'), field('gitTreeState'), field('buildDate')];
  return [['version', parts.filter(Boolean).join(', ')]];
}
