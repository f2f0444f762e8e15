/**
 * The openapi files of sub-projects in trees of 1.28 and 1.29: each project's own hack/update-codegen.sh asks
 * kube_codegen.sh for one (spec codegen 6.2 and 8.1). It is made by the tree's openapi-gen, of the project's tagged
 * packages and what every API server needs.
 */
import type { TreeReader } from '../reader.ts';
import { liveText } from '../shell/source.ts';
import { vendorName } from './makefile.ts';
import type { ListGenerator } from './model.ts';

/** What `kube::codegen::gen_openapi` adds to every run. */
const ALWAYS = ['apis/meta/v1', 'runtime', 'version'].map((path) => `k8s.io/apimachinery/pkg/${path}`);

export interface SubprojectFacts {
  readonly reader: TreeReader;
  /** Body of the script's function for sub-projects. */
  readonly body: string;
  /** The generator of the tree's own file. */
  readonly main: ListGenerator;
  /** Licence text of the tree's generated files. */
  readonly header: string;
}

/** One generator for each project with a call of gen_openapi. */
export function subprojectOpenapi({ reader, body, main, header }: SubprojectFacts): ListGenerator[] {
  const projects = /subs=\(([^)]*)\)/.exec(body)?.[1]?.match(/(?<=vendor\/)\S+/g) ?? [];
  return projects.flatMap((project) => {
    const home = `staging/src/${project}`;
    const file = `${home}/hack/update-codegen.sh`;
    if (!reader.has(file)) return [];
    const text = liveText(reader, file).replace(/\\\n\s*/g, ' ');
    const call = /^kube::codegen::gen_openapi\b.*$/m.exec(text)?.[0] ?? '';
    const flag = (name: string) => new RegExp(`--${name}\\s+"?([^\\s"]+)`).exec(call)?.[1];
    const [root, output] = [flag('input-pkg-root'), flag('output-pkg-root')];
    if (!root || !output) return [];
    // All generated files of a tree have one licence text; a project with another keeps to its script.
    const licence = flag('boilerplate')?.replace(/^\$\{SCRIPT_ROOT\}/, home);
    if (!licence || reader.text(licence) !== reader.text(header)) return [];
    const extra = [...call.matchAll(/--extra-pkgs\s+"?([\w./-]+)/g)].map(([, path = '']) => path);
    const also = new Set([...ALWAYS, ...extra].map((path) => `vendor/${path}`));
    const list = /report_filename="\$\{API_KNOWN_VIOLATIONS_DIR\}\/([\w.-]+)"/.exec(text)?.[1];
    const { knownViolations: _, ...like } = main;
    return [
      {
        ...like,
        outputDirectory: `staging/src/${output}/${flag('openapi-name') ?? 'openapi'}`,
        ...(list ? { knownViolations: `api/api-rules/${list}` } : {}),
        includes: (directory) => {
          const name = vendorName(directory);
          return also.has(name) || `${name}/`.startsWith(`vendor/${root}/`);
        },
      },
    ];
  });
}
