/**
 * Generated code of sub-projects in trees of 1.28 and 1.29: each project's own hack/update-codegen.sh calls functions
 * of kube_codegen.sh (spec codegen 6.2, 8.1 and 10). Openapi files and clients are made by the tree's generators, as
 * those functions run them; what their gen_helpers makes, the tree's own generators make for every tagged package.
 */
import type { TreeReader } from '../reader.ts';
import { liveText } from '../shell/source.ts';
import { vendorName } from './makefile.ts';
import type { DirectoryGenerator, GeneratorProgram, ListGenerator } from './model.ts';

/** What `kube::codegen::gen_openapi` adds to every run. */
const ALWAYS = ['apis/meta/v1', 'runtime', 'version'].map((path) => `k8s.io/apimachinery/pkg/${path}`);

export interface SubprojectFacts {
  readonly reader: TreeReader;
  /** Body of the script's function for sub-projects. */
  readonly body: string;
  /** The generator of the tree's own openapi file. */
  readonly openapi: ListGenerator;
  /** Generators by the group of the tree's script that uses them. */
  readonly programOf: (group: string) => GeneratorProgram | undefined;
  /** Licence text of the tree's generated files. */
  readonly header: string;
}

/** Flags of one call, without their dashes; a bare flag is an empty text. */
type Call = ReadonlyMap<string, string>;

/** One generator for each thing that the projects' calls ask for. */
export function subprojectGenerators(
  facts: SubprojectFacts,
): readonly (ListGenerator | DirectoryGenerator)[] {
  const { reader, body, header } = facts;
  const projects = /subs=\(([^)]*)\)/.exec(body)?.[1]?.match(/(?<=vendor\/)\S+/g) ?? [];
  return projects.flatMap((project) => {
    const home = `staging/src/${project}`;
    const file = `${home}/hack/update-codegen.sh`;
    if (!reader.has(file)) return [];
    const text = liveText(reader, file).replace(/\\\n\s*/g, ' ');
    // All generated files of a tree have one licence text; a project with another keeps to its script.
    const isOurs = (call: Call) => {
      const licence = call.get('boilerplate')?.replace(/^\$\{SCRIPT_ROOT\}/, home);
      return licence !== undefined && reader.text(licence) === reader.text(header);
    };
    const list = /report_filename="\$\{API_KNOWN_VIOLATIONS_DIR\}\/([\w.-]+)"/.exec(text)?.[1];
    return [
      ...callsOf(text, 'gen_openapi').filter(isOurs).flatMap(openapiOf(facts, list)),
      ...callsOf(text, 'gen_client').filter(isOurs).flatMap(clientsOf(facts)),
    ];
  });
}

function callsOf(text: string, name: string): readonly Call[] {
  return [...text.matchAll(new RegExp(`^kube::codegen::${name}\\b(.*)$`, 'gm'))].map(([, words = '']) => {
    const flags = words.matchAll(/--([\w-]+)(?:\s+"?([^\s"`-][^\s"`]*))?/g);
    const call = new Map<string, string>();
    for (const [, flag = '', value = ''] of flags)
      call.set(flag, call.has(flag) ? `${call.get(flag)},${value}` : value);
    return call;
  });
}

function openapiOf({ openapi }: SubprojectFacts, knownViolations: string | undefined) {
  const { knownViolations: _, ...like } = openapi;
  return (call: Call): ListGenerator[] => {
    const [root, output] = [call.get('input-pkg-root'), call.get('output-pkg-root')];
    if (!root || !output) return [];
    const extra = call.get('extra-pkgs')?.split(',') ?? [];
    const also = new Set([...ALWAYS, ...extra].map((path) => `vendor/${path}`));
    return [
      {
        ...like,
        outputDirectory: `staging/src/${output}/${call.get('openapi-name') ?? 'openapi'}`,
        ...(knownViolations ? { knownViolations: `api/api-rules/${knownViolations}` } : {}),
        includes: (directory) => {
          const name = vendorName(directory);
          return also.has(name) || `${name}/`.startsWith(`vendor/${root}/`);
        },
      },
    ];
  };
}

/** `v1`, `v2beta1`: gen_client passes over other directories. */
const VERSION = /^v\d+(?:(?:alpha|beta)\d+)?$/;

function clientsOf({ programOf }: SubprojectFacts) {
  return (call: Call): DirectoryGenerator[] => {
    const [root, output] = [call.get('input-pkg-root'), call.get('output-pkg-root')];
    if (!root || !output) return [];
    const place = (flag: string, usual: string) => `${output}/${call.get(flag) || usual}`;
    const [clientset, listers] = [place('clientset-name', 'clientset'), place('listers-name', 'listers')];
    const versioned = call.get('versioned-name') || 'versioned';
    const applied = call.has('with-applyconfig') ? place('applyconfig-name', 'applyconfiguration') : '';
    const isWatched = call.has('with-watch');
    const make = (
      kind: string,
      group: string,
      target: string,
      rest: Pick<DirectoryGenerator, 'flags' | 'flagsFor'>,
    ): DirectoryGenerator | undefined => {
      const program = programOf(group);
      return (
        program && {
          ...{ shape: 'directory', kind, program, needle: '+genclient', tag: 'genclient', outputName: '' },
          ...{ outputDirectory: `staging/src/${target}`, takesPackages: false, takesHeader: true },
          mark: `// Code generated by ${program.name}. DO NOT EDIT.`,
          flagsFor: rest.flagsFor,
          flags: ['--output-package', target, ...rest.flags],
          includes: (directory) =>
            directory.startsWith(`staging/src/${root}/`) && VERSION.test(lastWords(directory, 1)),
        }
      );
    };
    const inputDirs = (directories: readonly string[]) => [
      ...['--input-dirs', directories.map((directory) => directory.slice('staging/src/'.length)).join(',')],
    ];
    const all = [
      applied && make('applyconfiguration', 'applyconfigs', applied, { flags: [], flagsFor: inputDirs }),
      make('client', 'clients', clientset, {
        flags: [
          ...['--clientset-name', versioned, '--input-base', root],
          ...['--apply-configuration-package', applied],
        ],
        flagsFor: (directories) => ['--input', directories.map((path) => lastWords(path, 2)).join(',')],
      }),
      isWatched && make('lister', 'listers', listers, { flags: [], flagsFor: inputDirs }),
      isWatched &&
        make('informer', 'informers', place('informers-name', 'informers'), {
          flags: ['--versioned-clientset-package', `${clientset}/${versioned}`, '--listers-package', listers],
          flagsFor: inputDirs,
        }),
    ];
    return all.filter((one) => typeof one === 'object');
  };
}

/** The last parts of a path: `example/v1`. */
function lastWords(path: string, count: number): string {
  return path.split('/').slice(-count).join('/');
}
