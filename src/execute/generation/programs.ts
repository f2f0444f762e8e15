/**
 * Generators compiled with the tree's own Go, outside all release stamping: from the tree's own sources, all that are
 * missing in one go process, or from the module version that kubewright.yaml names. They are kept in the store, shared
 * by checkouts, under the digest of their sources.
 */
import { type Diagnostic, error } from '../../diagnostic/diagnostic.ts';
import { type Digest, digestOfRecord } from '../../formats/digest.ts';
import type { Host } from '../../host/host.ts';
import type { LocalStore } from '../../store/local.ts';
import type { GeneratorProgram } from '../../tree/codegen/model.ts';

export interface ProgramRequest {
  readonly program: GeneratorProgram;
  /** Of its sources and the Go that compiles them. */
  readonly key: string;
}

export interface ProgramPlaces {
  readonly host: Host;
  readonly store: LocalStore;
  /** Holds one directory for each generator by key. */
  readonly directory: string;
  readonly stage: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Settings for generators that are had from modules: proxy, sums. */
  readonly moduleEnvironment: Readonly<Record<string, string>>;
  readonly goRoot: string;
  readonly signal: AbortSignal;
  readonly onStart: (argv: readonly string[], pid: number) => number;
  readonly onEnd: (command: number, exitCode: number, milliseconds: number) => void;
  readonly onLine: (line: string) => void;
}

export interface ReadyProgram {
  readonly path: string;
  readonly outcome: 'fresh' | 'restored' | 'built';
  readonly milliseconds: number;
}

/** Where a generator lies once it is there. */
export function programPath(directory: string, { program, key }: ProgramRequest): string {
  return `${directory}/${key.slice(0, 16)}/${program.name}`;
}

/**
 * The go command lines that make generators in GOBIN, one for each module version: `go install` puts many programs
 * into one directory with any Go, and takes a version behind each package since 1.16.
 */
export function installCommands(
  goRoot: string,
  requests: readonly ProgramRequest[],
): readonly InstallCommand[] {
  const groups = new Map<string, ProgramRequest[]>();
  for (const request of requests) {
    const module = moduleOf(request.program) ?? '';
    groups.set(module, [...(groups.get(module) ?? []), request]);
  }
  return [...groups].map(([module, makes]) => {
    const version = makes[0]?.program.version;
    const packages = makes.map(({ program: { goPackage } }) => goPackage + (version ? `@${version}` : ''));
    return {
      argv: [`${goRoot}/bin/go`, 'install', WITHOUT_DEBUGGING, ...packages],
      isModule: module !== '',
      makes,
    };
  });
}

// Tables for debuggers are a third of the linker's work.
const WITHOUT_DEBUGGING = '-ldflags=-w';

export interface InstallCommand {
  readonly argv: readonly string[];
  readonly isModule: boolean;
  readonly makes: readonly ProgramRequest[];
}

/** `k8s.io/code-generator@v0.32.3`; undefined for a generator of the tree. */
function moduleOf({ goPackage, version }: GeneratorProgram): string | undefined {
  return version && `${goPackage.slice(0, goPackage.lastIndexOf('/cmd/'))}@${version}`;
}

/** Every generator of the list, by name; one that does not compile is a letter in its place. */
export async function readyPrograms(
  places: ProgramPlaces,
  requests: readonly ProgramRequest[],
): Promise<ReadonlyMap<string, ReadyProgram | Diagnostic>> {
  const ready = new Map<string, ReadyProgram | Diagnostic>();
  const missing: ProgramRequest[] = [];
  for (const request of requests) {
    const found = find(places, request);
    if (found) ready.set(request.program.name, found);
    else missing.push(request);
  }
  if (missing.length === 0) return ready;
  const { milliseconds, printed } = await install(places, missing);
  for (const request of missing) {
    const path = programPath(places.directory, request);
    const made = `${places.stage}/bin/${request.program.name}`;
    const { files } = places.host;
    if (!files.isFile(made)) {
      ready.set(request.program.name, programFailed(request.program, printed.get(request) ?? []));
      continue;
    }
    const digest = files.digest(made);
    const size = files.lstat(made)?.size ?? 0;
    files.publishMove(made, path, 0o755);
    places.store.keep(storeKey(request), [{ name: request.program.name, path, digest, size }], milliseconds);
    ready.set(request.program.name, { path, outcome: 'built', milliseconds });
  }
  return ready;
}

function find(places: ProgramPlaces, request: ProgramRequest): ReadyProgram | undefined {
  const path = programPath(places.directory, request);
  if (places.host.files.isFile(path)) return { path, outcome: 'fresh', milliseconds: 0 };
  const record = places.store.lookUp(storeKey(request));
  const object = record?.outputs[0];
  if (!object || !places.store.restore(object, path)) return undefined;
  places.host.files.setMode(path, 0o755);
  return { path, outcome: 'restored', milliseconds: 0 };
}

function storeKey({ program, key }: ProgramRequest): Digest {
  return digestOfRecord({ schema: 1, generator: program.name, key });
}

async function install(places: ProgramPlaces, requests: readonly ProgramRequest[]) {
  const { host, stage, signal } = places;
  const printed = new Map<ProgramRequest, readonly string[]>();
  let total = 0;
  host.files.makeDirectory(`${stage}/bin`);
  for (const { argv, isModule, makes } of installCommands(places.goRoot, requests)) {
    const lines: string[] = [];
    let command = 0;
    // A module at a version is installed from outside of any module: the versions it asks for itself count.
    const workingDirectory = isModule ? stage : places.workingDirectory;
    const { exitCode, milliseconds } = await host.processes.run({
      ...{ argv, signal, workingDirectory },
      environment: {
        ...places.environment,
        ...(hasCompiledLibrary(places) ? { CGO_ENABLED: '1' } : {}),
        ...{ GOBIN: `${stage}/bin`, PWD: workingDirectory },
        ...(isModule ? { GO111MODULE: 'on', GOWORK: 'off', ...places.moduleEnvironment } : {}),
      },
      onStart: (pid) => {
        command = places.onStart(argv, pid);
      },
      onLine: (line) => {
        if (!line.startsWith('go: downloading ')) lines.push(line);
        places.onLine(line);
      },
    });
    places.onEnd(command, exitCode, milliseconds);
    signal.throwIfAborted();
    total += milliseconds;
    for (const request of makes) printed.set(request, lines);
  }
  return { milliseconds: total, printed };
}

/**
 * Up to 1.19 a toolchain holds the standard library compiled for its own platform with cgo on: without cgo, what uses the
 * network would be compiled again. No C compiler is asked for it.
 */
function hasCompiledLibrary({ host, goRoot }: ProgramPlaces): boolean {
  return host.files.isFile(`${goRoot}/pkg/${host.platform.replace('/', '_')}/net.a`);
}

const SHOWN_LINES = 20;

/** The letter about a generator that does not compile. */
export function programFailed(program: GeneratorProgram, printed: readonly string[]): Diagnostic {
  const module = moduleOf(program);
  const where = program.where ?? (program.directory ? { file: program.directory } : undefined);
  return error('generate/program-failed', {
    what: `the generator ${program.name} ${module ? `of ${module} cannot be had` : 'does not compile'}`,
    ...(where ? { where: [where] } : {}),
    ...(printed.length > 0 ? { why: printed.slice(0, SHOWN_LINES).join('\n') } : {}),
    help: module
      ? 'see that this version exists, that GOPROXY leads to it, and that this Go is new enough for it'
      : 'correct what Go names in the sources of the generator; what it generates is as it was',
  });
}
