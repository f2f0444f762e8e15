/**
 * The generators that kubewright.yaml names at a module version: presets for repositories built the way of
 * kube_codegen.sh 0.30 and newer, with its flags (spec codegen 10), and controller-gen.
 */
import type { Config, ConfiguredGenerators } from '../../config/config.ts';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { TreeReader } from '../reader.ts';
import { isVersion } from './groupversions.ts';
import type {
  DirectoryGenerator,
  GenerationModel,
  Generator,
  GeneratorProgram,
  PackageGenerator,
} from './model.ts';

/** The model of a monorepo whose file has `generators:`; packages are directories of its own modules. */
export function configuredModel(
  reader: TreeReader,
  goPackage: string,
  config: Config,
  { module, header, kinds }: ConfiguredGenerators,
): GenerationModel {
  if (header !== undefined && reader.kind(header) !== 'file')
    throw new Failure(headerMissing(config, header));
  const importPath = importPaths(reader, goPackage);
  const generators: Generator[] = [];
  const main = named(config, 'generators.module', module);
  if (kinds.deepcopy) generators.push(preset(main, 'deepcopy', 'deepcopy'));
  if (kinds.defaulter) {
    const calls = ['SetDefaults_', 'SetObjectDefaults_'];
    generators.push(preset(main, 'defaulter', 'defaults', calls));
  }
  if (kinds.conversion) generators.push(preset(main, 'conversion', 'conversion', ['Convert_']));
  if (kinds.register) generators.push(preset(main, 'register', 'register'));
  if (kinds.openapi) {
    const { module: own, output, violations } = kinds.openapi;
    generators.push(openapi(named(config, 'generators.kinds.openapi.module', own), output, violations));
  }
  if (kinds.client) generators.push(...clients(main, kinds.client.output, importPath));
  if (kinds.crd) {
    const { module: own, output } = kinds.crd;
    generators.push(crd(named(config, 'generators.kinds.crd.module', own), output));
  }
  return {
    ...{ dialect: 'gengo-v2', generators, header, findsClients: true, importPath },
    where: config.locate('generators'),
    pruned: (path) =>
      /(?:^|\/)(?:vendor|testdata|node_modules)$/.test(path) || /(?:^|\/)[_.][^/]*$/.test(path),
  };
}

/** Import path of a directory: by the nearest go.mod above it. */
function importPaths(reader: TreeReader, goPackage: string): (directory: string) => string {
  const modules = new Map<string, string>([['', goPackage]]);
  const moduleOf = (directory: string): string => {
    const known = modules.get(directory);
    if (known !== undefined) return known;
    const named = /^module\s+"?([^\s"]+)/m.exec(reader.text(`${directory}/go.mod`) ?? '')?.[1];
    const cut = directory.lastIndexOf('/');
    const found = named ?? `${moduleOf(directory.slice(0, Math.max(cut, 0)))}/${directory.slice(cut + 1)}`;
    modules.set(directory, found);
    return found;
  };
  return moduleOf;
}

function headerMissing(config: Config, header: string) {
  return error('config/invalid', {
    what: `there is no file ${header}`,
    where: [{ ...config.locate('generators.header'), note: 'not in this tree' }],
    help: 'write the text that stands above generated files into it, or take the line away',
  });
}

/** Makes the program NAME of a module; where the file names the module. */
type Named = (name: string) => GeneratorProgram;

function named(config: Config, key: string, module: string): Named {
  const [path = '', version = ''] = module.split('@');
  const where = { ...config.locate(key), note: 'named here' };
  return (name) => ({ name, goPackage: `${path}/cmd/${name}`, version, where });
}

function preset(program: Named, kind: string, base: string, calls: readonly string[] = []): PackageGenerator {
  const tag = `k8s:${kind}-gen`;
  return {
    ...{ shape: 'package', kind, program: program(`${kind}-gen`), needle: `+${tag}=`, tag, calls },
    ...{ outputName: `zz_generated.${base}.go`, flags: [], listFlags: [], readsAlso: [] },
  };
}

/** What gen_openapi adds to every list. */
const OPENAPI_BASE = ['pkg/apis/meta/v1', 'pkg/runtime', 'pkg/version'];

function openapi(program: Named, output: string, violations: string | undefined): Generator {
  const tag = 'k8s:openapi-gen';
  return {
    ...{ shape: 'list', kind: 'openapi', program: program('openapi-gen'), needle: `+${tag}=`, tag },
    ...{ outputDirectory: output, outputName: 'zz_generated.openapi.go', flags: [] },
    alsoPackages: OPENAPI_BASE.map((path) => `k8s.io/apimachinery/${path}`),
    includes: () => true,
    ...(violations ? { knownViolations: violations } : {}),
  };
}

/** Clientset, listers and informers, each in a directory of its own below `output`. */
function clients(
  program: Named,
  output: string,
  importPath: (directory: string) => string,
): DirectoryGenerator[] {
  const make = (
    kind: string,
    place: string,
    rest: Pick<DirectoryGenerator, 'takesPackages' | 'flagsFor'>,
  ): DirectoryGenerator => ({
    ...{ shape: 'directory', kind, program: program(`${kind}-gen`) },
    ...{ needle: '+genclient', tag: 'genclient', includes: isVersion, takesHeader: true },
    ...{ outputDirectory: `${output}/${place}`, outputName: '' },
    mark: `// Code generated by ${kind}-gen. DO NOT EDIT.`,
    flags: ['--output-dir', `${output}/${place}`, '--output-pkg', importPath(`${output}/${place}`)],
    ...rest,
  });
  const versioned = importPath(`${output}/clientset/versioned`);
  return [
    make('client', 'clientset', {
      takesPackages: false,
      flagsFor: (directories) => [
        ...['--clientset-name', 'versioned', '--input-base', ''],
        ...directories.flatMap((directory) => ['--input', importPath(directory)]),
      ],
    }),
    make('lister', 'listers', { takesPackages: true, flagsFor: () => [] }),
    make('informer', 'informers', {
      takesPackages: true,
      flagsFor: () => [
        ...['--versioned-clientset-package', versioned],
        ...['--listers-package', importPath(`${output}/listers`)],
      ],
    }),
  ];
}

/** controller-gen: one manifest for each custom resource. It takes the group of a package from its groupName tag. */
function crd(program: Named, output: string): DirectoryGenerator {
  return {
    ...{ shape: 'directory', kind: 'crd', program: program('controller-gen') },
    ...{ needle: '+groupName=', tag: 'groupName', includes: isVersion, takesHeader: false },
    ...{ outputDirectory: output, outputName: '', flags: ['crd', `output:crd:dir=${output}`] },
    mark: 'controller-gen.kubebuilder.io/version:',
    takesPackages: false,
    flagsFor: (directories) => directories.map((directory) => `paths=./${directory}`),
  };
}
