/** The artifacts that a command line names: files, and what lies in directories. */
import { basename, join, resolve } from 'node:path';
import { error, Failure } from '../../diagnostic/diagnostic.ts';
import type { Session } from '../session.ts';

export interface NamedArtifact {
  /** Relative to the release directory, or the name of the file. */
  readonly name: string;
  /** Absolute: the file, or the directory of an OCI layout. */
  readonly path: string;
  /** The files of it; one for a file. */
  readonly files: readonly string[];
}

export interface NamedArtifacts {
  readonly artifacts: readonly NamedArtifact[];
  /** The directory, when one was named and nothing else: a release. */
  readonly release?: string;
}

/** What accompanies artifacts and is none itself. */
const COMPANION =
  /\.(sha256|sha512|md5|sha1|sig|cert|asc|pem|docker_tag|(spdx|cdx|provenance|sigstore|intoto)\.json|intoto\.jsonl)$|(^|\/)(SHA(256|512)SUMS(\.[\w.]+)?|provenance\.json|sbom\.(spdx|cdx)\.json|verification\.json)$/;

/** Names are taken from where the user stands; without any, the programs of this checkout are meant. */
export function namedArtifacts(session: Session, names: readonly string[]): NamedArtifacts {
  const { host } = session.context;
  const places = names.length > 0 ? names : [join(session.layout.local, 'bin')];
  const paths = places.map((name) => resolve(host.workingDirectory, name));
  const missing = paths.filter((path) => !host.files.exists(path));
  if (missing.length > 0) throw new Failure(...missing.map((path) => notThere(path, names.length === 0)));
  const found = paths.flatMap((path) => artifactsAt(session, path));
  const [only] = paths;
  const isRelease =
    paths.length === 1 && only !== undefined && host.files.isDirectory(only) && !isLayout(session, only);
  if (found.length === 0) throw new Failure(nothingThere(paths[0] as string));
  return { artifacts: found, ...(isRelease ? { release: only } : {}) };
}

function artifactsAt(session: Session, path: string): NamedArtifact[] {
  const { files } = session.context.host;
  if (!files.isDirectory(path)) return [{ name: basename(path), path, files: [path] }];
  if (isLayout(session, path)) return [{ name: basename(path), path, files: filesBelow(session, path) }];
  return below(session, path, '');
}

function below(session: Session, root: string, sub: string): NamedArtifact[] {
  const { files } = session.context.host;
  return files.list(join(root, sub)).flatMap((entry): NamedArtifact[] => {
    const name = join(sub, entry);
    const path = join(root, name);
    if (entry.startsWith('.kw-tmp-') || COMPANION.test(name)) return [];
    if (!entry.endsWith('/'))
      return files.isFile(path) && !files.isLink(path) ? [{ name, path, files: [path] }] : [];
    const directory = path.replace(/\/$/, '');
    if (isLayout(session, directory))
      return [{ name: name.replace(/\/$/, ''), path: directory, files: filesBelow(session, directory) }];
    return below(session, root, name);
  });
}

function isLayout({ context }: Session, path: string): boolean {
  return context.host.files.isFile(join(path, 'oci-layout'));
}

function filesBelow(session: Session, directory: string): string[] {
  const { files } = session.context.host;
  return files.list(directory).flatMap((entry) => {
    const path = join(directory, entry);
    if (entry.endsWith('/')) return filesBelow(session, path.replace(/\/$/, ''));
    return COMPANION.test(path) ? [] : [path];
  });
}

function notThere(path: string, isDefault: boolean) {
  return error('artifact/none', {
    what: `there is nothing at ${path}`,
    why: isDefault
      ? 'no file was named, so the programs of this checkout are meant, and none is built'
      : 'it was named on the command line',
    help: isDefault
      ? 'build first (kubewright build), or name files or a release directory'
      : 'name files that exist, or a directory of artifacts',
  });
}

function nothingThere(path: string) {
  return error('artifact/none', {
    what: `${path} holds no artifact`,
    why: 'checksums, signatures and documents about artifacts are none themselves',
    help: 'name a directory of programs, archives, packages or images, or build them first',
  });
}
