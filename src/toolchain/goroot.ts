/** Go toolchains that already lie on a disk: what version they are, and what proves it. No Go is run to know. */
import { dirname, join } from 'node:path';
import { type Diagnostic, Failure, warning } from '../diagnostic/diagnostic.ts';
import { digestOfRecord } from '../formats/digest.ts';
import { parseGoVersion } from '../formats/goversion.ts';
import type { Host } from '../host/host.ts';
import { FileIndex } from '../tree/packages/fileindex.ts';
import { storeDirectory } from './store.ts';
import type { Toolchain } from './toolchain.ts';

/** A GOROOT and the version that its VERSION file states, `devel` for one built from a branch. */
export interface Goroot {
  readonly root: string;
  readonly version: string;
}

/** Reads a directory as a GOROOT; undefined when it is none. */
export function readGoroot(host: Host, root: string): Goroot | undefined {
  if (!host.files.isFile(join(root, 'bin/go'))) return undefined;
  const text = host.files.readTextIfAny(join(root, 'VERSION'));
  if (text === undefined) return undefined;
  const version = parseGoVersion(text) ?? (text.startsWith('devel') ? 'devel' : undefined);
  return version ? { root, version } : undefined;
}

/** The Go that a shell would run, links followed to its GOROOT. `goroot` is absent for a wrapper that tells nothing. */
export function goOnPath(host: Host): { readonly program: string; readonly goroot?: Goroot } | undefined {
  const program = host.processes.find('go');
  if (!program) return undefined;
  const goroot = readGoroot(host, dirname(dirname(host.files.realPath(program))));
  return goroot ? { program, goroot } : { program };
}

/** GOROOTs in directories: each directory itself, and the directories in it. */
export function goroots(host: Host, directories: readonly string[]): Goroot[] {
  const candidates = directories.flatMap((directory) => {
    if (!host.files.isDirectory(directory)) return [];
    const inside = host.files.list(directory).filter((name) => name.endsWith('/') && !name.startsWith('.'));
    return [directory, ...inside.map((name) => join(directory, name.slice(0, -1)))];
  });
  return candidates.flatMap((candidate) => readGoroot(host, candidate) ?? []);
}

/**
 * `sha256:…` over VERSION and the programs that make a build's bytes: go, compile, asm, link, cgo and their kin. Files
 * whose stat is as it was are not read again.
 */
export function digestOfGoroot(host: Host, root: string): string {
  const memory = join(storeDirectory(host), 'goroots.json');
  const index = new FileIndex(host.files, root, () => host.clock.now(), recall(host, memory));
  const tools = join(root, 'pkg/tool');
  const directories = host.files.isDirectory(tools) ? host.files.list(tools) : [];
  const files = [
    'VERSION',
    'bin/go',
    ...directories.flatMap((directory) => programsIn(host, root, directory)),
  ];
  const digests = files.map((name) => [name, index.read(join(root, name))?.digest]);
  if (index.hashed > 0) remember(host, memory, index.rows());
  return `sha256:${digestOfRecord(Object.fromEntries(digests))}`;
}

type Rows = ReturnType<FileIndex['rows']>;

/** Missing, torn or foreign: only hints are lost. */
function recall(host: Host, path: string): Rows {
  try {
    return JSON.parse(host.files.readTextIfAny(path) ?? '{}') as Rows;
  } catch {
    return {};
  }
}

/** A cache that cannot be written costs the time to digest again, no more. */
function remember(host: Host, path: string, rows: Rows): void {
  try {
    host.files.publish(path, JSON.stringify(rows), { fsync: false });
  } catch (problem) {
    if (!(problem instanceof Failure)) throw problem;
  }
}

const BUILD_TOOLS = /^(asm|cgo|compile|link|pack|buildid|\d[acgl])(\.exe)?$/;

function programsIn(host: Host, root: string, directory: string): string[] {
  if (!directory.endsWith('/')) return [];
  const names = host.files.list(join(root, 'pkg/tool', directory));
  return names.filter((name) => BUILD_TOOLS.test(name)).map((name) => `pkg/tool/${directory}${name}`);
}

/** Tells that the Go a shell would find is another one than the chosen; undefined when there is none, or it fits. */
export function reportPathGo(host: Host, chosen: Toolchain): Diagnostic | undefined {
  const found = goOnPath(host);
  if (!found || found.goroot?.version === chosen.version) return undefined;
  const version = found.goroot ? `Go ${found.goroot.version}` : 'a Go of unknown version';
  return warning('toolchain/wrong-on-path', {
    what: `this tree wants Go ${chosen.version}, and PATH holds ${version}`,
    where: [{ file: found.program }],
    why: `${chosen.because}; kubewright uses ${join(chosen.root, 'bin/go')} and leaves PATH alone`,
    help: `nothing to do for kubewright; for the tree’s own scripts: export PATH=${join(chosen.root, 'bin')}:$PATH`,
  });
}
