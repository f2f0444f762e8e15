/**
 * The generators of Kubernetes 1.7 to 1.26, out of the tree's own Makefile.generated_files: programs, flags and the
 * lists of the openapi outputs are read there, so that a fork's change counts (spec codegen 4, 5 and 6).
 */
import type { TreeReader } from '../reader.ts';
import { liveText } from '../shell/source.ts';
import { MakeVariables, matchesPattern } from './makevariables.ts';
import type {
  GenerationModel,
  Generator,
  GeneratorProgram,
  ListGenerator,
  PackageGenerator,
} from './model.ts';
import { protobuf } from './protobuf.ts';
import { swaggerDocs } from './swagger.ts';

const FILE = 'Makefile.generated_files';
const CODE_GENERATOR_HEADER = 'vendor/k8s.io/code-generator/hack/boilerplate.go.txt';

interface Source {
  readonly reader: TreeReader;
  readonly text: string;
  readonly variables: MakeVariables;
  readonly goPackage: string;
}

/** The model of a tree with a generated-files makefile; undefined for others. */
export function readMakefileModel(reader: TreeReader, goPackage: string): GenerationModel | undefined {
  if (!reader.has(FILE)) return undefined;
  const text = liveText(reader, FILE);
  const variables = new MakeVariables(text, {
    PRJ_SRC_PATH: goPackage,
    GENERATED_FILE_PREFIX: 'zz_generated.',
    OUT_DIR: '_output',
    BIN_DIR: '_output/bin',
    META_DIR: '.make',
  });
  const source: Source = { reader, text, variables, goPackage };
  const generators = [lifecycle(source), deepcopy(source), defaulter(source), conversion(source)].filter(
    (generator) => generator !== undefined,
  );
  const swagger = swaggerDocs(reader, goPackage);
  const proto = protobuf(reader, goPackage);
  const ownHeader = 'hack/boilerplate/boilerplate.go.txt';
  return {
    dialect: 'gengo-v1',
    generators: [
      ...[...generators, ...openapi(source)],
      // No targets of the makefile: their scripts are run by hand.
      ...(swagger ? [{ ...swagger, onRequest: true }] : []),
      ...(proto ? [proto] : []),
    ],
    header: reader.has(CODE_GENERATOR_HEADER) ? CODE_GENERATOR_HEADER : ownHeader,
    pruned: prunedOf(reader),
    importPath: (directory) => `${goPackage}/${vendorName(directory)}`,
    where: reader.find(FILE, /^(generated_files):/) ?? { file: FILE },
  };
}

/** `staging/src/k8s.io/api/core/v1` under the name that the makefile gives it. */
export function vendorName(directory: string): string {
  return directory.replace(/^staging\/src\//, 'vendor/');
}

/** The prune list of the directory cache (spec codegen 2). */
function prunedOf(reader: TreeReader): (path: string) => boolean {
  const script = reader.text('hack/make-rules/helpers/cache_go_dirs.sh') ?? '';
  const names = [...script.matchAll(/-path \.\/([\w-]+)\s/g)].map(([, name = '']) => name);
  const pruned = new Set([...names, 'vendor'].filter((name) => name !== 'staging'));
  return (path) => !path.includes('/') && (pruned.has(path) || /^[_.]/.test(path));
}

/** `$(DEEPCOPY_GEN): $(k8s.io/kubernetes/vendor/…/deepcopy-gen)`, else the words of its build line (1.7). */
function programOf(source: Source, variable: string): GeneratorProgram | undefined {
  const rule = new RegExp(`^\\$\\(${variable}\\): \\$\\((\\S+)\\)`, 'm').exec(source.text)?.[1];
  const built = source.variables.value(variable)?.replace(/^.*\//, '');
  const goPackage = rule ?? (built && builtBy(source, built));
  if (!goPackage) return undefined;
  return {
    name: goPackage.slice(goPackage.lastIndexOf('/') + 1),
    goPackage,
    directory: placeOf(source, goPackage),
  };
}

function builtBy({ text, goPackage }: Source, name: string): string | undefined {
  const path = new RegExp(`build\\.sh (?:\\./)?(\\S*/${name})\\b`).exec(text)?.[1];
  return path && `${goPackage}/${path}`;
}

function placeOf({ reader, goPackage }: Source, path: string): string {
  const local = path.slice(goPackage.length + 1);
  const staged = local.replace(/^vendor\//, 'staging/src/');
  return reader.kind(staged) === 'directory' ? staged : local;
}

function lifecycle(source: Source): PackageGenerator | undefined {
  const tag = 'k8s:prerelease-lifecycle-gen';
  const name = 'prerelease-lifecycle';
  return packageGenerator(source, name, 'PRERELEASE_LIFECYCLE', { needle: `+${tag}=true`, tag });
}

function deepcopy(source: Source): PackageGenerator | undefined {
  const tag = 'k8s:deepcopy-gen';
  const bounds = /--bounding-dirs\s+(\S+)/.exec(source.text)?.[1]?.replaceAll('"', '');
  const dirs = bounds && source.variables.expand(bounds);
  return packageGenerator(source, 'deepcopy', 'DEEPCOPY', {
    ...{ needle: `+${tag}=`, tag },
    flags: dirs ? ['--bounding-dirs', dirs] : [],
  });
}

function defaulter(source: Source): PackageGenerator | undefined {
  const tag = 'k8s:defaulter-gen';
  return packageGenerator(source, 'defaulter', 'DEFAULTER', {
    ...{ needle: `+${tag}=`, tag },
    listFlags: ['--extra-peer-dirs'],
    calls: ['SetDefaults_', 'SetObjectDefaults_'],
  });
}

function conversion(source: Source): PackageGenerator | undefined {
  const { variables, text } = source;
  const tag = 'k8s:conversion-gen';
  const peers = (
    variables.value('CONVERSION_EXTRA_PEER_PKGS') ??
    variables.value('CONVERSION_EXTRA_PEER_DIRS') ??
    ''
  )
    .split(/[\s,]+/)
    .filter(Boolean);
  const base = [
    'k8s.io/apimachinery/pkg/apis/meta/v1',
    'k8s.io/apimachinery/pkg/conversion',
    'k8s.io/apimachinery/pkg/runtime',
  ];
  return packageGenerator(source, 'conversion', 'CONVERSION', {
    ...{ needle: `^+${tag}=`, tag },
    flags: peers.length > 0 ? ['--extra-peer-dirs', peers.join(',')] : [],
    listFlags: /--extra-dirs\b/.test(text) ? ['--extra-dirs'] : [],
    readsAlso: [...base, ...peers],
    calls: ['Convert_'],
  });
}

function packageGenerator(
  source: Source,
  kind: string,
  prefix: string,
  rest: Pick<PackageGenerator, 'needle' | 'tag'> & Partial<PackageGenerator>,
): PackageGenerator | undefined {
  const program = programOf(source, `${prefix}_GEN`);
  const base = source.variables.value(`${prefix}_BASENAME`);
  if (!program || !base) return undefined;
  return {
    shape: 'package',
    kind,
    program,
    outputName: `${base}.go`,
    flags: [],
    listFlags: [],
    readsAlso: [],
    calls: [],
    ...rest,
  };
}

function openapi(source: Source): readonly Generator[] {
  const { variables } = source;
  const program = programOf(source, 'OPENAPI_GEN');
  const base = variables.value('OPENAPI_BASENAME');
  if (!program || !base) return [];
  const tag = 'k8s:openapi-gen';
  const common = {
    ...({ shape: 'list', kind: 'openapi', program, needle: `+${tag}=`, tag } as const),
    ...{ outputName: `${base}.go`, flags: [] },
  };
  const prefixes = variables.value('OPENAPI_TARGETS')?.split(/\s+/);
  if (prefixes) return prefixes.flatMap((prefix) => openapiTarget(source, common, prefix));
  return [...mainOpenapi(source, common), ...explicitOpenapi(source, common)];
}

type Common = Omit<ListGenerator, 'outputDirectory'>;

/** 1.20: one output for each name in OPENAPI_TARGETS, each with a filter over the tagged files (spec codegen 6.2). */
function openapiTarget({ variables }: Source, common: Common, prefix: string): ListGenerator[] {
  const outputDirectory = variables.value(`${prefix}_OPENAPI_OUTPUT_PKG`);
  const filter = variables.filter(`${prefix}_OPENAPI_TAG_FILES`);
  const known = variables.value(`${prefix}_KNOWN_VIOLATION_FILENAME`);
  if (!outputDirectory || !filter) return [];
  const includes = (directory: string) => {
    const file = `${vendorName(directory)}/x.go`;
    return filter.patterns.some((pattern) => matchesPattern(pattern, file)) === filter.takes;
  };
  return [{ ...common, outputDirectory, includes, ...(known ? { knownViolations: known } : {}) }];
}

/** 1.7 and 1.14: one output of all tagged packages. */
function mainOpenapi({ variables, text }: Source, common: Common): ListGenerator[] {
  const named = variables.value('OPENAPI_OUTPUT_PKG') ?? variables.value('OPENAPI_PKG');
  const outputDirectory = named ?? /-p \$\(PRJ_SRC_PATH\)\/(pkg\/generated\/openapi)\b/.exec(text)?.[1];
  const known = variables.value('KNOWN_VIOLATION_FILENAME');
  if (!outputDirectory) return [];
  return [{ ...common, outputDirectory, includes: () => true, ...(known ? { knownViolations: known } : {}) }];
}

/** 1.14: one more output of packages that the rule itself names. */
function explicitOpenapi({ variables, text }: Source, common: Common): ListGenerator[] {
  const outputDirectory = variables.value('CRD_OPENAPI_OUTPUT_PKG');
  const packages = /-i "([^"$]+)"/.exec(text)?.[1]?.split(',');
  return outputDirectory && packages ? [{ ...common, outputDirectory, packages }] : [];
}
