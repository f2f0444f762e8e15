/**
 * Generators compiled from the tree's own sources with the tree's own Go, outside all release stamping; all that are
 * missing in one go process. They are kept in the store, shared by checkouts, under the digest of their sources.
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

/** The go command line that makes generators in a directory. `go install` puts many programs in one, with any Go. */
export function installCommand(goRoot: string, requests: readonly ProgramRequest[]): readonly string[] {
  return [`${goRoot}/bin/go`, 'install', ...requests.map(({ program }) => program.goPackage)];
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
      ready.set(request.program.name, programFailed(request, printed));
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
  const argv = installCommand(places.goRoot, requests);
  const printed: string[] = [];
  let command = 0;
  host.files.makeDirectory(`${stage}/bin`);
  const { exitCode, milliseconds } = await host.processes.run({
    ...{ argv, signal, workingDirectory: places.workingDirectory },
    environment: { ...places.environment, GOBIN: `${stage}/bin` },
    onStart: (pid) => {
      command = places.onStart(argv, pid);
    },
    onLine: (line) => {
      printed.push(line);
      places.onLine(line);
    },
  });
  places.onEnd(command, exitCode, milliseconds);
  signal.throwIfAborted();
  return { milliseconds, printed };
}

const SHOWN_LINES = 20;

function programFailed({ program }: ProgramRequest, printed: readonly string[]): Diagnostic {
  return error('generate/program-failed', {
    what: `the generator ${program.name} does not compile`,
    where: [{ file: program.directory }],
    ...(printed.length > 0 ? { why: printed.slice(0, SHOWN_LINES).join('\n') } : {}),
    help: 'correct what Go names in the sources of the generator; what it generates is as it was',
  });
}
