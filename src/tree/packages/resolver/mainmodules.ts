/** The main modules of a build: the one go.mod, or all that go.work uses. */
import { isAbsolute, resolve } from 'node:path';
import { atLeast } from '../../../formats/goversion.ts';
import type { Host } from '../../../host/host.ts';
import type { ListingRequest } from '../golist.ts';
import type { GoModule } from '../package.ts';
import type { BuildContext } from './context.ts';
import { type ModFile, readModFile } from './modfile.ts';
import { Unsupported } from './unsupported.ts';

/** A module with its directory. */
export interface LocalModule {
  readonly module: GoModule;
  readonly directory: string;
  /** Main modules and replaced directories: a go.mod below them begins another module. */
  readonly isLocal: boolean;
}

/** The main modules of a working directory, and the file that binds them. */
export interface MainModules {
  readonly mains: readonly (LocalModule & { readonly file: ModFile })[];
  /** go.work, when there is one. */
  readonly workspace?: ModFile;
  /** Directory of go.work or of the one go.mod. */
  readonly directory: string;
}

/** Finds go.work, else go.mod, from the working directory upward, and reads what it binds. */
export function readMainModules(host: Host, request: ListingRequest, context: BuildContext): MainModules {
  if (request.environment['GO111MODULE'] !== 'on' && !context.since('1.16'))
    throw new Unsupported('GO111MODULE=auto');
  const { workingDirectory } = request;
  const { GOWORK: named = '' } = context.environment;
  if (context.since('1.18') && named !== 'off') {
    const path = named || nearest(host, workingDirectory, 'go.work');
    if (path) return readWorkspace(host, path);
  }
  const path = nearest(host, workingDirectory, 'go.mod');
  if (!path) throw new Unsupported('module mode without go.mod');
  const directory = parentOf(path);
  return { mains: [readMain(host, directory)], directory };
}

function readWorkspace(host: Host, path: string): MainModules {
  const directory = parentOf(path);
  const workspace = readModFile(host.files.readText(path));
  if (workspace.use.length === 0) throw new Unsupported(`${path} without a use line`);
  return { mains: workspace.use.map((use) => readMain(host, resolve(directory, use))), workspace, directory };
}

function readMain(host: Host, directory: string) {
  const text = host.files.readTextIfAny(`${directory}/go.mod`);
  const file = text === undefined ? undefined : readModFile(text);
  // Without a go line every release assumes another version.
  if (!file?.module || !file.go) throw new Unsupported(`${directory}/go.mod without module or go line`);
  const module = { Path: file.module, Main: true, Dir: directory, GoVersion: file.go };
  return { file, module, directory, isLocal: true };
}

function nearest(host: Host, from: string, name: string): string | undefined {
  for (let directory = from; ; directory = parentOf(directory)) {
    if (host.files.isFile(`${directory}/${name}`)) return `${directory}/${name}`;
    if (directory === '' || directory === '/') return undefined;
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** Absolute form of a replacement's directory. */
export function replacedDirectory(base: string, path: string): string {
  return isAbsolute(path) ? path : resolve(base, path);
}

/** Whether a replacement names a directory rather than a module. */
export function isDirectoryPath(path: string): boolean {
  return /^\.{1,2}(\/|$)|^\//.test(path);
}

/** Whether the go line of the file that binds the modules is of this version or newer. */
export function isSince(main: MainModules, version: string): boolean {
  const go = main.workspace ? main.workspace.go : main.mains[0]?.file.go;
  return go !== undefined && go !== '' && atLeast(go, version);
}
