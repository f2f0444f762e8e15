/**
 * Protobuf of API types, generated.proto and generated.pb.go: one run of the tree's go-to-protobuf over every package that
 * asks for it, which starts protoc with a plugin of the tree, and goimports (spec codegen 8.1; its flags out of
 * hack/update-generated-protobuf-dockerized.sh, 1.14 to 1.29).
 */
import type { TreeReader } from '../reader.ts';
import { liveText } from '../shell/source.ts';
import { wantedProtoc } from './elsewhere.ts';
import type { GeneratorProgram, SpreadGenerator } from './model.ts';

const SCRIPT = 'hack/update-generated-protobuf-dockerized.sh';
const PROGRAM = 'k8s.io/code-generator/cmd/go-to-protobuf';
/** Where the script that lists the packages looks. */
const LOOKED_AT = ['cmd/', 'pkg/', 'staging/'];

/** Undefined for a tree without the generator or with another script. */
export function protobuf(reader: TreeReader, goPackage: string): SpreadGenerator | undefined {
  const text = liveText(reader, SCRIPT);
  const directory = `staging/src/${PROGRAM}`;
  const header = /--go-header-file\s+"?\$\{KUBE_ROOT\}\/([\w./-]+)/.exec(text)?.[1];
  const protoc = wantedProtoc(reader);
  if (reader.kind(directory) !== 'directory' || !header || !protoc) return undefined;
  const own = (path: string): GeneratorProgram => ({
    name: path.slice(path.lastIndexOf('/') + 1),
    goPackage: `${goPackage}/vendor/${path}`,
    directory: `staging/src/${path}`,
  });
  const source = reader.text(`${directory}/protobuf/cmd.go`) ?? '';
  const machinery = source.matchAll(/^\s*[`"][+-]?(k8s\.io\/apimachinery\/[\w./]+)[`"],$/gm);
  const imports = text.matchAll(/--proto-import="?\$\{KUBE_ROOT\}\/([\w./-]+)/g);
  return {
    ...{
      shape: 'spread',
      kind: 'protobuf',
      program: own(PROGRAM),
      plugins: [own(`${PROGRAM}/protoc-gen-gogo`)],
    },
    ...{ needle: '+k8s:protobuf-gen=package', tag: 'k8s:protobuf-gen', header, onRequest: true },
    ...{ outputName: 'generated.pb.go', definitionName: 'generated.proto' },
    includes: (path) => LOOKED_AT.some((start) => path.startsWith(start)),
    alsoPackages: [...machinery].map(([, path = '']) => path),
    imports: [...imports].map(([, path = '']) => path),
    tools: [{ name: 'protoc', version: protoc }, { name: 'goimports' }],
  };
}
