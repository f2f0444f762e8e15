/** What a command made in a container, brought here: programs that are new or other, each whole or not at all. */
import { dirname } from 'node:path';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { EngineContainers } from '../../engine/containers.ts';
import { ByteReader, MalformedArchive } from '../../formats/bytereader.ts';
import { tarEntries } from '../../formats/tarreader.ts';
import type { Host } from '../../host/host.ts';

/** Facts by path below the directory of programs. */
export type ResultFacts = Readonly<Record<string, string>>;

export interface FetchedFile {
  readonly path: string;
  readonly size: number;
}

/** Reads the script's list; names that lead elsewhere are left out (R7.4). */
export function parseResults(text: string, remoteBin: string): ResultFacts {
  const facts: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const parts = line.split('|');
    const name = parts.slice(5).join('|');
    if (parts.length < 6 || !name.startsWith(`${remoteBin}/`)) continue;
    const path = name.slice(remoteBin.length + 1);
    if (isInside(path)) facts[path] = parts.slice(0, 5).join('|');
  }
  return facts;
}

/** Whether a path stays below where it is put. */
export function isInside(path: string): boolean {
  return path !== '' && !path.split('/').some((part) => part === '' || part === '.' || part === '..');
}

/** Programs to be fetched: facts differ from those of the last time, or the file here is gone or of another size. */
export function changedResults(
  host: Host,
  localBin: string,
  before: ResultFacts,
  now: ResultFacts,
): string[] {
  return Object.keys(now)
    .filter((path) => {
      if (before[path] !== now[path]) return true;
      return host.files.lstat(`${localBin}/${path}`)?.size !== sizeOf(now[path]);
    })
    .sort();
}

/** Whether two lists say the same of the same programs. */
export function isSameFacts(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** Programs that we brought once and that are no more. */
export function removeVanished(
  host: Host,
  localBin: string,
  before: ResultFacts,
  now: ResultFacts,
): string[] {
  const gone = Object.keys(before).filter((path) => now[path] === undefined && isInside(path));
  for (const path of gone) host.files.remove(`${localBin}/${path}`);
  return gone.sort();
}

/** More than so many files come in one archive. */
const FEW = 4;

/** Copies files of an ended container to their final names. Their digests are the caller's to take. */
export async function fetchResults(
  host: Host,
  containers: EngineContainers,
  from: { readonly container: string; readonly remoteBin: string; readonly facts: ResultFacts },
  wanted: readonly string[],
  to: { readonly localBin: string; readonly stage: string },
): Promise<FetchedFile[]> {
  const { container, remoteBin, facts } = from;
  const left = new Set(wanted);
  const fetched: FetchedFile[] = [];
  const parts = wanted.length > FEW ? [''] : wanted.map((path) => `/${path}`);
  host.files.makeDirectory(to.stage);
  for (const part of parts) {
    const archive = await containers.getArchive(container, `${remoteBin}${part}`);
    if (!archive) continue;
    for await (const { name, content } of filesIn(archive)) {
      // Names begin with the last part of what was asked for.
      const path = part === '' ? name.slice(name.indexOf('/') + 1) : part.slice(1);
      if (!left.delete(path)) continue;
      const temporary = `${to.stage}/result-${fetched.length}`;
      const size = await host.files.writeChunks(temporary, content);
      if (size !== sizeOf(facts[path])) throw new Failure(cutShort(`${path} has ${size} bytes`));
      host.files.makeDirectory(dirname(`${to.localBin}/${path}`));
      host.files.publishMove(temporary, `${to.localBin}/${path}`, modeOf(facts[path]));
      fetched.push({ path, size });
    }
  }
  return fetched.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Regular files of a tar that an engine sends; one that is cut short is no answer. */
export async function* filesIn(
  archive: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly name: string; readonly content: AsyncIterable<Uint8Array> }> {
  try {
    for await (const { entry, content } of tarEntries(new ByteReader(archive)))
      if (entry.kind === 'file') yield { name: entry.path, content };
  } catch (problem) {
    if (!(problem instanceof MalformedArchive)) throw problem;
    throw new Failure(cutShort(problem.message));
  }
}

function cutShort(cause: string) {
  return error('engine/broken-off', {
    what: `the engine did not send its files whole: ${cause}`,
    why: 'it was stopped, or the network between was; nothing of it was put to its place',
    help: 'see that it runs (docker info), then run the same command again',
  });
}

/** All bytes of something small. */
export async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function sizeOf(facts: string | undefined): number {
  return Number(facts?.split('|')[0]);
}

function modeOf(facts: string | undefined): number {
  return Number.parseInt(facts?.split('|')[1] ?? '755', 8) & 0o755 || 0o644;
}
