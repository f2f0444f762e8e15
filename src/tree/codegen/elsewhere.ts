/**
 * Generated code that a tree's own scripts make and we do not: which command makes it, and which protoc it wants (spec
 * codegen 8). Kinds that people may ask for by name, so that they learn what to run.
 */
import type { Location } from '../../diagnostic/diagnostic.ts';
import type { TreeReader } from '../reader.ts';

export interface KindElsewhere {
  /** As people type it in the tree: `hack/update-codegen.sh protobuf`. */
  readonly command: string;
  readonly where: Location;
  /** The protoc that its script accepts, as the script has it: `23.4`, or `3.` for any of that line. */
  readonly protoc?: string;
}

/** Kind → scripts that have made it, newest first; a function of the script behind the colon. */
const SCRIPTS: Readonly<Record<string, readonly string[]>> = {
  protobuf: ['hack/update-codegen.sh:protobuf', 'hack/update-generated-protobuf.sh'],
  swagger: ['hack/update-codegen.sh:swagger', 'hack/update-generated-swagger-docs.sh'],
  client: ['hack/update-codegen.sh:clients', 'hack/update-codegen.sh'],
  lister: ['hack/update-codegen.sh:listers', 'hack/update-codegen.sh'],
  informer: ['hack/update-codegen.sh:informers', 'hack/update-codegen.sh'],
  applyconfiguration: ['hack/update-codegen.sh:applyconfigs'],
  protobindings: ['hack/update-codegen.sh:protobindings'],
  'openapi-spec': ['hack/update-openapi-spec.sh'],
};

const PROTOC_FILES = ['hack/lib/protoc.sh', 'hack/update-generated-protobuf-dockerized.sh'];

/** The script that makes a kind; undefined when the tree has none. `clients` and `client` are the same. */
export function kindElsewhere(reader: TreeReader, word: string): KindElsewhere | undefined {
  const name = SCRIPTS[word] ? word : word.replace(/s$/, '');
  for (const script of SCRIPTS[name] ?? []) {
    const [file = '', group] = script.split(':');
    if (reader.kind(file) !== 'file') continue;
    const where = group ? reader.find(file, new RegExp(`^function codegen::(${group})\\(\\)`)) : { file };
    if (!where) continue;
    const protoc = name.startsWith('proto') ? wantedProtoc(reader) : undefined;
    const command = group ? `${file} ${group}` : file;
    return { command, where, ...(protoc ? { protoc } : {}) };
  }
  return undefined;
}

/** The version of protoc that the tree accepts, as its scripts have it. */
export function wantedProtoc(reader: TreeReader): string | undefined {
  for (const file of PROTOC_FILES) {
    const text = reader.text(file) ?? '';
    const found = /^PROTOC_VERSION=([\d.]+)/m.exec(text) ?? /"libprotoc ([\d.]+)/.exec(text);
    if (found) return found[1];
  }
  return undefined;
}
