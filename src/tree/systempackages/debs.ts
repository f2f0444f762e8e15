/**
 * Debian packages as trees with Bazel files define them (1.6 to 1.19): `build/debs/BUILD`, rules `k8s_deb` and
 * `deb_data` (kubernetes/repo-infra, `defs/deb.bzl`), or `pkg_deb` and `pkg_tar` of Bazel itself.
 */
import type { DefinedFile, FileContent, PackageDefinition } from '../../steps/systempackage/definition.ts';
import type { TreeReader } from '../reader.ts';
import {
  isList,
  readConstants,
  readStarlark,
  type StarlarkCall,
  type StarlarkValue,
  textsOf,
} from './starlark.ts';

const FOLDER = 'build/debs';
const FILE = `${FOLDER}/BUILD`;

/** Definitions of the tree; undefined when it has none. Throws a StarlarkError. */
export function readDebs(reader: TreeReader): readonly PackageDefinition[] | undefined {
  const text = reader.text(FILE);
  if (text === undefined) return undefined;
  const constants = readConstants(
    reader.text('build/workspace.bzl') ?? reader.text('build/root/WORKSPACE') ?? '',
  );
  const calls = readStarlark(text, constants);
  const listed = new Set(
    calls
      .filter((call) => call.text('name') === 'debs')
      .flatMap((call) => textsOf([...call.named.values()]))
      .flatMap((label) => /^:([\w-]+)\.deb$/.exec(label)?.[1] ?? []),
  );
  const seen = new Set<string>();
  return calls.flatMap((call) => {
    const name = call.text('package') ?? call.text('name');
    if (!['k8s_deb', 'pkg_deb'].includes(call.name) || name === undefined || seen.has(name)) return [];
    seen.add(name);
    const definition = definitionOf(reader, calls, call, name);
    return [listed.has(name) ? definition : { ...definition, onlyByName: true }];
  });
}

function definitionOf(
  reader: TreeReader,
  calls: readonly StarlarkCall[],
  call: StarlarkCall,
  name: string,
): PackageDefinition {
  const [summary = name, ...more] = (call.text('description') ?? name).trim().split('\n');
  const part = partOf(calls, name);
  const script = call.text('postinst');
  const after = script === undefined ? undefined : reader.text(`${FOLDER}/${script}`);
  const version = call.text('version');
  const maintainer = call.text('maintainer');
  return {
    ...{ name, format: 'deb', summary, description: more.join('\n').trim() },
    // Defaults of the rule k8s_deb.
    maintainer: maintainer ?? 'Kubernetes Authors <kubernetes-dev+release@googlegroups.com>',
    homepage: call.text('homepage') ?? 'https://kubernetes.io',
    licence: 'Apache-2.0',
    section: call.text('section') ?? 'misc',
    revision: '00',
    ...(version === undefined ? {} : { version }),
    ...(part === undefined ? {} : { part: part.name }),
    files:
      part?.files ??
      dataFiles(
        reader,
        calls.find((one) => isDataOf(one, name)),
      ),
    relations: { depends: textsOf(call.named.get('depends')) },
    scripts: after === undefined ? {} : { afterInstall: after },
    units: [],
    where: reader.at(FILE, call.line),
  };
}

function isDataOf(call: StarlarkCall, name: string): boolean {
  const own = call.text('name');
  return call.name === 'deb_data' ? own === name : call.name === 'pkg_tar' && own === `${name}-data`;
}

/** Calls for other architectures say the same. */
function dataFiles(reader: TreeReader, call: StarlarkCall | undefined): DefinedFile[] {
  const data = call?.named.get('data');
  const groups = isList(data) ? data : [];
  return groups.flatMap((group) =>
    group instanceof Map ? groupFiles(reader, group as ReadonlyMap<string, StarlarkValue>) : [],
  );
}

/** `{ "files": ["//cmd/kubelet"], "mode": "0755", "dir": "/usr/bin" }` */
function groupFiles(reader: TreeReader, group: ReadonlyMap<string, StarlarkValue>): DefinedFile[] {
  const directory = String(group.get('dir') ?? '/').replace(/\/$/, '');
  const mode = Number.parseInt(String(group.get('mode') ?? '644'), 8);
  return textsOf(group.get('files')).map((label) => {
    const name = label.slice(Math.max(label.lastIndexOf('/'), label.lastIndexOf(':')) + 1);
    const own = `${FOLDER}/${name}`;
    const content: FileContent =
      !label.startsWith('//') && reader.has(own) ? { kind: 'tree', path: own } : { kind: 'program', name };
    const path = `${directory}/${name}`;
    // Files below /etc are the administrator's, as debhelper has it.
    const role = path.startsWith('/etc/') ? ({ role: 'config' } as const) : {};
    return { path, kind: 'file', mode, ...role, content };
  });
}

/** Data that is an archive from elsewhere: `pkg_tar(deps = ["@kubernetes_cni_amd64//file"], package_dir = "/opt/cni/bin")`. */
function partOf(
  calls: readonly StarlarkCall[],
  name: string,
): { readonly name: string; readonly files: readonly DefinedFile[] } | undefined {
  const archive = calls.find(
    (call) =>
      call.name === 'pkg_tar' &&
      call.text('name')?.startsWith(`${name}-data`) &&
      textsOf(call.named.get('deps')).some((label) => label.startsWith('@')),
  );
  if (!archive) return undefined;
  const path = (archive.text('package_dir') ?? '/').replace(/\/$/, '');
  return {
    name,
    files: [{ path, kind: 'file', mode: 0o755, content: { kind: 'part', part: name, file: 'all' } }],
  };
}
