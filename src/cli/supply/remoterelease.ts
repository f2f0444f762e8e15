/** A published release fetched to be verified: by its list of checksums, each file checked before anything reads it. */
import { dirname, join } from 'node:path';
import { type Diagnostic, error, Failure } from '../../diagnostic/diagnostic.ts';
import { isAbsent } from '../../host/network-problem.ts';
import { parseSumList } from '../../release/publication.ts';
import { formatBytes } from '../../report/units.ts';
import { parsePlace } from '../publish/place.ts';
import { openStore } from '../publish/stores.ts';
import type { Session } from '../session.ts';
import { statusLine } from '../statusline.ts';

export interface RemoteRelease {
  /** Where its files lie on this machine. */
  readonly directory: string;
  /** Fetches what was not fetched yet; files that are not what the list says are problems. */
  fetchAll(): Promise<readonly Diagnostic[]>;
  /** Removes what was fetched. */
  close(): Promise<void>;
}

/** Fetches one file of the release; false when it is not there. */
type Fetch = (path: string, file: string, limitBytes: number) => Promise<boolean>;

const LIST = 'SHA256SUMS';
const LIST_LIMIT = 64 * 1024 ** 2;
const FILE_LIMIT = 32 * 1024 ** 3;
/** Read before the rest is fetched: who signed it, and which tree it is of. */
const PROVENANCE = ['provenance.json', 'provenance.sigstore.json'];

export function isRemote(name: string): boolean {
  return /^(https?|s3|gs):\/\//i.test(name);
}

/** Begins with the list of checksums and the provenance. */
export async function openRemoteRelease(
  session: Session,
  name: string,
  scratch: string,
): Promise<RemoteRelease> {
  const { files } = session.context.host;
  const { fetch, close } = await openSource(session, name);
  files.remove(scratch);
  files.makeDirectory(scratch);
  try {
    if (!(await fetch(LIST, join(scratch, LIST), LIST_LIMIT))) throw new Failure(notWhole(name));
    const list = parseSumList(files.readText(join(scratch, LIST)));
    const unsafe = [...list.keys()].filter((path) => !/^(?!\/)(?!.*(^|\/)\.\.?(\/|$))[^\0\\]+$/.test(path));
    if (list.size === 0 || unsafe.length > 0) throw new Failure(badList(name, unsafe[0]));
    for (const path of PROVENANCE) await fetch(path, join(scratch, path), LIST_LIMIT);
    return {
      directory: scratch,
      fetchAll: () => fetchListed(session, { name, list, fetch, directory: scratch }),
      close: async () => {
        await close();
        files.removeAll(scratch);
      },
    };
  } catch (problem) {
    await close();
    files.removeAll(scratch);
    throw problem;
  }
}

async function openSource(
  session: Session,
  name: string,
): Promise<{ readonly fetch: Fetch; readonly close: () => Promise<void> }> {
  const { host, options, signal, workingDirectory } = { ...session.context, ...session.context.host };
  const absentIsFalse = async (work: Promise<void>): Promise<boolean> => {
    try {
      await work;
      return true;
    } catch (problem) {
      if (isAbsent(problem)) return false;
      throw problem;
    }
  };
  if (/^https?:/i.test(name)) {
    const { openNetwork } = await import('../../host/network.ts');
    const network = openNetwork(host, { offline: options.offline, signal });
    const base = name.endsWith('/') ? name : `${name}/`;
    return {
      fetch: (path, file, limitBytes) => {
        const url = new URL(path.split('/').map(encodeURIComponent).join('/'), base).href;
        const wanted = {
          url,
          limitBytes,
          what: `${path} of the release`,
          setting: 'the address on the command line',
        };
        return absentIsFalse(network.download(wanted, file));
      },
      close: () => network.close(),
    };
  }
  const place = parsePlace(name, workingDirectory);
  if (place.kind === 'registry') throw new Failure(notWhole(name));
  const { store, close } = await openStore(session, place);
  const root = place.kind === 'directory' ? '' : place.root;
  return {
    fetch: (path, file, limitBytes) => absentIsFalse(store.download(`${root}${path}`, file, limitBytes)),
    close,
  };
}

interface Listed {
  readonly name: string;
  readonly list: ReadonlyMap<string, string>;
  readonly fetch: Fetch;
  readonly directory: string;
}

/** A file that is not what the list says is taken away again: nothing is to look into it. */
async function fetchListed(
  session: Session,
  { name, list, fetch, directory }: Listed,
): Promise<Diagnostic[]> {
  const { context } = session;
  const { host, signal } = context;
  const line = statusLine(context);
  const problems: Diagnostic[] = [];
  let bytes = 0;
  try {
    for (const [path, digest] of list) {
      signal.throwIfAborted();
      const file = join(directory, path);
      host.files.makeDirectory(dirname(file));
      line.show(`fetching ${path}: ${formatBytes(bytes)}`);
      if (!host.files.isFile(file) && !(await fetch(path, file, FILE_LIMIT))) continue;
      bytes += host.files.stat(file)?.size ?? 0;
      const found = host.files.digest(file);
      if (found === digest) continue;
      problems.push(otherBytes(name, path, digest, found));
      host.files.remove(file);
    }
    return problems;
  } finally {
    line.clear();
  }
}

function notWhole(name: string): Diagnostic {
  return error('verify/not-whole', {
    what: `${name} holds no ${LIST}`,
    why: 'it names what belongs to a published release and is written last, so that who fetches knows the release is whole',
    help: 'name the directory of a version, as https://releases.example.com/release/v1.20.2; a release that is still being published gets the list at its end',
  });
}

function badList(name: string, path: string | undefined): Diagnostic {
  return error('verify/not-whole', {
    what:
      path === undefined
        ? `${LIST} of ${name} names no file`
        : `${LIST} of ${name} names ${JSON.stringify(path)}`,
    why: 'each of its lines is a digest, two blanks and a path below the release',
    help: 'see whether that address answers with something else, a login page perhaps; publish the release anew',
  });
}

function otherBytes(name: string, path: string, wanted: string, found: string): Diagnostic {
  return error('verify/different', {
    what: `${path} is not what ${LIST} says: ${found.slice(0, 12)}… instead of ${wanted.slice(0, 12)}…`,
    where: [{ file: `${name.replace(/\/$/, '')}/${path}` }],
    why: 'it was changed after it was published, or on its way here',
    help: 'do not use it; fetch it from another place and compare',
  });
}
