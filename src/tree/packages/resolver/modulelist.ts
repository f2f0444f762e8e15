/** The modules of a build without vendor directory: asked of Go once, then remembered by what decides the answer. */
import { type Digest, digestOfRecord } from '../../../formats/digest.ts';
import type { Host } from '../../../host/host.ts';
import type { ListingRequest } from '../golist.ts';
import type { GoModule } from '../package.ts';
import type { HeaderStore } from './headers.ts';
import {
  isDirectoryPath,
  isSince,
  type LocalModule,
  type MainModules,
  replacedDirectory,
} from './mainmodules.ts';
import { Unsupported } from './unsupported.ts';

/** Every module of the build list with its directory, '' when it is not downloaded. */
export async function listModules(
  host: Host,
  request: ListingRequest,
  main: MainModules,
  store: HeaderStore,
  signal: AbortSignal,
): Promise<readonly LocalModule[]> {
  if (needsNoOther(main)) return main.mains;
  const key = keyOf(host, request, main);
  let answer = store.modules.get(key);
  if (answer === undefined) {
    const modFlags = request.flags.filter((flag) => flag.startsWith('-mod='));
    const result = await host.processes.run({
      argv: [request.go, 'list', '-m', '-e', '-json', ...modFlags, ...wantedModules(main)],
      environment: request.environment,
      workingDirectory: request.workingDirectory,
      signal,
    });
    signal.throwIfAborted();
    if (result.exitCode !== 0) throw new Unsupported('modules that go list -m does not tell');
    answer = JSON.stringify(decode(result.stdout));
    store.modules.set(key, answer);
  }
  return (JSON.parse(answer) as GoModule[]).map(toLocal);
}

/** From go 1.17 on go.mod names every module that a build needs; what lies behind those is not even downloaded. */
function wantedModules(main: MainModules): readonly string[] {
  if (main.workspace || !isSince(main, '1.17')) return ['all'];
  return main.mains.flatMap(({ module, file }) => [module.Path, ...file.require.map(({ path }) => path)]);
}

/** Main modules that need nothing but each other are the whole build list. */
function needsNoOther(main: MainModules): boolean {
  const paths = new Set(main.mains.map((one) => one.module.Path));
  return main.mains.every(({ file }) => file.require.every(({ path }) => paths.has(path)));
}

/** All go.mod files that can change the build list: of main modules and of replaced directories, and the sums. */
function keyOf(host: Host, request: ListingRequest, main: MainModules): Digest {
  const bases = [
    ...main.mains.map((one) => ({ base: one.directory, file: one.file })),
    ...(main.workspace ? [{ base: main.directory, file: main.workspace }] : []),
  ];
  const directories = bases.flatMap(({ base, file }) => [
    base,
    ...file.replace
      .filter(({ newPath }) => isDirectoryPath(newPath))
      .map(({ newPath }) => replacedDirectory(base, newPath)),
  ]);
  const files = [...new Set(directories)].flatMap((directory) =>
    ['go.mod', 'go.sum', 'go.work', 'go.work.sum'].map((name) => `${directory}/${name}`),
  );
  const { GOPATH, GOMODCACHE, GOFLAGS, GOPROXY } = request.environment;
  return digestOfRecord({
    flags: request.flags,
    go: request.goVersion,
    environment: { GOPATH, GOMODCACHE, GOFLAGS, GOPROXY },
    files: files.map((path) => [path, host.files.readTextIfAny(path) ?? null]),
  });
}

function decode(text: string): GoModule[] {
  const objects = text.split(/^\}\n/m).filter((part) => part.trim());
  return objects.map((object) => pick(JSON.parse(`${object}}`) as GoModule));
}

/** The members that a package's Module has and we use. */
function pick(module: GoModule): GoModule {
  const { Path, Version, Main, Dir, GoVersion, Replace } = module;
  const members = { Path, Version, Main, Dir, GoVersion, Replace: Replace && pick(Replace) };
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as unknown as GoModule;
}

function toLocal(module: GoModule): LocalModule {
  const isLocal = module.Main === true || (module.Replace !== undefined && !module.Replace.Version);
  return { module, directory: module.Dir ?? '', isLocal };
}
