/**
 * Documentation of API fields as Go code, types_swagger_doc_generated.go: the tree's genswaggertypedocs prints methods
 * for one types.go, its shell puts text around them and formats the whole (spec codegen 8.1: swagger; 1.7 to 1.26 by
 * hack/update-generated-swagger-docs.sh and hack/lib/swagger.sh). The text is read there.
 */
import type { TreeReader } from '../reader.ts';
import { liveText } from '../shell/source.ts';
import { availableVersions, versionsIn } from './groupversions.ts';
import type { PrintingGenerator } from './model.ts';

const NAME = 'genswaggertypedocs';

/** Scripts with the list of versions and with the text, newest first. */
const SCRIPTS = [
  { list: 'hack/update-codegen.sh', frame: 'hack/update-codegen.sh' },
  { list: 'hack/update-generated-swagger-docs.sh', frame: 'hack/lib/swagger.sh' },
] as const;

/** Undefined for a tree whose scripts say it in another way. */
export function swaggerDocs(reader: TreeReader, goPackage: string): PrintingGenerator | undefined {
  if (reader.kind(`cmd/${NAME}`) !== 'directory') return undefined;
  for (const { list, frame } of SCRIPTS) {
    if (!reader.has(list) || !reader.has(frame)) continue;
    const also = /<<< ?"([\w/ .]*)\$\{KUBE_AVAILABLE_GROUP_VERSIONS\}"/.exec(liveText(reader, list))?.[1];
    const around = frameIn(reader.text(frame) ?? '');
    const header = headerIn(liveText(reader, frame));
    if (also === undefined || !around || !header) continue;
    const versions = [...versionsIn(reader, also), ...availableVersions(reader)];
    const licence = (reader.text(header) ?? '').trimEnd();
    return {
      ...{ shape: 'printed', kind: 'swagger', outputName: 'types_swagger_doc_generated.go' },
      program: { name: NAME, goPackage: `${goPackage}/cmd/${NAME}`, directory: `cmd/${NAME}` },
      ...{ source: 'types.go', directories: versions.map(({ directory }) => directory) },
      flagsFor: (file) => ['-s', file, '-f', '-'],
      before: (directory) =>
        `${licence}\n\npackage ${directory.slice(directory.lastIndexOf('/') + 1)}\n${around.before}\n`,
      after: `${around.after}\n`,
    };
  }
  return undefined;
}

/** The file with the licence text. */
function headerIn(text: string): string | undefined {
  const named =
    /^(?:readonly )?BOILERPLATE_FILENAME="?([\w./-]+)"?/m.exec(text) ?? /\bcat (hack\/[\w./-]+)/.exec(text);
  return named?.[1];
}

/** The here-document behind the package clause, and the line that ends the file. */
function frameIn(text: string): { readonly before: string; readonly after: string } | undefined {
  const at = text.indexOf('types_swagger_doc_generated');
  const from = text.slice(Math.max(at, 0));
  const before = /\bcat\b[^\n]*<<(\w+)\n([\s\S]*?)\n\1\n/.exec(from)?.[2];
  const after = /^\s*echo "(\/\/[^"$]*)"/m.exec(from)?.[1];
  // A text with variables of the shell is more than we read.
  return before === undefined || after === undefined || /[$`\\]/.test(before) ? undefined : { before, after };
}
