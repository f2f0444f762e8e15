/**
 * The generators of Kubernetes 1.27 to 1.29, out of the tree's own hack/update-codegen.sh: the groups that work on tags
 * (spec codegen 8.1), the clients and the documentation of fields. They speak the command line of gengo v1 and see the
 * tree through the link tree, as those of the makefile do; protobuf waits until it is asked for, as it wants a protoc.
 */
import type { TreeReader } from '../reader.ts';
import { liveText } from '../shell/source.ts';
import { vendorName } from './makefile.ts';
import type {
  GenerationModel,
  Generator,
  GeneratorProgram,
  ListGenerator,
  PackageGenerator,
} from './model.ts';
import { protobuf } from './protobuf.ts';
import { scriptClients } from './scriptclients.ts';
import { subprojectGenerators } from './subprojects.ts';
import { swaggerDocs } from './swagger.ts';

const FILE = 'hack/update-codegen.sh';

interface Script {
  readonly reader: TreeReader;
  readonly goPackage: string;
  readonly functions: ReadonlyMap<string, string>;
}

/** The model of a tree whose script runs gengo v1 in the link tree; undefined for others. */
export function readScriptModel(reader: TreeReader, goPackage: string): GenerationModel | undefined {
  if (!reader.has(FILE) || !reader.has('hack/run-in-gopath.sh')) return undefined;
  const text = liveText(reader, FILE);
  const functions = functionsOf(text);
  const header = /^BOILERPLATE_FILENAME="?([\w./-]+)"?/m.exec(text)?.[1];
  if (!header || !functions.has('deepcopy')) return undefined;
  const script: Script = { reader, goPackage, functions };
  const main = openapi(script);
  const program = (group: string) => programOf(script, group);
  const projects = functions.get('subprojects') ?? '';
  const generators: (Generator | undefined)[] = [
    deepcopy(script),
    swaggerDocs(reader, goPackage),
    protobuf(reader, goPackage),
    packageGenerator(script, 'prerelease-lifecycle', 'prerelease', { equals: 'true' }),
    packageGenerator(script, 'defaulter', 'defaults', {
      ...{ listFlags: ['--extra-peer-dirs'], calls: ['SetDefaults_', 'SetObjectDefaults_'] },
    }),
    conversion(script),
    main,
    ...scriptClients({ reader, text, functions, goPackage, openapi: main, programOf: program }),
    ...(main
      ? subprojectGenerators({ reader, body: projects, openapi: main, header, programOf: program })
      : []),
  ];
  return {
    dialect: 'gengo-v1',
    generators: generators.filter((one) => one !== undefined),
    header,
    pruned: (path) =>
      path === 'vendor' || /(?:^|\/)testdata$/.test(path) || (!path.includes('/') && /^[_.]/.test(path)),
    importPath: (directory) => `${goPackage}/${vendorName(directory)}`,
    where: reader.find(FILE, /^function (codegen::deepcopy)\(\)/) ?? { file: FILE },
  };
}

/** Bodies of `function codegen::NAME() { … }`, lines joined. */
function functionsOf(text: string): ReadonlyMap<string, string> {
  const found = text.matchAll(/^function codegen::(\w+)\(\) \{\n([\s\S]*?)^\}/gm);
  return new Map([...found].map(([, name = '', body = '']) => [name, body.replace(/\\\n\s*/g, ' ')]));
}

function programOf({ reader, goPackage, functions }: Script, group: string): GeneratorProgram | undefined {
  const path = /go install\b.*?\s(k8s\.io\/\S+-gen)\b/.exec(functions.get(group) ?? '')?.[1];
  if (!path) return undefined;
  const staged = `staging/src/${path}`;
  const directory = reader.kind(staged) === 'directory' ? staged : `vendor/${path}`;
  return { name: path.slice(path.lastIndexOf('/') + 1), goPackage: `${goPackage}/vendor/${path}`, directory };
}

/** `zz_generated.` and what the function adds: `local output_base="${GENERATED_FILE_PREFIX}deepcopy"`. */
function outputName({ functions }: Script, group: string): string | undefined {
  const base = /output_base="\$\{GENERATED_FILE_PREFIX\}([\w.-]+)"/.exec(functions.get(group) ?? '')?.[1];
  return base && `zz_generated.${base}.go`;
}

function packageGenerator(
  script: Script,
  kind: string,
  group: string,
  rest: Partial<PackageGenerator> & { readonly equals?: string; readonly anchored?: boolean },
): PackageGenerator | undefined {
  const program = programOf(script, group);
  const name = outputName(script, group);
  if (!program || !name) return undefined;
  const { equals = '', anchored, ...more } = rest;
  const tag = `k8s:${kind}-gen`;
  const needle = `${anchored ? '^' : ''}+${tag}=${equals}`;
  return {
    ...{ shape: 'package', kind, program, needle, tag, outputName: name },
    ...{ flags: [], listFlags: [], readsAlso: [], calls: [], ...more },
  };
}

function deepcopy(script: Script): PackageGenerator | undefined {
  const bounds = /--bounding-dirs\s+"([^"]+)"/.exec(script.functions.get('deepcopy') ?? '')?.[1];
  const dirs = bounds?.replaceAll('$' + '{PRJ_SRC_PATH}', script.goPackage);
  return packageGenerator(script, 'deepcopy', 'deepcopy', { flags: dirs ? ['--bounding-dirs', dirs] : [] });
}

function conversion(script: Script): PackageGenerator | undefined {
  const body = script.functions.get('conversions') ?? '';
  const peers = /extra_peer_pkgs=\(([^)]*)\)/.exec(body)?.[1]?.split(/\s+/).filter(Boolean) ?? [];
  const base = ['apis/meta/v1', 'conversion', 'runtime'].map((path) => `k8s.io/apimachinery/pkg/${path}`);
  return packageGenerator(script, 'conversion', 'conversions', {
    ...{ anchored: true, calls: ['Convert_'], readsAlso: [...base, ...peers] },
    flags: peers.length > 0 ? ['--extra-peer-dirs', peers.join(',')] : [],
    listFlags: /--extra-dirs\b/.test(body) ? ['--extra-dirs'] : [],
  });
}

function openapi(script: Script): ListGenerator | undefined {
  const body = script.functions.get('openapi') ?? '';
  const program = programOf(script, 'openapi');
  const name = outputName(script, 'openapi');
  const outputDirectory = /output_dir="([\w./-]+)"/.exec(body)?.[1];
  const excluded = /k8s_tag_files_except\s+([^)]*)\)/.exec(body)?.[1]?.split(/\s+/).filter(Boolean) ?? [];
  const list = /known_violations_file="\$\{API_KNOWN_VIOLATIONS_DIR\}\/([\w.-]+)"/.exec(body)?.[1];
  if (!program || !name || !outputDirectory) return undefined;
  const tag = 'k8s:openapi-gen';
  return {
    ...{ shape: 'list', kind: 'openapi', program, needle: `+${tag}=`, tag, outputName: name, flags: [] },
    ...{ outputDirectory, ...(list ? { knownViolations: `api/api-rules/${list}` } : {}) },
    includes: (directory) => !excluded.some((path) => `${vendorName(directory)}/`.includes(`${path}/`)),
  };
}
