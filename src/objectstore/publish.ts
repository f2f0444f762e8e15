/**
 * Publishes a release: files first, each checked by its digest; then the lists of checksums, whose presence says that the
 * release is whole; version markers last, and only forward (reliability R3.5, R6.13). What is there is not sent again.
 */
import { type Diagnostic, error, Failure } from '../diagnostic/diagnostic.ts';
import { type MarkerMove, moveMarker } from '../release/markers.ts';
import { CACHING, contentTypeOf, parseSumList } from '../release/publication.ts';
import type { Fingerprint } from './fingerprint.ts';
import { notKept } from './problems.ts';
import type { ObjectStore, SentObject } from './store.ts';

export interface PublishedFile {
  /** Below the directory of the version. */
  readonly path: string;
  readonly file: string;
  readonly fingerprint: Fingerprint;
}

export interface Publication {
  readonly version: string;
  /** Directory that holds the markers: `release/`, or empty. */
  readonly root: string;
  /** Directory of the version: `release/v1.20.2/`. */
  readonly directory: string;
  readonly files: readonly PublishedFile[];
  /** Lists of checksums by name. The first says whether a release is there, and which. */
  readonly lists: readonly (readonly [string, string])[];
  readonly markers: readonly string[];
}

export interface PublishOptions {
  readonly signal: AbortSignal;
  /** Files at once. */
  readonly jobs: number;
  /** Another release of that version may be replaced. */
  readonly overwrite: boolean;
  /** Markers move back too. */
  readonly forceMarkers: boolean;
  readonly onProgress: (doneBytes: number, totalBytes: number, detail: string) => void;
}

export interface MovedMarker {
  readonly name: string;
  readonly before: string | undefined;
  readonly move: MarkerMove;
}

export interface PublishReport {
  readonly sent: number;
  readonly sentBytes: number;
  readonly present: number;
  readonly markers: readonly MovedMarker[];
}

const RACES = 5;

export async function publishRelease(
  store: ObjectStore,
  publication: Publication,
  options: PublishOptions,
): Promise<PublishReport> {
  // Who cannot move the markers is told before anything is sent.
  for (const name of publication.markers) await plannedMove(store, publication, name, options);
  const isSealed = await settleSeal(store, publication, options);
  const { staging } = store;
  const place = staging && !isSealed ? staging.place(publication.directory) : publication.directory;
  const report = await sendFiles(store, publication, place, options);
  await seal(store, publication, place);
  if (place !== publication.directory) staging?.reveal(publication.directory);
  const markers: MovedMarker[] = [];
  for (const name of [...publication.markers].reverse()) {
    options.signal.throwIfAborted();
    markers.unshift(await writeMarker(store, publication, name, options));
  }
  return { ...report, markers };
}

/** Whether this very release is there, whole. Another one of that version is an error, or loses its lists. */
async function settleSeal(
  store: ObjectStore,
  { directory, lists, version }: Publication,
  { overwrite }: PublishOptions,
): Promise<boolean> {
  const [first] = lists;
  if (!first) return false;
  const [name, text] = first;
  const there = await store.readText(`${directory}${name}`);
  if (!there) return false;
  if (there.text === text) return true;
  if (!overwrite) throw new Failure(otherThere(`${store.name}/${directory}`, version, there.text, text));
  // While files are replaced nobody is to take the release for whole.
  if (!store.staging) for (const [list] of lists) await store.remove(`${directory}${list}`);
  return false;
}

async function sendFiles(
  store: ObjectStore,
  { files }: Publication,
  place: string,
  options: PublishOptions,
): Promise<Omit<PublishReport, 'markers'>> {
  const objects = files.map(({ path, file, fingerprint }): SentObject => {
    const form = { contentType: contentTypeOf(path), cacheControl: CACHING.file };
    return { key: `${place}${path}`, file, fingerprint, ...form };
  });
  const before = await store.list(place);
  const missing: SentObject[] = [];
  for (const object of objects) {
    options.signal.throwIfAborted();
    const stored = before.get(object.key);
    if (!stored || !(await store.isSame(object.key, stored, object.fingerprint))) missing.push(object);
  }
  if (store.staging) {
    const wanted = new Set(objects.map(({ key }) => key));
    for (const key of before.keys()) if (!wanted.has(key)) await store.remove(key);
  }
  const sentBytes = await sendAll(store, missing, options);
  const after = await store.list(place);
  const wasMissing = new Set(missing.map(({ key }) => key));
  for (const { key, fingerprint } of objects) {
    options.signal.throwIfAborted();
    const stored = after.get(key);
    const isSame = wasMissing.has(key)
      ? stored !== undefined && (await store.isSame(key, stored, fingerprint))
      : stored?.tag === before.get(key)?.tag && stored?.size === fingerprint.size;
    if (!isSame) throw new Failure(notKept(store.name, key));
  }
  return { sent: missing.length, sentBytes, present: objects.length - missing.length };
}

/** The smallest file goes alone: who may not write is told at once. Then several at a time, large ones first. */
async function sendAll(
  store: ObjectStore,
  objects: readonly SentObject[],
  { signal, jobs, onProgress }: PublishOptions,
): Promise<number> {
  const bySize = [...objects].sort((a, b) => b.fingerprint.size - a.fingerprint.size);
  const total = objects.reduce((sum, { fingerprint }) => sum + fingerprint.size, 0);
  let [done, sent] = [0, 0];
  const send = async (object: SentObject) => {
    signal.throwIfAborted();
    const bytes = await store.send(object);
    sent += bytes;
    done += object.fingerprint.size;
    onProgress(done, total, object.key.slice(object.key.lastIndexOf('/') + 1));
  };
  const smallest = bySize.pop();
  if (smallest) await send(smallest);
  const problems: unknown[] = [];
  const work = async () => {
    for (let object = bySize.shift(); object && problems.length === 0; object = bySize.shift())
      await send(object).catch((problem: unknown) => problems.push(problem));
  };
  await Promise.all(Array.from({ length: jobs }, work));
  if (problems.length > 0) throw problems[0];
  return sent;
}

async function seal(store: ObjectStore, { lists }: Publication, place: string): Promise<void> {
  for (const [name, text] of [...lists].reverse()) {
    const key = `${place}${name}`;
    const form = { contentType: contentTypeOf(name), cacheControl: CACHING.file };
    const there = await store.readText(key);
    if (there?.text === text) continue;
    await store.writeText(key, text, form, there);
    if ((await store.readText(key))?.text !== text) throw new Failure(notKept(store.name, key));
  }
}

async function plannedMove(
  store: ObjectStore,
  { root, version }: Publication,
  name: string,
  { forceMarkers }: PublishOptions,
) {
  const there = await store.readText(`${root}${name}`);
  const move = moveMarker(there?.text, version, forceMarkers);
  if (move.kind === 'unreadable')
    throw new Failure(markerUnreadable(`${store.name}/${root}${name}`, there?.text));
  return { there, move };
}

/** Looks again when somebody else moved it meanwhile: theirs may be the newer one. */
async function writeMarker(
  store: ObjectStore,
  publication: Publication,
  name: string,
  options: PublishOptions,
): Promise<MovedMarker> {
  const { root, version } = publication;
  const key = `${root}${name}`;
  for (let race = 0; race < RACES; race++) {
    const { there, move } = await plannedMove(store, publication, name, options);
    const moved = { name, before: there?.text.trim(), move };
    if (move.kind !== 'written') return moved;
    const form = { contentType: 'text/plain; charset=utf-8', cacheControl: CACHING.marker };
    if (!(await store.writeText(key, version, form, there))) continue;
    if ((await store.readText(key))?.text === version) return moved;
  }
  throw new Failure(notKept(store.name, key));
}

const SHOWN = 5;

function otherThere(place: string, version: string, there: string, wanted: string): Diagnostic {
  const [old, own] = [parseSumList(there), parseSumList(wanted)];
  const names = [...new Set([...old.keys(), ...own.keys()])];
  const different = names.filter((name) => old.get(name) !== own.get(name)).sort();
  const rest = different.length > SHOWN ? ` and ${different.length - SHOWN} more` : '';
  return error('publish/exists', {
    what: `another ${version} is published in ${place}`,
    why: `it differs in ${different.slice(0, SHOWN).join(', ')}${rest}; who fetched the version before would have other bytes under the same name`,
    help: 'give the release another version; or, when nobody has fetched it, replace it with --overwrite',
  });
}

function markerUnreadable(place: string, text: string | undefined): Diagnostic {
  return error('publish/marker-unreadable', {
    what: `the marker ${place} holds no version: ${JSON.stringify((text ?? '').slice(0, 80))}`,
    why: 'markers move only forward, and whether this is forward cannot be told',
    help: 'see what writes there; --force-markers replaces it, --no-markers leaves all markers alone',
  });
}
