/** From what a declaration copies to the files and directories that it means on this disk. */
import { resolve } from 'node:path';
import { type Diagnostic, error } from '../../diagnostic/diagnostic.ts';
import type { Host } from '../../host/host.ts';
import type { CopiedEntry, CopiedLayer } from '../../steps/image/plan.ts';
import { executableName, splitPlatform } from '../../target/platform.ts';
import type { ImageContent, ImageCopy, ImageDeclaration } from '../../tree/images.ts';
import type { Session } from '../session.ts';

export interface Contents {
  readonly layers: readonly CopiedLayer[];
  readonly missing: readonly Diagnostic[];
}

/** Finds everything that an image copies; what is missing is told all at once. */
export function contentsOf(session: Session, image: ImageDeclaration, from: string | undefined): Contents {
  const missing: Diagnostic[] = [];
  const layers = image.copies.map((copy): CopiedLayer => {
    const entries = copy.contents.flatMap((content): CopiedEntry[] => {
      const found = find(session, image, content, from);
      if (typeof found === 'string') return entriesOf(session.context.host, copy, content, found);
      missing.push(found);
      return [];
    });
    return { createdBy: words(copy), entries };
  });
  return { layers, missing };
}

/** Directories of finished programs for a platform, best first. */
export function programDirectories(
  { tree, layout, context }: Session,
  platform: ImageDeclaration['platform'],
  from: string | undefined,
): string[] {
  const { os, arch } = splitPlatform(platform);
  if (from !== undefined) {
    const directory = resolve(context.host.workingDirectory, from);
    return [`${directory}/${os}/${arch}`, directory];
  }
  const own = {
    'os-arch': `${layout.local}/bin/${os}/${arch}`,
    flat: `${layout.local}/bin`,
    'bin-os-arch': `${layout.out}/bin/${os}/${arch}`,
  }[tree.outputLayout];
  return [own, `${layout.out}/dockerized/bin/${os}/${arch}`];
}

function find(
  session: Session,
  image: ImageDeclaration,
  content: ImageContent,
  from: string | undefined,
): string | Diagnostic {
  const { files } = session.context.host;
  if (content.kind === 'tree') {
    const path = `${session.tree.root}/${content.path}`;
    return files.exists(path) ? path : absent(image, content.path, 'restore it, or take it out of the image');
  }
  const name = executableName(content.name, image.platform);
  const directories = programDirectories(session, image.platform, from);
  // pause keeps its programs beside its Dockerfile (build/pause/bin), not among those of Go.
  const all = [...directories, `${session.tree.root}/build/pause`];
  const found = all.map((directory) => `${directory}/${name}`).find((path) => files.isFile(path));
  if (found) return found;
  const build = `kubewright build ${content.name} --platform ${image.platform}`;
  return absent(
    image,
    `${directories[0]}/${name}`,
    `build it first: ${build}; or name the directory that has it: --from DIR`,
  );
}

function absent(image: ImageDeclaration, path: string, help: string): Diagnostic {
  return error('image/binary-missing', {
    what: `the image ${image.name} for ${image.platform} holds ${path}, which is not there`,
    where: [image.where],
    why: 'images are made of finished programs and files; nothing was made',
    help,
  });
}

/** Programs are 0755, as upstream's context has them; other files are what the tree says: executable or not. */
function entriesOf(host: Host, copy: ImageCopy, content: ImageContent, source: string): CopiedEntry[] {
  const isDirectory = host.files.isDirectory(source);
  const name = content.kind === 'binary' ? content.name : (content.path.split('/').at(-1) ?? '');
  const target = copy.target.replace(/^\/+/, '');
  if (isDirectory) return treeEntries(host, source, target.replace(/\/+$/, ''));
  const path = target.endsWith('/') || target === '' ? `${target}${name}` : target;
  const mode = copy.mode ?? (content.kind === 'binary' ? 0o755 : fileMode(host, source));
  const { capabilities } = copy;
  return [{ path, kind: 'file', mode, source, ...(capabilities ? { capabilities } : {}) }];
}

/** Everything in a directory, as it is to lie below `path`: executable or not, owned by root. */
export function treeEntries(host: Host, source: string, path: string): CopiedEntry[] {
  const inner = host.files.list(source).flatMap((name): CopiedEntry[] => {
    const plainName = name.replace(/\/$/, '');
    const [from, to] = [`${source}/${plainName}`, `${path}/${plainName}`];
    if (name.endsWith('/')) return treeEntries(host, from, to);
    const target = host.files.readLink(from);
    if (target !== undefined) return [{ path: to, kind: 'symlink', mode: 0o777, target }];
    return [{ path: to, kind: 'file', mode: fileMode(host, from), source: from }];
  });
  return [{ path, kind: 'directory', mode: 0o755 }, ...inner];
}

function fileMode(host: Host, path: string): number {
  return (host.files.stat(path)?.mode ?? 0) & 0o111 ? 0o755 : 0o644;
}

/** As `docker history` shows it. */
function words({ contents, target, capabilities }: ImageCopy): string {
  const names = contents.map((content) => (content.kind === 'binary' ? content.name : content.path));
  return `COPY ${names.join(' ')} ${target}${capabilities ? ` # ${capabilities}` : ''}`;
}
